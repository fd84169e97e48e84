"""Rows as the API brings them, a store in memory, and comparisons of the two."""

import pyarrow as pa

from pipelines.compare.rows.differences import differences
from pipelines.compare.rows.findings import Proven, Run
from pipelines.warehouse.package import GONE
from schemas.table import described_by_api
from schemas.transactions import TRANSACTIONS
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.planning.windows import Window
from tests.stores import at, on

SAID = described_by_api(TRANSACTIONS)
NOW = at(400)
FIRST_RUN = Run(run_id="first", now=at(300), max_removed_share=1.0)
RUN = Run(run_id="run", now=NOW, max_removed_share=1.0)


def row(own_id: str, account: str = "A", day: int = 5, **more) -> dict[str, object]:
    return {"id": own_id, "type": "fee", "account_id": account, "trade_date": on(day), "value_date": on(day)} | more


def fx(own_id: str, inflow: str, outflow: str, day: int = 5) -> dict[str, object]:
    ends = {"account_id": None, "inflow_account_id": inflow, "outflow_account_id": outflow}
    return row(own_id, day=day) | {"type": "fx-spot-transaction"} | ends


def batch(*rows) -> pa.RecordBatch:
    full = [{name: row.get(name) for name in SAID.names} for row in rows]
    return pa.RecordBatch.from_pylist(full, schema=SAID)


def proof(account: str = "A", first: int = 0, last: int = 10, **more) -> Proven:
    """Days *first* to *last* read; everything up to day 5 was covered before."""
    given = {"new": Window(on(first), on(last)), "covered": Window(on(0), on(5)), "first_load": False} | more
    return Proven(parent_id=account, span=Window(on(first), on(last)), **given)


def compare(store, batches, proven, *, asked=(), seen_before=(), run=RUN):
    """Where it is not said who was *asked* for each of *batches*, the account that its first row names."""
    return differences(
        store,
        CATALOGUE["transactions"],
        list(batches),
        list(proven),
        asked=[(parent, None) for parent in asked or map(asked_for, batches)],
        seen_before=seen_before,
        run=run,
    )


def asked_for(rows: pa.RecordBatch) -> str:
    named = (rows[name][0].as_py() for name in CATALOGUE["transactions"].owners if rows.num_rows)
    return next(filter(None, named), "")


def fill(store, *rows):
    """The warehouse as an earlier run left it."""
    store.merge(compare(store, [batch(*rows)], [], run=FIRST_RUN).rows)


def removed(found) -> set[str]:
    return {line["id"] for line in found.rows.data.to_pylist() if line[GONE]}
