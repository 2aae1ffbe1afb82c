"""Benchmark: tick_and_cost."""
