"""What can be asked of the API: one row of data for each endpoint, and the names it answers under. Pure."""
