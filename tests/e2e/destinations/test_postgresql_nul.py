"""What PostgreSQL cannot hold is stored as near as it can be, kept exactly, and said (rule F9)."""

from __future__ import annotations

import pytest

from tests.e2e.destinations.remote import DATASET


@pytest.mark.long
def test_a_nul_is_kept_and_said_and_verify_agrees_f9(remote):
    """Complete with a warning; the next night changes nothing of it, and `verify` finds all equal."""
    box = remote.program.box
    account = next(
        link["data"]["id"]
        for row in box.truth("acme").transactions.values()
        if (link := row["relationships"].get("account"))
    )
    box.faults.script("nul", path_contains=f"accountId={account}", times=1000)

    ended = remote.sync()

    assert any("character NUL" in warning for warning in ended.tenant()["warnings"])
    found = remote.column(f"SELECT comment FROM {DATASET}.transactions WHERE extra::text LIKE '%nul-here%'")
    assert set(found) == {"ab"}

    again = remote.sync()

    assert again.counts()["modified"] == 0
    verified = remote.run("verify", "--all", "--json")
    assert verified.exit == 0, verified.out
