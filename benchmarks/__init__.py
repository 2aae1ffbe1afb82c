"""Benchmarks of this project, and the pages filled from their stored results."""
