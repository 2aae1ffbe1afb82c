"""The subcommands of ``elcd`` that need this package alone, one a module."""
