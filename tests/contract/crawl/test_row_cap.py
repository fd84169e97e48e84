"""Spans, narrowing, and the cap that truncates long answers silently."""

from __future__ import annotations

import pytest

from tests.contract.crawl.caller import ALWAYS, fullest

HOLDINGS = ("instrument", "asset")


# -- the row cap


@pytest.mark.parametrize("date_filter", ["trade", "value"])
def test_spans_include_both_ends_of_the_chosen_date(box, caller, date_filter):
    """`date_filter` decides which date the span means; the days at its ends belong to it."""
    box.set(date_filter=date_filter)
    account, name = fullest(box), f"{date_filter}Date"
    days = sorted(row["attributes"][name] for row in caller.rows(account))
    first, last = days[3], days[-4]

    got = [row["attributes"][name] for row in caller.rows(account, fromDate=first, toDate=last)]

    assert sorted(got) == [day for day in days if first <= day <= last]


@pytest.mark.parametrize("keep", ["first", "last", "random"])
def test_a_capped_answer_keeps_what_it_was_told_to_and_says_nothing(box, caller, keep):
    """The cap cuts silently: 200, no link, no count; which rows are left is a setting."""
    account = fullest(box)
    days = sorted(row["attributes"]["tradeDate"] for row in caller.rows(account))
    box.set(row_cap=20, keep=keep)

    status, answer = caller.get("/v2/transactions", accountId=account, **ALWAYS)
    got = sorted(row["attributes"]["tradeDate"] for row in answer["data"])

    assert (status, list(answer), len(got)) == (200, ["data"], 20)
    assert (got == days[:20], got == days[-20:]) == (keep == "first", keep == "last")


def test_lists_of_objects_are_never_cut(box, caller):
    """The cap is for transactions."""
    box.set(row_cap=1)

    assert len(caller.get("/v2/clients")[1]["data"]) == len(box.truth("acme").clients)


def test_an_instrument_or_depository_narrows_an_account(box, caller):
    """The narrowing comes before the cap, so a day can be read in parts."""
    rows = box.truth("acme").transactions.values()
    account = next(row["relationships"] for row in rows if "depository" in row["relationships"])["account"]["data"][
        "id"
    ]
    deposited = [row for row in caller.rows(account) if "depository" in row["relationships"]]
    depository = deposited[0]["relationships"]["depository"]["data"]["id"]

    got = caller.rows(account, depositoryId=depository)

    wanted = {row["id"] for row in deposited if row["relationships"]["depository"]["data"]["id"] == depository}
    assert {row["id"] for row in got} == wanted
    assert len(wanted) < len(caller.rows(account))
    instrument = next(link["data"]["id"] for name, link in deposited[0]["relationships"].items() if name in HOLDINGS)
    assert deposited[0]["id"] in {row["id"] for row in caller.rows(account, instrumentId=instrument)}
