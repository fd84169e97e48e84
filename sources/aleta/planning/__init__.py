"""Which days to ask for next, and which answers may be kept. Pure."""
