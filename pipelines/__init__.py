"""What a person runs."""

import os

# Arrow reads this as it is imported, for all it allocates; its own allocators keep what rows once took (rule C5).
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
