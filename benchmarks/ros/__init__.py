"""Benchmark: ros."""
