"""What a window shows of days that nobody asked for (rule W8)."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import timedelta
from random import Random

import pytest

from sources.aleta.planning.cap import RowCap
from sources.aleta.planning.planner import Planner
from sources.aleta.planning.trials.budget import Budget
from sources.aleta.planning.trials.ends import Ends
from sources.aleta.planning.trials.prover import Prover
from sources.aleta.reading.reader import Reader
from sources.aleta.reading.rows.fetch import Receipt, Status, fetch
from tests.apis import FakeApi
from tests.fakes import FakeClock
from tests.stores import on
from tests.unit.sources.aleta.reading.rows.fetched import SPAN, TRANSACTIONS, complete, ids

CUT, AT = "a5", 18  # the account whose answers are silently cut, and to how many rows
LONG_AGO = "2001-01-01"


class Hidden(FakeApi):
    """Shows rows by either of two dates; those of one account in a form that nobody reads, and cut."""

    dates: Mapping[str, tuple[str, str]]

    def _booked(self, params):
        account, first, last = params["accountId"], params["fromDate"], params["toDate"]
        inside = [row for row in self.rows[account] if any(first <= day <= last for day in self.dates[row["id"]])]
        return inside[-AT:] if account == CUT else inside


def read(seed: int) -> tuple[Hidden, Prover, list[Receipt]]:
    rng = Random(seed)
    api = Hidden(rows={f"a{number}": [] for number in range(11)})
    api.dates = {}
    for number, (account, rows) in enumerate(api.rows.items()):
        for place in range(20 + 3 * number):
            trade = on(rng.randrange(150))
            days = f"{trade}", f"{trade + timedelta(days=5 + rng.randrange(40))}" if account == CUT else f"{trade}"
            said = {"tradeDate": LONG_AGO} if account == CUT else {"tradeDate": days[0], "valueDate": days[1]}
            rows.append({"type": "fee-transaction", "id": f"{account}.{place}", "attributes": said})
            api.dates[f"{account}.{place}"] = days
    planner = Planner(cap=RowCap(known=1000))
    prover = Prover.after(planner, Budget(), ends=Ends.READ, cut_sizes=(), rng=Random(seed))
    spans = dict.fromkeys(api.rows, SPAN)
    reader, clock = Reader(api, FakeClock()), FakeClock()
    found = fetch(TRANSACTIONS, spans, reader, planner=prover, clock=clock, workers=1, stop=threading.Event())
    return api, prover, list(found)


@pytest.mark.parametrize("seed", [0, 1, 3])  # in which that account is put to a trial
def test_what_a_trial_shows_is_evidence_whatever_days_it_is_of_w6_w8(seed):
    """W6: that the parts of a cut answer show more than it did is heeded, though their rows are astray in both."""
    api, prover, receipts = read(seed)

    unread = {receipt.parent_id for receipt in receipts if receipt.status in {Status.FAILED, Status.QUARANTINED}}
    whole = complete(receipts)
    lacking = {name for name in api.rows.keys() - unread if len({*ids(whole[name])}) < len(api.rows[name])}
    assert lacking == set()
    assert prover.noticed
