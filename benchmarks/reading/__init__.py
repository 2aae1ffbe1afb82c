"""Cost of reading what was recorded."""
