"""Reports of campaigns: HTML, figures, tables for a terminal."""
