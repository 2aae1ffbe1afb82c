"""Benchmark: compression."""
