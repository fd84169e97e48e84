"""Stored rows carried over to another version: a column that is new in a schema, a new way to hash rows."""
