"""Answers that are strange in every way cost the read they are an answer to, and nothing else (rules F5 to F8, M6)."""

from __future__ import annotations

import json

import pytest

from sandbox.http.oddities import FAILING
from tests import truth
from tests.e2e.program import Program
from tests.e2e.test_faults import ALWAYS, accounts_of
from tests.lengths import long_but

SMALL = {"max_answer_mb": 40}
QUICK = {"read_timeout_s": 1}
REFUSED = {"302_latin1", "302_no_host", "203", "204", "206", "next_elsewhere"}
LARGE = {"blanks_gzip", "blanks_chunked"}
SLOW = {"drip", "continue"}
DOUBTED = {"meta_total", "meta_pages", "data_twice", "attribute_twice"}
CODES = {
    kind: "refused"
    if kind in REFUSED
    else "too_large"
    if kind in LARGE
    else "malformed"
    if kind in DOUBTED
    else "unavailable"
    for kind in FAILING
}
AT_ONCE = 6
HASTY = [kind for kind in CODES if kind not in LARGE | SLOW]
GROUPS = [HASTY[first : first + AT_ONCE] for first in range(0, len(HASTY), AT_ONCE)] + [sorted(SLOW), sorted(LARGE)]
"""What is too slow and what is too large go by themselves: on a busy machine a large answer is a slow one, too."""
WORDS = {
    "203": "answered 203 Non-Authoritative Information: only 200 carries rows",
    "204": "answered 204 No Content: only 200 carries rows",
    "206": "answered 206 Partial Content: only 200 carries rows",
    "302_latin1": "answered 302 Found: redirects are never followed",
    "drip": "did not come whole within 1 s",
    "continue": "did not come whole within 1 s",
    "blanks_gzip": "the answer has more than 40 MB",
    "meta_total": "the answer says that there are 5000000 rows",
    "data_twice": "the answer gives `data` twice",
    "attribute_twice": "the answer gives `comment` twice",
}


def without(program: Program, accounts: set[str]) -> object:
    """What can be known of the world without reading *accounts*."""
    now = program.box.truth("acme")
    kept = {own_id: row for own_id, row in now.transactions.items() if accounts_of(row) - accounts}
    return type(now)(**{name: getattr(now, name) for name in now.__dataclass_fields__} | {"transactions": kept})


def owners(program: Program) -> list[str]:
    """Accounts that rows name, each with a row in every world."""
    named = {account for row in program.box.truth("acme").transactions.values() for account in accounts_of(row)}
    return sorted(named)


@pytest.mark.parametrize(
    "kinds",
    [
        pytest.param(kinds, id="-".join(kinds), marks=[pytest.mark.long] if place else [])
        for place, kinds in enumerate(GROUPS)
    ],
)
def test_an_odd_answer_is_named_and_stops_no_other_account_f6(start, kinds):
    """Exit 4: each account is named with what came, none of them is a defect; the rest is exact, and so is the next."""
    program = start(aleta=QUICK if SLOW & {*kinds} else SMALL)
    odd_accounts = dict(zip(owners(program), kinds, strict=False))
    assert len(odd_accounts) == len(kinds)
    for account, kind in odd_accounts.items():
        program.box.faults.script(kind, path_contains=f"accountId={account}", times=ALWAYS)

    ended = program.sync(expect=4)

    errors = {error["parent_id"]: error for error in ended.errors()}
    assert {account: error["code"] for account, error in errors.items()} == {
        account: CODES[kind] for account, kind in odd_accounts.items()
    }
    assert {error["resource"] for error in errors.values()} == {"transactions"}
    for account, kind in odd_accounts.items():
        assert WORDS.get(kind, "") in errors[account]["message"]
    assert truth.differences(program.warehouse(), without(program, set(odd_accounts))) == []

    program.box.faults.clear()
    program.sync()

    assert program.differences() == []


@pytest.mark.long
@pytest.mark.parametrize("kind", ["302_latin1", "error_deep", "retry_after_9999", "no_http", "data_twice"])
def test_an_odd_list_is_named_and_stops_no_other_list_f6(start, kind):
    """The same for the accounts of one legal entity."""
    program = start()
    entity = min(program.box.truth("acme").legal_entities)
    program.box.faults.script(kind, path_contains=f"/legal-entities/{entity}/accounts", times=ALWAYS)

    ended = program.sync(expect=4)

    assert {(error["resource"], error["parent_id"]) for error in ended.errors()} >= {("accounts", entity)}
    assert "defect" not in {error["code"] for error in ended.errors()}


@pytest.mark.parametrize(
    ("kind", "kept"),
    long_but(
        {"half_pair"},
        [pytest.param("half_pair", "kurs \\ud83d"), pytest.param("deep_value", "[" * 3000 + "]" * 3000)],
    ),
)
def test_a_value_that_cannot_be_decoded_costs_nothing_else_f8(start, kind, kept):
    """In a row and in an object's list: complete, all ids are there, and the text of the value is in `extra`."""
    program = start()
    entity = min(program.box.truth("acme").legal_entities)
    for path in ("accountId=", f"/legal-entities/{entity}/accounts"):  # a transfer comes plain from its other account
        program.box.faults.script(kind, path_contains=path, times=ALWAYS)

    ended = program.sync()

    assert ended.tenant()["drift"].keys() >= {"transactions.oddity", "accounts.oddity"}
    now = program.box.truth("acme")
    assert set(program.column("SELECT id FROM aleta.transactions")) == set(now.transactions)
    assert set(program.column("SELECT id FROM aleta.accounts")) == set(now.accounts)
    for table in ("transactions", "accounts"):
        extras = program.column(f"SELECT extra FROM aleta.{table} WHERE json_exists(extra, '$.oddity')")
        assert {json.loads(extra)["oddity"] for extra in extras} == {kept}


def test_pages_that_link_to_each_other_are_one_answer_f5(start):
    """All rows are there, a request a page."""
    program = start(page_rows=7, row_cap=0)
    ended = program.sync()
    assert program.differences() == []
    assert ended.counts()["requests"] > ended.counts()["windows"]


@pytest.mark.parametrize("off_s", long_but({700}, [-4_000_000, 700]))
def test_a_clock_far_off_the_apis_fails_the_run_before_anything_is_marked_m6(start, off_s):
    """Exit 1, code `clock`; the next run with the right time is exact."""
    program = start(date_off_s=off_s)

    ended = program.sync(expect=1)

    [error] = ended.errors()
    assert error["code"] == "clock"
    assert f"s {'ahead' if off_s < 0 else 'behind'}: set it" in error["message"]

    program.box.set(date_off_s=0.0)
    program.sync()

    assert program.differences() == []


def test_check_says_that_the_clock_is_off_m6(start):
    """Exit 1, and which way."""
    program = start(date_off_s=4000)
    ended = program.run("check", "--json")
    assert ended.exit == 1
    found = {finding["what"]: finding for finding in ended.report["checks"]}
    assert not found["clock"]["ok"]
    assert "behind: set it" in found["clock"]["text"]


@pytest.mark.parametrize(
    ("kind", "exit_code"),
    long_but(
        {"no_expires_in", "expires_in_null"},
        [pytest.param("no_expires_in", 0), pytest.param("expires_in_null", 3), pytest.param("expires_in_0", 3)],
    ),
)
def test_a_token_without_a_lifetime_is_named_or_lives_shortly(start, kind, exit_code):
    """Missing: a minute is assumed; null or nought: the message says `expires_in`."""
    program = start()
    program.box.faults.script(kind, path_contains="/oauth/token", times=ALWAYS)
    ended = program.sync(expect=exit_code)
    assert exit_code == 0 or "`expires_in`" in ended.errors()[0]["message"]


def test_a_bundle_of_certificates_that_is_not_there_is_named(start):
    """Exit 1: the variable and the path, and nothing of a disk."""
    program = start()
    program.rewrite(f'api_url = "{program.box.url}"', 'api_url = "https://127.0.0.1:1"')
    ended = program.run("sync", "--json", REQUESTS_CA_BUNDLE="/nowhere/ca.pem")
    [error] = ended.errors()
    assert (ended.exit, error["code"]) == (1, "tls")
    assert "REQUESTS_CA_BUNDLE names /nowhere/ca.pem" in error["message"]


def test_an_id_that_is_no_text_costs_its_day_and_not_its_account_f8(start):
    """Exit 4: the day is quarantined and named, all other rows are there; the next run has that day too."""
    program = start()
    ends = {own_id: accounts_of(row) for own_id, row in program.box.truth("acme").transactions.items()}
    spoilt = {
        account: [own for own, names in ends.items() if account in names and own[-1] == "0"]
        for account in owners(program)
    }
    account = next(account for account, ids in spoilt.items() if len(ids) == 1)
    program.box.faults.script("half_ids", path_contains=f"accountId={account}", times=ALWAYS)

    ended = program.sync(expect=4)

    [error] = ended.errors()
    assert (error["code"], error["parent_id"], error["from_date"]) == ("quarantined", account, error["to_date"])
    assert "no text (half a surrogate pair)" in error["message"]
    missing = set(ends) - set(program.column("SELECT id FROM aleta.transactions"))
    assert {spoilt[account][0]} <= missing
    assert len(missing) < 10

    program.box.faults.clear()
    program.sync()

    assert program.differences() == []


@pytest.mark.long
def test_a_parent_whose_ids_are_no_text_is_named_once_f8(start):
    """Where more than a few days cannot be read, none is tried any more: the account failed."""
    program = start()
    account = max(
        owners(program),
        key=lambda own: sum(own in accounts_of(row) for row in program.box.truth("acme").transactions.values()),
    )
    program.box.faults.script("half_pair_id", path_contains=f"accountId={account}", times=ALWAYS)

    ended = program.sync(expect=4)

    assert [error["code"] for error in ended.errors()].count("malformed") == 1
    assert len(ended.errors()) <= 4
    assert {error["parent_id"] for error in ended.errors()} == {account}
