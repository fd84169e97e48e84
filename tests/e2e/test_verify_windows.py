"""What `verify` asks the API for."""

from __future__ import annotations

import pytest

from tests.e2e.nights.second import asked


@pytest.mark.parametrize("arguments", [("--all",), ("--sample", "20")], ids=" ".join)
def test_verify_reads_in_other_windows_than_the_sync_did(synced, arguments):
    """A window that hid a row from the sync would hide it again: no window with rows is asked for twice."""
    read = {
        (account, f"{first}", f"{last}")
        for account, first, last in synced.rows(
            "SELECT parent_id, from_date, to_date FROM aleta.sync_windows WHERE resource = 'transactions' "
            "AND status = 'complete' AND parent_id IN (SELECT account_id FROM aleta.transactions)"
        )
    }
    synced.box.requests.clear()

    assert synced.run("verify", *arguments).exit == 0

    again = {(query["accountId"], query["fromDate"], query["toDate"]) for query in asked(synced)}
    accounts = {account for account, _, _ in read}
    assert {account for account, _, _ in again} & accounts
    assert len(again & read) <= 1  # borders are drawn by chance: one may be a border of the sync's
