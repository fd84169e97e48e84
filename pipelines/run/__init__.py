"""One run of one tenant: reading, handing over, packages, lock, failures."""
