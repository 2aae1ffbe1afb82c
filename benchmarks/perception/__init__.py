"""Benchmark: perception."""
