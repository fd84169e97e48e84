"""Requests to the API and the token endpoint: budget, retries, what a status means; `exchange` sends one of them."""
