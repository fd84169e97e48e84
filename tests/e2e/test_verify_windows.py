"""What `verify` asks the API for, and what it finds."""

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
    assert len(again & read) <= len(read) // 4  # borders are drawn by chance: a few may be borders of the sync's


def test_verify_names_each_row_that_came_changed_or_went_and_nothing_else(synced):
    """Of any age: a row that is gone is extra, though it may have shown itself in a later window (D6)."""
    before = synced.box.truth("acme").transactions
    for kind, ages in (("late", {"within_days": 400}), ("delete", {}), ("delete", {"within_days": 20}), ("edit", {})):
        synced.box.mutate("acme", kind, count=3, **ages)
    now = synced.box.truth("acme").transactions
    happened = {("missing", own_id) for own_id in now.keys() - before.keys()}
    happened |= {("extra", own_id) for own_id in before.keys() - now.keys()}
    happened |= {("different", own_id) for own_id in now.keys() & before.keys() if now[own_id] != before[own_id]}
    assert {kind for kind, _ in happened} == {"missing", "extra", "different"}

    ended = synced.run("verify", "--all", "--json")

    found = ended.tenant()
    assert {(each["kind"], each["id"]) for each in found["differences"]} == happened
    assert sum(found[kind] for kind in ("missing", "different", "extra")) == len(happened)
    assert (ended.exit, found["status"]) == (1, "different")
