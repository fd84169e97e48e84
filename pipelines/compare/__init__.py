"""What came against what is there, in SQL over Arrow: `rows`, objects, and the `migration` of rows stored before."""
