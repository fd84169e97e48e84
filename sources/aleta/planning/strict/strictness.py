"""How long an endpoint is read strictly after its model of the cap was contradicted (W6). Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from .nodes import HOPELESS

STRICT_RUNS = 30  # that begin strictly, after one in which the model was contradicted


@dataclass(frozen=True, slots=True, kw_only=True)
class Strictness:
    """What one run leaves the next.

    Args:
        cut_sizes: sizes of answers that were proven cut.
        runs: so many runs still begin strictly for that.
    """

    cut_sizes: Collection[int] = ()
    runs: int = 0

    def next_run(self) -> Strictness:
        """What a run begins with: strictness wears off, and that no answer counts is proven anew.

        Else an API that is well again could not show it: whatever it answers would be quarantined.
        """
        runs = max(0, self.runs - 1)
        sizes = sorted({max(size, HOPELESS) for size in self.cut_sizes})
        return Strictness(cut_sizes=tuple(sizes) if runs else (), runs=runs)

    def after(self, sizes: Collection[int]) -> Strictness:
        """What a run leaves that began with this, and that ends with *sizes* that were proven cut."""
        runs = self.runs if set(sizes) == set(self.cut_sizes) else STRICT_RUNS
        return Strictness(cut_sizes=tuple(sizes) if runs else (), runs=runs if sizes else 0)
