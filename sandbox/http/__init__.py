"""The sandbox as a server: what its `api` answers, faults, tokens, controls."""
