"""Reads again, in other windows than the sync did, and compares with the warehouse."""
