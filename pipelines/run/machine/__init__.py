"""What all processes of one machine share: the lock of a tenant, the request budget of a `sub`."""
