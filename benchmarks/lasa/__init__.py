"""Benchmark: LASA handwriting and motions of more dimensions."""
