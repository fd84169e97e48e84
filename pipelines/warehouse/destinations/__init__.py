"""Where a warehouse may be kept besides a DuckDB file, what each database does in its own way, and the lease in it."""
