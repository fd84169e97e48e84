"""One id with two contents, found while a dlt source reads."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.dlt_source.shortfalls import Contents
from sources.aleta.jsonapi.answer import Answer, parser

AT = datetime(2026, 11, 20, tzinfo=UTC)


def row(own_id: str, comment: str = "", **accounts: str) -> dict[str, object]:
    """A transaction of *accounts*, by relationship."""
    related = {name: {"data": {"type": "account", "id": account}} for name, account in accounts.items()}
    dates = {"tradeDate": "2026-11-01", "valueDate": "2026-11-01"}
    return {
        "type": "fee-transaction",
        "id": own_id,
        "attributes": dates | {"comment": comment},
        "relationships": related,
    }


def answer(parent_id: str, *rows: dict[str, object], resource: str = "transactions") -> Answer:
    body = json.dumps({"data": rows}).encode()
    return parser(CATALOGUE[resource], parent_id=parent_id, now=lambda: AT)(body)


def found(*answers: Answer, resource: str = "transactions") -> list[str]:
    contents = Contents(endpoint=CATALOGUE[resource])
    return [f"{shortfall}" for given in answers for shortfall in contents.take(given)]


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([answer("a", row("t", account="a")), answer("b", row("t", account="b"))], id="two accounts"),
        pytest.param([answer("a", row("t", "x", account="a"), row("t", "y", account="a"))], id="one answer"),
        pytest.param([answer("a", row("t", account="a"), row("t", account="b"))], id="two owners in one answer"),
    ],
)
def test_d8_one_id_with_two_contents_is_named(answers):
    """D8: once, with whose it is."""
    [said] = found(*answers)
    assert said.startswith("transactions of a: the id t came with two contents, from a")


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([answer("a", row("t", account="a")), answer("b", row("u", account="b"))], id="two ids"),
        pytest.param([answer("a", row("t", "x", account="a")), answer("a", row("t", "y", account="a"))], id="edited"),
        pytest.param([answer("a", row("t", account="a"), row("t", account="a"))], id="the same twice"),
        pytest.param(
            [answer(parent, row("t", inflowAccount="a", outflowAccount="b")) for parent in ("a", "b")], id="a transfer"
        ),
    ],
)
def test_d8_one_id_with_one_content_is_not(answers):
    """D8: rows that two accounts share, or that were edited between two answers of one."""
    assert found(*answers) == []


def test_d8_a_natural_key_with_two_contents_is_named_within_one_answer():
    """Between two answers of one parent, which a natural key names, the row was edited."""
    rows = [{"type": "holding", "attributes": {"date": "2026-11-01", "marketValue": value}} for value in (1, 2)]
    assert found(*(answer("r", given, resource="holdings") for given in rows), resource="holdings") == []
    [said] = found(answer("r", *rows, resource="holdings"), resource="holdings")
    assert said.startswith("holdings of r: the id r|2026-11-01| came with two contents, from r")
