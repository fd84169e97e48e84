"""The sandbox as a server: routes, faults, tokens, controls."""
