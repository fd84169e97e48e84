"""What a tenant of the sandbox has now, how it changes, and the truth about it. Pure."""
