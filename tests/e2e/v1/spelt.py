"""What a warehouse read from v1 may have differently: spelling in `extra`, and types that v1 leaves out."""

from __future__ import annotations

from tests.e2e.program import Program

SPELT = (": extra is ", ": instrument_type is None")


def differences(program: Program) -> list[str]:
    """Every way in which the analyst's copy is not what the API shows, but for spelling."""
    return [found for found in program.differences() if not any(word in found for word in SPELT)]


def hashes(program: Program) -> dict[str, str]:
    """The hash of every transaction, which covers all content in any spelling."""
    return dict(program.rows("SELECT id, row_hash FROM aleta.transactions"))
