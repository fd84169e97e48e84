"""Who we are: assertions signed with a key, from a file or a Key Vault, and the cache of bearer tokens."""
