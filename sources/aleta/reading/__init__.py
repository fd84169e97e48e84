"""Drives planning and transport: the crawl, the windows, the workers."""
