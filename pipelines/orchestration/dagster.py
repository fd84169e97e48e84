"""`defs` for Dagster (extra `dagster`), of the configuration folder in `$ALETA_SYNC_CONFIG`.

For other nights, other hours or more than one folder, call `definitions` in a module of your own.
"""

from __future__ import annotations

import os
from pathlib import Path

from .definitions import definitions

defs = definitions(Path(os.environ.get("ALETA_SYNC_CONFIG") or "config"))
