"""What is refused beyond the crawl: spans, days, levels, ids; and what the cap truncates."""

from __future__ import annotations

import pytest

from tests.contract.beyond.reader import DAYS, SPAN

DATED = {
    "holdings": ("/v2/holdings/reporting-entities/{}", "reporting_entities"),
    "instrument_holdings": ("/v3/instrument-holdings/reporting-entities/{}", "reporting_entities"),
    "performance": ("/v2/performance/reporting-entities/{}", "reporting_entities"),
    "prices": ("/v3/instruments/{}/prices", "instruments"),
}
DAILY = {
    "custodian_holdings": ("/v2/custodian-holdings/legal-entities/{}", "legal_entities"),
    "private_markets": ("/v2/performance/reporting-entities/{}/private-markets", "reporting_entities"),
    "limit_status": ("/v2/limits/{}/status", "limits"),
    "limits_status": ("/v2/clients/{}/limits-status", "clients"),
}


def address(box, place):
    path, table = place
    return path.format(next(iter(getattr(box.truth("acme"), table))))


@pytest.mark.parametrize("table", DATED)
@pytest.mark.parametrize(
    ("query", "status"),
    [
        pytest.param({"fromDate": "2026-02-30", "toDate": "2026-03-01"}, 400, id="no date"),
        pytest.param({"fromDate": "2026-02-02", "toDate": "2026-02-01"}, 400, id="backwards"),
        pytest.param({"fromDate": "2026-01-01", "toDate": "2026-01-31"}, 422, id="too wide"),
        pytest.param({"fromDate": "2026-01-01", "toDate": "2026-01-30"}, 200, id="just right"),
    ],
)
def test_a_span_must_be_sound_and_narrow_enough(box, reader, table, query, status):
    """400 and 422, as for transactions."""
    box.set(max_window_days=30)

    assert reader.ask(address(box, DATED[table]), **query)[0] == status


@pytest.mark.parametrize("table", sorted(DATED.keys() - {"prices"}))
@pytest.mark.parametrize("query", [{}, {"fromDate": DAYS[1]}, {"toDate": DAYS[1]}], ids=["neither", "from", "to"])
def test_both_ends_of_a_span_are_required(box, reader, table, query):
    """Only prices may go without."""
    assert reader.ask(address(box, DATED[table]), **query)[0] == 400


def test_only_a_whole_price_series_may_be_wider_than_the_window(box, reader):
    """Half a span reaches as far as there are days."""
    box.set(max_window_days=30)
    path = address(box, DATED["prices"])

    statuses = [reader.ask(path, **query)[0] for query in ({}, {"fromDate": "2020-01-01"}, {"toDate": "2026-01-01"})]

    assert statuses == [200, 422, 422]


@pytest.mark.parametrize("table", DATED)
def test_the_largest_window_can_be_for_transactions_alone(box, reader, table):
    """`limited_series` switches it off for the rest."""
    box.set(max_window_days=30, limited_series=False)

    assert reader.ask(address(box, DATED[table]), **SPAN)[0] == 200


@pytest.mark.parametrize("table", DAILY)
@pytest.mark.parametrize(("query", "status"), [({}, 400), ({"date": "today"}, 400), ({"date": DAYS[1]}, 200)])
def test_a_day_is_required(box, reader, table, query, status):
    """No page's "latest when omitted" is relied on."""
    assert reader.ask(address(box, DAILY[table]), **query)[0] == status


@pytest.mark.parametrize("day", ["1999-01-01", "2099-01-01"])
def test_days_that_are_not_computed_are_empty(box, reader, day):
    """Before the first and after the last: no rows, and no status of a limit."""
    assert reader.data(address(box, DAILY["custodian_holdings"]), date=day) == []
    assert reader.data(address(box, DAILY["private_markets"]), date=day) == []
    assert reader.ask(address(box, DAILY["limit_status"]), date=day)[0] == 404


@pytest.mark.parametrize("table", ["holdings", "instrument_holdings", "performance", "prices"])
@pytest.mark.parametrize("keep", ["first", "last", "random"])
def test_the_cap_cuts_series_silently(box, reader, table, keep):
    """200, no sign, and the days that the setting keeps."""
    truth = box.truth("acme")
    owner = next(iter(getattr(truth, table)))[0]
    path = DATED[table][0].format(owner)
    days = sorted(row["attributes"]["date"] for row in reader.data(path, **SPAN))
    box.set(row_cap=5, keep=keep)

    status, answer = reader.ask(path, **SPAN)
    got = sorted(row["attributes"]["date"] for row in answer["data"])
    box.set(limited_series=False)

    assert (status, list(answer), len(got)) == (200, ["data"], 5)
    assert keep == "random" or got == (days[:5] if keep == "first" else days[-5:])
    assert len(reader.data(path, **SPAN)) == len(days) > 5


@pytest.mark.parametrize("table", ["index_factors", "interest_rates"])
def test_series_without_dates_are_never_cut(box, reader, table):
    """Nothing could split them."""
    points = getattr(box.truth("acme"), table)
    owner = next(iter(points))[0]
    box.set(row_cap=1, max_window_days=1)

    found = reader.data(f"/v3/instruments/{owner}/{table.replace('_', '-')}")

    assert {(owner, point["id"]) for point in found} == {key for key in points if key[0] == owner}
    assert len(found) > 1


def test_prices_have_a_span_of_either_end(box, reader):
    """Both ends included; without any, the whole."""
    points = box.truth("acme").prices
    owner = next(iter(points))[0]
    days = sorted(row["attributes"]["date"] for key, row in points.items() if key[0] == owner)
    path = f"/v3/instruments/{owner}/prices"

    def read(**query):
        return sorted(row["attributes"]["date"] for row in reader.data(path, **query))

    assert read(fromDate=days[3]) == [day for day in days if day >= days[3]]
    assert read(toDate=days[-4]) == [day for day in days if day <= days[-4]]
    assert read(fromDate=days[3], toDate=days[-4]) == [day for day in days if days[3] <= day <= days[-4]]


@pytest.mark.parametrize("query", [{"expand": "lots"}, {"include": "portfolio"}, {"expand": "portfolios,x"}])
@pytest.mark.parametrize("table", ["holdings", "performance"])
def test_unknown_levels_and_inclusions_are_400(box, reader, table, query):
    """A typo is an error, not a coarser answer."""
    assert reader.ask(address(box, DATED[table]), **SPAN, **query)[0] == 400


@pytest.mark.parametrize(
    "path",
    [
        "/v3/instruments/{}",
        "/v3/instruments/{}/prices",
        "/v3/instruments/{}/commitments",
        "/v2/instrument-classes/{}",
        "/v2/instrument-classes-detailed/{}",
        "/v2/limits/{}",
        "/v2/limits/{}/status",
        "/v2/custodian-authorities/{}",
        "/v3/custodian-auth-flows/{}",
        "/v2/holdings/reporting-entities/{}",
        "/v3/instrument-holdings/reporting-entities/{}",
        "/v2/performance/reporting-entities/{}",
        "/v2/performance/reporting-entities/{}/private-markets",
        "/v2/custodian-holdings/legal-entities/{}",
        "/v2/users/{}/invites",
        "/v2/accounts/{}",
    ],
)
def test_unknown_ids_are_404(box, reader, path):
    """Also an id of something else: a client's."""
    for ident in ("0" * 24, next(iter(box.truth("acme").clients))):
        assert reader.ask(path.format(ident), date=DAYS[0], **SPAN)[0] == 404


@pytest.mark.parametrize("path", ["/v2/limits", "/v3/instruments", "/v2/custodian-authorities", "/v2/holdings"])
def test_there_are_no_flat_lists(reader, path):
    """What is not documented is not served."""
    assert reader.ask(path, **SPAN)[0] == 404
