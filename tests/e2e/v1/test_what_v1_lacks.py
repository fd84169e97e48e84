"""What v1 does not have, or breaks off, is read from v2 and v3, or named: it is never zero rows."""

from __future__ import annotations

import pytest

from tests.e2e.v1.spelt import differences, hashes

pytestmark = pytest.mark.long

V1 = {"track": "v1"}


def paths(program, prefix: str) -> set[str]:
    return {request.path for request in program.box.requests if request.path.startswith(prefix)}


@pytest.mark.parametrize("missing", [("transactions",), ("clients",), ("accounts",), ("",)], ids=str)
def test_what_v1_answers_404_comes_from_v2_in_the_same_run(start, missing):
    """The list of transactions, the root of the tree, objects in the middle, or all there is."""
    program = start(aleta=V1, v1_missing=missing)
    tenant = program.sync().tenant()
    assert tenant["status"] == "complete"
    assert differences(program) == []
    assert tenant["tracks"]["transactions"] == ("v2" if missing[0] in {"transactions", ""} else "v1")
    assert len(program.rows("SELECT DISTINCT track FROM aleta.sync_windows")) == 1


def test_v1_is_not_asked_again_for_a_list_that_it_lacks(start):
    """Once in a run, and as often as there are workers: not once an account."""
    program = start(aleta=V1 | {"workers": 1}, v1_missing=("transactions",))
    program.sync()
    asked = [request for request in program.box.requests if request.path == "/v1/transactions"]
    assert len(asked) == 1


@pytest.mark.parametrize("cursors", ["expired", "lost", "early", "repeating", "endless"])
def test_a_list_that_does_not_come_to_its_end_is_a_failed_read(start, cursors):
    """F1: nothing of it is kept, nothing removed, and the run says so with the reason."""
    program = start(aleta=V1, v1_page_rows=10)
    program.sync()
    before = hashes(program)
    program.box.mutate("acme", "edit", count=40)
    program.box.set(v1_cursors=cursors, v1_page_rows=2)
    ended = program.run("sync", "--json")
    assert ended.exit in {1, 4}
    assert ended.errors()
    found = program.rows("SELECT count(*) FROM aleta.transactions")
    assert found == [(len(before),)]
    program.box.set(v1_cursors="stable")
    program.configure(track="v1", look_back_days=1000)
    program.sync()
    assert differences(program) == []


def test_a_cursor_that_expired_once_starts_its_list_again(start):
    """Nothing is read twice or missing."""
    program = start(aleta=V1, v1_page_rows=10)
    program.box.faults.script("410", path_contains="cursor=", times=2)
    program.sync()
    assert differences(program) == []


def test_title_and_detail_of_a_problem_reach_the_message(start):
    """RFC 9457, made safe to print."""
    program = start(aleta=V1)
    program.box.mutate("acme", "account_forbidden")
    ended = program.run("sync", "--json")
    assert ended.exit == 4
    assert any("Forbidden: This account is not yours to read" in error["message"] for error in ended.errors())
    assert "Forbidden: This account is not yours to read" in ended.err


def test_an_object_that_v1_lost_is_not_gone_while_v2_shows_it(start):
    """L2: a 404 of v1 by id proves nothing."""
    program = start(aleta=V1)
    program.sync()
    program.box.set(v1_missing=("accounts",))
    assert program.sync().counts("accounts")["removed"] == 0


def test_verify_reads_the_track_that_it_is_told(start):
    """The proof before and after a move: both tracks show what is in the warehouse, and a change shows on either."""
    program = start()
    program.sync()
    for track, other in (("v1", "/api/v2/transactions"), ("v2", "/v1/transactions")):
        program.box.reset_requests()
        ended = program.run("verify", "--all", "--track", track, "--json")
        assert ended.exit == 0, ended.out
        assert ended.tenant()["tracks"]["transactions"] == track
        assert other not in paths(program, other)
    program.box.mutate("acme", "edit", count=3)
    for track in ("v1", "v2"):
        ended = program.run("verify", "--all", "--track", track, "--json")
        assert (ended.exit, ended.tenant()["different"]) == (1, 3)


def test_verify_of_a_track_that_answers_nothing_has_compared_nothing(start):
    """A wrong `v1_url` would else be proven by what v2 shows; what v1 lacks is named where it has the rest."""
    program = start(v1_missing=("",))
    program.sync()
    nowhere = program.run("verify", "--all", "--track", "v1", "--json")
    program.box.set(v1_missing=("users",))
    most = program.run("verify", "--all", "--track", "v1", "--json")

    assert (nowhere.exit, nowhere.tenant()["status"]) == (1, "nothing compared")
    assert "no table answered on v1" in nowhere.tenant()["statement"]
    assert most.exit == 0
    assert "v1 lacks users: read from v2 or v3" in most.tenant()["statement"]
