"""Small helpers that no room owns: atomic files, threads, worker processes."""
