"""A warehouse in PostgreSQL: exact JSON, and what an analyst finds beside the rows."""
