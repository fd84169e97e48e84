"""JSON:API bodies into Arrow tables, exactly. Pure."""
