"""A short choice of a parametrized test's cases for the suite; the others are `make test-long`'s."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import pytest


def long_but(short: Collection[object], cases: Iterable[object]) -> list[object]:
    """*cases*, of which those in *short*, by their value, their first value or their id, stay in the suite."""
    listed = [case if hasattr(case, "marks") else pytest.param(case) for case in cases]
    chosen = [any(name in (case.values[0], case.id) for name in short) for case in listed]
    assert any(chosen), f"none of {short} is a case"
    return [
        case if stays else pytest.param(*case.values, id=case.id, marks=[*case.marks, pytest.mark.long])
        for case, stays in zip(listed, chosen, strict=True)
    ]
