"""What it costs to read what was recorded."""
