"""What `sync` would do now, computed from what the warehouse has, without a request."""
