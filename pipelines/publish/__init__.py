"""The copies that analysts open: a snapshot of what is committed, written once for each form."""
