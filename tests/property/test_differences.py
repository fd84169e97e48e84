"""The differences against an oracle in plain Python that knows the rules D and nothing of SQL."""

import json
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.compare.rows.differences import differences
from pipelines.compare.rows.findings import Proven, Run
from pipelines.warehouse.package import GONE
from schemas.table import described_by_api
from schemas.transactions import TRANSACTIONS
from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.planning.windows import Window
from tests.lengths import examples
from tests.stores import at, memory_store, on

ENDPOINT = CATALOGUE["transactions"]
SAID = described_by_api(TRANSACTIONS)
KEPT_BY_US = {"first_seen_at", "changed_at", "row_hash"}
NOW = at(400)
LONG_AGO = at(300)
ACCOUNTS = ["A", "B", "C"]
DAYS = st.integers(0, 12)


@st.composite
def transactions(draw) -> dict[str, object]:
    """One row as the API shows it: booked on one account, or an fx-spot between two."""
    row: dict[str, object] = dict.fromkeys(SAID.names)
    row["id"] = draw(st.sampled_from([f"t{number}" for number in range(9)]))
    row["type"] = draw(st.sampled_from(["fee", "fx-spot-transaction"]))
    if row["type"] == "fee":
        row["account_id"] = draw(st.sampled_from(ACCOUNTS))
    else:
        row["inflow_account_id"], row["outflow_account_id"] = draw(st.permutations(ACCOUNTS))[:2]
    row["trade_date"] = on(draw(DAYS))
    row["value_date"] = draw(st.sampled_from([row["trade_date"], on(draw(DAYS)), None]))
    row["account_amount"] = draw(st.sampled_from([None, Decimal("1.500000000000"), Decimal("-12345678901234567890.5")]))
    row["comment"] = draw(st.sampled_from([None, "", "a", "a\x1fcategory=b", "é\x00\"'"]))
    row["category"] = draw(st.sampled_from([None, "b"]))
    row["affects_irr"] = draw(st.sampled_from([None, True]))
    row["extra"] = draw(st.sampled_from([None, '{"x":1.0}', '{"x":1.00}']))
    return row


@st.composite
def proofs(draw) -> list[Proven]:
    """What one package has proven, of some of the accounts."""
    proven = []
    for account in draw(st.lists(st.sampled_from(ACCOUNTS), unique=True)):
        first, new, until, last = sorted(draw(st.tuples(DAYS, DAYS, DAYS, DAYS)))
        begin, end = sorted(draw(st.tuples(DAYS, DAYS)))
        proven.append(
            Proven(
                parent_id=account,
                span=Window(on(first), on(last)),
                new=Window(on(new), on(until)),
                covered=draw(st.sampled_from([None, Window(on(begin), on(end))])),
                first_load=draw(st.booleans()),
                settles=draw(st.booleans()),
                reach=Window(on(-2), on(40)),
                ended=draw(st.booleans()),
            )
        )
    return proven


def owners(row) -> set[str]:
    named = {row["account_id"], row["inflow_account_id"], row["outflow_account_id"]}
    return {owner for owner in named if owner}


def dates(row):
    return [day for day in (row["trade_date"], row["value_date"]) if day]


def touches(days, window: Window) -> bool:
    return max(days) >= window.first and min(days) <= window.last


def is_missed(row, proof: Proven) -> bool:
    """Rules D3, D6 and D7: whether *proof* could have shown the row, had it been there."""
    days = dates(row)
    dateless = len(days) < 2
    inside = not dateless and all(day in proof.span for day in days) and touches(days, proof.new)
    unreached = proof.ended and dateless and all(day in proof.span for day in days)
    strange = dateless or any(day not in proof.reach for day in days)
    odd = not proof.settles and strange and any(day in proof.new for day in days)
    return inside or unreached or odd


@dataclass
class Expected:
    """The rules D, spelled out."""

    fresh: dict[str, dict] = field(default_factory=dict)
    added: set[str] = field(default_factory=set)
    modified: set[str] = field(default_factory=set)
    unchanged: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    suspects: dict[str, tuple[int, int]] = field(default_factory=dict)
    late: dict[str, bool] = field(default_factory=dict)
    news: set[str] = field(default_factory=set)
    missed: set[tuple[str, str]] = field(default_factory=set)


def settled(proven, account) -> bool:
    return any(proof.settles for proof in proven if proof.parent_id == account)


def expect(old, answers, proven, seen_before, share) -> Expected:
    found = Expected()
    for row in answers:
        found.fresh[row["id"]] = row
    for own_id, row in found.fresh.items():
        kind = found.added if own_id not in old else found.unchanged if old[own_id] == row else found.modified
        kind.add(own_id)
    gone = {
        (own_id, proof.parent_id)
        for own_id, row in old.items()
        for proof in proven
        if own_id not in found.fresh and own_id not in seen_before and proof.parent_id in owners(row)
        if is_missed(row, proof)
    }
    found.missed = {(own_id, account) for own_id, account in gone if not settled(proven, account)}
    gone -= found.missed
    for account in {account for _, account in gone}:
        lost = sum(parent == account for _, parent in gone)
        rows = sum(account in owners(row) for row in old.values())
        if lost > share * rows:
            found.suspects[account] = (lost, rows)
    doubted = {own_id for own_id, account in gone if account in found.suspects}
    found.removed = {own_id for own_id, _ in gone} - doubted
    for own_id in found.added | found.modified | found.removed:
        row = found.fresh.get(own_id) or old[own_id]
        mine = [proof for proof in proven if proof.parent_id in owners(row)]
        if own_id in found.removed:
            mine = [proof for proof in mine if (own_id, proof.parent_id) in gone]
        found.late[own_id] = any(proof.covered and dates(row) and min(dates(row)) in proof.covered for proof in mine)
        if own_id not in found.added or not mine or not all(proof.first_load for proof in mine):
            found.news.add(own_id)
    return found


def text(value) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return f"{value:.12f}"
    return None if value is None else str(value)


def as_text(row) -> dict[str, str | None]:
    return {name: text(row[name]) for name in SAID.names}


@settings(max_examples=examples(30), deadline=None)
@given(
    stored=st.lists(transactions(), max_size=9, unique_by=lambda row: row["id"]),
    batches=st.lists(st.lists(transactions(), max_size=6, unique_by=lambda row: row["id"]), max_size=3),
    again=st.sets(st.integers(0, 8)),
    proven=proofs(),
    seen_before=st.sets(st.sampled_from(["t0", "t1", "t2", "zz"])),
    share=st.sampled_from([0.0, 0.5, 1.0]),
)
def test_d_rules_hold_for_any_warehouse_and_any_answers(stored, batches, again, proven, seen_before, share):
    """Added, modified, removed and unchanged are what the rules say, and so is each row and each line of the feed."""
    batches = [*batches, [row for number, row in enumerate(stored) if number in again]]
    run = Run(run_id="run", now=NOW, max_removed_share=share)
    with memory_store() as store:
        store.create(TRANSACTIONS)
        first = [pa.RecordBatch.from_pylist(stored, schema=SAID)]
        earlier = Run(run_id="before", now=LONG_AGO, max_removed_share=share)
        store.merge(differences(store, ENDPOINT, first, [], asked=[("A", None)], seen_before=[], run=earlier).rows)
        before = store.read(TRANSACTIONS)
        fresh = [pa.RecordBatch.from_pylist(rows, schema=SAID) for rows in batches]
        asked = [("A", None)] * len(fresh)
        found = differences(store, ENDPOINT, fresh, proven, asked=asked, seen_before=seen_before, run=run)
        store.merge(found.rows)
        after = store.read(TRANSACTIONS)

    old = {row["id"]: row for row in stored}
    wanted = expect(old, [row for rows in batches for row in rows], proven, seen_before, share)

    loaded = {row["id"]: row[GONE] for row in found.rows.data.to_pylist()}
    assert {own_id for own_id, gone in loaded.items() if not gone} == wanted.added | wanted.modified
    assert {own_id for own_id, gone in loaded.items() if gone} == wanted.removed
    assert len(loaded) == found.rows.data.num_rows
    counts = {name: len(getattr(wanted, name)) for name in ("added", "modified", "unchanged", "removed")}
    assert found.counts == Counter(counts)
    assert {proof.parent_id: (proof.gone, proof.rows) for proof in found.suspicions} == wanted.suspects
    assert {(proof.id, proof.parent_id) for proof in found.missed} == {
        (own_id, account) for own_id, account in wanted.missed if own_id not in wanted.removed
    }
    assert {(left.id, left.parent_id) for left in found.unasked} == {
        (own_id, proof.parent_id)
        for own_id, row in old.items()
        for proof in proven
        if proof.ended and proof.parent_id in owners(row)
        if own_id not in wanted.fresh.keys() | seen_before | wanted.removed
        if any(day not in proof.span for day in dates(row))
    }

    assert {own_id: {name: row[name] for name in SAID.names} for own_id, row in after.items()} == {
        own_id: row for own_id, row in (old | wanted.fresh).items() if own_id not in wanted.removed
    }
    for own_id, row in after.items():
        assert row["first_seen_at"] == (LONG_AGO if own_id in old else NOW)
        assert row["changed_at"] == (NOW if own_id in wanted.added | wanted.modified else LONG_AGO)
        same = own_id in old and own_id not in wanted.modified
        assert (own_id in before and row["row_hash"] == before[own_id]["row_hash"]) == same

    feed = {line["id"]: line for line in found.changes.data.to_pylist()}
    assert len(feed) == found.changes.data.num_rows
    assert set(feed) == wanted.news
    for own_id, line in feed.items():
        op = "added" if own_id in wanted.added else "modified" if own_id in wanted.modified else "removed"
        assert (line["op"], line["run_id"], line["changed_at"], line["late"]) == (op, "run", NOW, wanted.late[own_id])
        assert (line["before"] and json.loads(line["before"])) == (None if op == "added" else as_text(old[own_id]))
        assert (line["after"] and json.loads(line["after"])) == (
            None if op == "removed" else as_text(wanted.fresh[own_id])
        )
