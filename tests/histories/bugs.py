"""All planted bugs."""

from __future__ import annotations

from tests.histories import bounds_bugs, debt_bugs, keeping_bugs, reading_bugs, row_bugs
from tests.histories.planting import BUGS, plant

__all__ = ["BUGS", "bounds_bugs", "debt_bugs", "keeping_bugs", "plant", "reading_bugs", "row_bugs"]
