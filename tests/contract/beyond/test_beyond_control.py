"""Tables beyond the crawl over the control, and which instruments a crawl meets."""

from __future__ import annotations

from sandbox import named_instruments
from sandbox.world.jsontext import exact


def test_a_table_over_http_keeps_keys_and_numbers(box, reader):
    """A list of [key, object], for programs in other processes."""
    truth = box.truth("acme")

    bodies = {
        target: exact(b'{"rows":' + reader.send("GET", f"/_sandbox/table?tenant=acme&name={target}")[2] + b"}")["rows"]
        for target in ("performance", "holdings&expand=portfolios", "limits")
    }

    assert {tuple(key): row for key, row in bodies["performance"]} == dict(truth.performance)
    assert {tuple(key): row for key, row in bodies["holdings&expand=portfolios"]} == truth.expanded(
        "holdings", "portfolios"
    )
    assert dict(bodies["limits"]) == dict(truth.limits)


def test_a_crawl_meets_instruments_of_many_types(box):
    """`named_instruments` names those that transactions and holdings do; each is served."""
    truth = box.truth("acme")

    found = named_instruments(truth)

    assert found <= truth.instruments.keys()
    assert len({truth.instruments[ident]["type"] for ident in found}) >= 6
