"""What a backfill reads of each endpoint."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.commands import backfill
from pipelines.ledger.ledger import Ledger
from pipelines.ledger.readings import Reading
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.planning.windows import Window
from tests.unit.pipelines.ledger.nights import night


def chosen(endpoint: str, *, accounts=(), resources=(), listed=("a", "b")) -> dict[str, Reading]:
    span = Window(date(2025, 1, 1), date(2025, 1, 31))
    job = backfill.job(span, accounts=accounts, resources=resources)
    found = dict(job.choose(Ledger(), CATALOGUE[endpoint], list(listed), night()))
    assert all((reading.span, reading.whole) == (span, False) for reading in found.values())
    return found


@pytest.mark.parametrize(
    ("endpoint", "resources", "read"),
    [
        pytest.param("transactions", (), True, id="spans"),
        pytest.param("prices", (), True, id="spans-of-what-is-met"),
        pytest.param("custodian_holdings", (), False, id="a-request-a-day-is-not-meant"),
        pytest.param("custodian_holdings", ("custodian_holdings",), True, id="but-when-it-is-named"),
        pytest.param("transactions", ("custodian_holdings",), False, id="and-nothing-else-then"),
        pytest.param("interest_rates", (), False, id="what-is-read-whole-has-no-spans"),
        pytest.param("interest_rates", ("interest_rates",), False, id="not-even-when-it-is-named"),
    ],
)
def test_a_backfill_reads_what_has_spans_and_what_is_named(endpoint, resources, read):
    """Both ends are included, and the mark is not taken for anything."""
    assert chosen(endpoint, resources=resources).keys() == ({"a", "b"} if read else set())


def test_a_backfill_of_accounts_reads_nothing_that_hangs_below_anything_else():
    """Only those named, of those listed."""
    assert chosen("transactions", accounts=("b", "c")).keys() == {"b"}
    assert chosen("holdings", accounts=("b",)) == {}
