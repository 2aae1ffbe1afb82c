"""One module per file format that demonstrations are read from."""
