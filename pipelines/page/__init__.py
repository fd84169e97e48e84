"""The HTML report: what it shows, its charts, its template."""
