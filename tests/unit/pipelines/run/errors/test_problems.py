"""What the report says of windows that could not be read."""

import pytest

from pipelines.report.report import Problem
from pipelines.run.errors import problems
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.errors import UnavailableError, WindowTooWideError
from sources.aleta.planning.windows import Window
from sources.aleta.reading.rows.receipts import Receipt, Status
from tests.stores import at, on


@pytest.mark.parametrize(
    ("day", "error", "hints"),
    [
        pytest.param(1, WindowTooWideError("400"), True, id="tomorrow-is-refused"),
        pytest.param(0, WindowTooWideError("400"), False, id="today-is"),
        pytest.param(1, UnavailableError("503"), False, id="nothing-is-refused"),
    ],
)
def test_w5_where_only_days_ahead_are_refused_the_setting_is_named(day, error, hints):
    """What to do is in the message, at three in the morning."""
    receipt = Receipt(
        endpoint=CATALOGUE["transactions"],
        parent_id="a",
        window=Window(on(7 + day), on(7 + day)),
        status=Status.FAILED,
        rows=0,
        fetched_at=at(7),
        error=error,
    )
    assert ("look_ahead_days = 0" in problems.of_receipt(receipt).message) is hints


@pytest.mark.parametrize(
    ("code", "resource", "parent_id", "client"),
    [
        pytest.param("unavailable", "transactions", "a1", "c1", id="an account's"),
        pytest.param("malformed", "accounts", "l1", "c1", id="a list of accounts"),
        pytest.param("unknown", "clients", "c7", "c7", id="a client itself"),
        pytest.param("unavailable", "clients", "", "", id="the list of clients"),
        pytest.param("unavailable", "transactions", "a9", "", id="an account that is new"),
        pytest.param("unavailable", "transactions", "a3", "", id="an account below nobody"),
        pytest.param("unavailable", "transactions", "a4", "", id="an account whose legal entity names no client"),
        pytest.param("unavailable", "prices", "i1", None, id="a series of an instrument"),
        pytest.param("malformed", "instruments", "i1", None, id="an instrument, which any may name"),
        pytest.param("conflict", "prices", "i1", None, id="two contents below no client"),
        pytest.param("conflict", "transactions", "a1", "", id="one of several parents"),
        pytest.param("disk", "", "", "", id="no table"),
    ],
)
def test_h_a_problem_is_held_against_a_client_only_where_it_is_certain_whose_it_is(code, resource, parent_id, client):
    """Deliveries of other clients count as synced; where it is not certain, none does."""
    members = {"clients": {"c1": ""}, "legal_entities": {"l1": "c1", "l4": None}}
    members["accounts"] = {"a1": "l1", "a3": "l9", "a4": "l4"}
    found = Problem(code=code, message="", resource=resource, parent_id=parent_id)
    assert problems.client_of(found, members) == client


def test_d8_who_was_not_asked_is_not_said_to_have_shown_another_content():
    """Of an exchange, `sync --client` reads one account; only who was asked can be quoted."""
    sure = problems.of_conflict("transactions", "t", {"a": None, "b": None}, asked=True)
    assert "came with two contents, from a and b" in sure.message

    unsure = problems.of_conflict("transactions", "t", {"a": None, "b": None}, asked=False)
    assert "came with" not in unsure.message
    assert "not all of a and b could be asked" in unsure.message
