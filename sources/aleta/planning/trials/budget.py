"""How many requests the trials of one endpoint may take in one run (rule W6). Pure."""

from __future__ import annotations

from dataclasses import dataclass

FEW = 200  # requests, under which the probe of the ends of windows comes on top
SOME = 8  # one request in so many, in the smallest runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How many requests trials may take.

    Args:
        share: of the requests that read.
        least: what they may take where the share is less; in the smallest runs it may be half of that.
        reading: the part of the share that is spent while reading.
        free: whether trials of sizes that repeat, and of answers large in bytes, come on top.
        on: False: nothing is tried, and nothing is held against what was shown before.
    """

    share: float = 0.02
    least: int = 8
    reading: float = 0.4
    free: bool = True
    on: bool = True

    def left(self, read: int, spent: int, *, probed: int = 0) -> int:
        """Requests that are left when all is read."""
        least = min(self.least, max((self.least + 1) // 2, read // SOME))
        return max(least, int(self.share * read)) - spent - (probed if read >= FEW else 0)

    def due(self, read: int, spent: int) -> bool:
        """Whether a trial is due while reading."""
        return spent < int(self.reading * self.share * read)

    def proves(self, read: int) -> bool:
        """Whether the largest answer is asked for once more at the end."""
        return self.left(read, 0) > 1


FIRST_LOAD = Budget()
NIGHT = Budget(share=0.01, least=1, free=False)
SIDE_TABLE = Budget(least=2, free=False)
SIDE_TABLE_NIGHT = Budget(share=0.01, least=0, free=False)
NO_TRIALS = Budget(share=0.0, least=0, free=False, on=False)
