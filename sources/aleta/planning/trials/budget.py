"""How many requests the trials of one endpoint may take in one run (rule W6). Pure."""

from __future__ import annotations

from dataclasses import dataclass

FEW = 300  # requests: of fewer, a share is too few trials to notice caps that differ; the probe comes on top, too

MANY = 1_000_000  # no limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How many requests trials may take.

    Args:
        share: of the requests that read.
        least: what they may take where the share is less.
        few: the same, in a run of fewer than 300 requests.
        reading: the part of the share that is spent while reading.
        sizes, bytes: as many trials of sizes that repeat, and of answers large in bytes, come on top.
        on: False: nothing is tried, and nothing is held against what was shown before.
    """

    share: float = 0.02
    least: int = 8
    few: int = 32
    reading: float = 0.4
    sizes: int = MANY
    bytes: int = MANY
    on: bool = True

    def left(self, read: int, spent: int, *, probed: int = 0) -> int:
        """Requests that are left when all is read."""
        least = self.few if read < FEW else self.least
        return max(least, int(self.share * read)) - spent - (probed if read >= FEW else 0)

    def due(self, read: int, spent: int) -> bool:
        """Whether a trial is due while reading."""
        return spent < int(self.reading * self.share * read)

    def proves(self, read: int) -> bool:
        """Whether the largest answer is asked for once more at the end."""
        return self.left(read, 0) > 1


FIRST_LOAD = Budget()
REVERIFICATION = Budget(few=4)
NIGHT = Budget(share=0.01, least=1, few=1, sizes=2, bytes=0)
SIDE_TABLE = Budget(least=2, few=2, sizes=0, bytes=0)
SIDE_TABLE_NIGHT = Budget(share=0.01, least=0, few=0, sizes=0, bytes=0)
NO_TRIALS = Budget(share=0.0, least=0, few=0, sizes=0, bytes=0, on=False)
