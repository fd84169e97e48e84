"""How much of a test the suite runs: a short choice of its cases, and so many examples; the rest is run elsewhere."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable

import pytest

DEEP = float(os.environ.get("DEEP", "1"))
"""How many times as many examples are drawn: 20 by `make oracle`, a fifth by `make test-fast`."""


def examples(most: int) -> int:
    """So many for the suite."""
    return max(1, round(most * DEEP))


def long_but(short: Collection[object], cases: Iterable[object]) -> list[object]:
    """*cases* of a parametrized test; those in *short* stay in the suite, the others are for `make test-long`.

    Args:
        short: values, first values or ids.
    """
    listed = [case if hasattr(case, "marks") else pytest.param(case) for case in cases]
    chosen = [any(name in (case.values[0], case.id) for name in short) for case in listed]
    assert any(chosen), f"none of {short} is a case"
    return [
        case if stays else pytest.param(*case.values, id=case.id, marks=[*case.marks, pytest.mark.long])
        for case, stays in zip(listed, chosen, strict=True)
    ]
