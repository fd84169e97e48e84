"""A warehouse in a DuckDB file: the open file, how packages are merged into it, its ids."""
