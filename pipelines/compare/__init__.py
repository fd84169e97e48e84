"""What came against what is there: rows, objects and columns, compared in SQL over Arrow."""
