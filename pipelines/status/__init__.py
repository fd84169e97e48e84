"""How fresh and how complete each warehouse is, read without a request."""
