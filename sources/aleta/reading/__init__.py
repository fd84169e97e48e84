"""Requests to the API, sent by a few threads: `objects` reads the lists and single objects, `rows` what has dates."""
