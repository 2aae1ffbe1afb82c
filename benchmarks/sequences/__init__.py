"""Benchmark: sequence models."""
