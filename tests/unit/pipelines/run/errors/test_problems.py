"""What the report says of windows that could not be read."""

import pytest

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


def test_d8_who_was_not_asked_is_not_said_to_have_shown_another_content():
    """Of an exchange, `sync --client` reads one account; only who was asked can be quoted."""
    sure = problems.of_conflict("transactions", "t", {"a": None, "b": None}, asked=True)
    assert "came with two contents, from a and b" in sure.message

    unsure = problems.of_conflict("transactions", "t", {"a": None, "b": None}, asked=False)
    assert "came with" not in unsure.message
    assert "not all of a and b could be asked" in unsure.message
