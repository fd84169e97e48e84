"""Which days to ask for next, and what may be kept; `trials` puts the belief in one cap to the test. Pure."""
