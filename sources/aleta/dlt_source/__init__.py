"""Aleta as a dlt source, for anyone's own pipeline."""
