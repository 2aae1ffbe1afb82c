"""The demonstrations behind elcd demo."""
