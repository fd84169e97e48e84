"""What a reading of rows by date says of each window."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ...catalogue.endpoint import Endpoint
from ...errors import SourceError
from ...jsonapi.answer import Answer
from ...planning.questions import Fate
from ...planning.windows import Window


class Status(StrEnum):
    """What became of a window."""

    COMPLETE = "complete"
    SPLIT = "split"
    QUARANTINED = "quarantined"
    FAILED = "failed"


REASONS = {
    Fate.KEPT: "",
    Fate.SPLIT: "the answer reached the row cap, or may have",
    Fate.TOO_WIDE: "refused as too wide",
    Fate.QUARANTINED: "what cannot be divided reaches the row cap, or may: set row_cap if it is known",
}
STATUS = {
    Fate.KEPT: Status.COMPLETE,
    Fate.SPLIT: Status.SPLIT,
    Fate.TOO_WIDE: Status.SPLIT,
    Fate.QUARANTINED: Status.QUARANTINED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The outcome of one window of one parent. A parent's complete windows come oldest first.

    Args:
        rows: rows in the response, also if they were not kept.
        answer: the rows of a complete window; None for every other status.
        error: why it failed.
        track: the API version that answered; empty where none did.
        pages: that the answer came in.
    """

    endpoint: Endpoint
    parent_id: str
    window: Window
    status: Status
    rows: int
    fetched_at: datetime
    reason: str = ""
    answer: Answer | None = None
    error: SourceError | None = None
    track: str = ""
    pages: int = 1
