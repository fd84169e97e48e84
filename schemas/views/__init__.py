"""The views of the published file, their examples and their guide."""
