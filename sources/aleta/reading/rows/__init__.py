"""Rows by date: windows in the order that the planner asks for them, and a receipt for each."""
