"""The current state of a tenant: its data, mutations of it, and the expected truth. Pure."""
