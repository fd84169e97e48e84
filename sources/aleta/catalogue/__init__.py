"""What can be asked of the API: one row of data for each endpoint, and the paths it is served under. Pure."""
