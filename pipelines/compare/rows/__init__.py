"""Rows that were read against those that are stored: new, changed, gone, late, in conflict; and the feed of changes."""
