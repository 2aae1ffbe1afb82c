"""Benchmark: disturbances."""
