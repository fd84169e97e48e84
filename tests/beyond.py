"""What a warehouse must hold beyond the crawl and transactions, worked out from the API's own objects.

It shares no code with the pipeline: names and types of columns come from the warehouse file itself, what they must hold
from the objects and the contract. A row is found by its natural key, never by an id that means nothing.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb

from tests.truth import CRAWL, LINKS, OURS, Digits, alike, fit, snake

SNAPSHOT_DAYS = 7  # what is asked for day by day begins so many days before the first sync
RENAMED = {"asset": "instrument", "assetClass": "instrumentClass", "assetClassDetailed": "instrumentClassDetailed"}
LEVELS = {
    "portfolios": "portfolio_id",
    "depositories": "depository_id",
    "instruments": "instrument_id",
    "instrumentClasses": "instrument_class_id",
    "instrumentClassesDetailed": "instrument_class_detailed_id",
}
GRAINS = {f"{name}__{snake(level)}": (name, level) for name in ("holdings", "performance") for level in LEVELS}
del GRAINS["holdings__instruments"]  # the vendor deprecates it: instrument_holdings has what it would
LEFT_OUT = {"accumulatedReturn", "accumulatedTwr"}  # of performance: docs/adr/0006
MIRRORS = {"instruments": {"commitments"}}  # the other side of a column elsewhere
SPREAD = {("limitType", "type"): "kind", ("limitType", "values", "min"): "min", ("limitType", "values", "max"): "max"}

LISTED = ("custodian_authorities", "custodian_auth_flows", "limits")
ROWS = ("holdings", "performance", "instrument_holdings")
BY_DAY = ("custodian_holdings", "private_market_performance", "limit_status")
SERIES = (
    "prices",
    "interest_rates",
    "index_factors",
    "net_asset_values",
)
NAMING = (*ROWS, *GRAINS, *BY_DAY)  # tables whose rows name instruments and their classes
KEYS = {
    **dict.fromkeys((*LISTED, "instruments", "instrument_classes", "instrument_classes_detailed"), ("id",)),
    **dict.fromkeys((*SERIES, "commitments"), ("id",)),
    **dict.fromkeys(("holdings", "performance"), ("reporting_entity_id", "date", "ccy_code")),
    **{grain: ("reporting_entity_id", LEVELS[level], "date", "ccy_code") for grain, (_, level) in GRAINS.items()},
    "instrument_holdings": (
        *("reporting_entity_id", "portfolio_id", "depository_id", "instrument_id", "date", "ccy_code"),
    ),
    "custodian_holdings": (
        *("legal_entity_id", "account_id", "depository_id", "instrument_id", "external_identifier", "date"),
    ),
    "private_market_performance": ("reporting_entity_id", "instrument_id", "date", "reporting_ccy_code"),
    "limit_status": ("limit_id", "reporting_entity_id", "date"),
    "limit_conditions": ("limit_id", "path"),
    "webhook_keys": ("kid",),
}
"""Every table that is compared here, and the columns that tell its rows apart."""
LEDGER = ("sync_", "_dlt_", "webhook_deliveries")
ELSEWHERE = {*CRAWL, *(table for links in LINKS.values() for table, *_ in links.values()), "transaction_changes"}
"""Tables that `tests.truth` and the tests of the change feed compare; those of the ledger begin with `sync_`."""


@dataclass(frozen=True, slots=True)
class Said:
    """One row as the API has it; *given*: columns that come from what was asked, not from what was answered."""

    object: Mapping
    given: Mapping = field(default_factory=dict)


Shown = Mapping[str, list[Said]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What an earlier night found.

    Args:
        again: of what is asked for day by day, the first day that this night asked for.
        new: parents that are there for the first time; of these it asked from *new_from* on.
    """

    found: Shown
    again: date
    new: frozenset[str] = frozenset()
    new_from: date = date.min


def differences(
    warehouse: Path,
    truth,
    *,
    tables: Sequence[str] = tuple(KEYS),
    since: date | None = None,
    before: Before | None = None,
) -> list[str]:
    """Every way in which *tables* of *warehouse* are not what the API shows; empty when they are equal.

    Args:
        since, before: as for `shown`.
    """
    expected = shown(truth, since=since, before=before)
    with duckdb.connect(f"{warehouse}", read_only=True) as connection:
        named = "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'aleta'"
        there = {row[0] for row in connection.execute(named).fetchall()}
        found = [line for table in tables for line in _table(connection, table, expected[table], there)]
    unknown = (table for table in there - ELSEWHERE - KEYS.keys() if not table.startswith(LEDGER))
    return found + [f"{table}: nobody compares this table" for table in sorted(unknown)]


def shown(truth, *, since: date | None = None, before: Before | None = None) -> Shown:
    """Every row that a crawl and its requests can find.

    Args:
        since: the first day that was asked for, of what is asked for day by day; None: that of a first sync today.
        before: where this is not the first night.
    """
    since = since or datetime.now(UTC).date() - timedelta(days=SNAPSHOT_DAYS)
    rows = {name: _every(getattr(truth, name)) for name in (*LISTED, *ROWS, *BY_DAY)}
    rows |= {grain: _every(truth.expanded(table, level)) for grain, (table, level) in GRAINS.items()}
    rows |= {name: [row for row in rows[name] if _day(row) >= since] for name in BY_DAY}
    if before:
        rows |= {name: _kept(before, rows[name], name) for name in BY_DAY}
    rows["limit_conditions"] = [node for limit in rows["limits"] for node in _nodes(limit.object)]
    rows["webhook_keys"] = [_key(key) for key in truth.webhook_keys.values()]
    return rows | _named_objects(truth, rows, before.found if before else {})


def _every(table: Mapping) -> list[Said]:
    return [Said(row) for row in table.values()]


def _day(row: Said) -> date:
    return date.fromisoformat(row.object["attributes"]["date"])


def _kept(before: Before, now: list[Said], table: str) -> list[Said]:
    """Days that are not asked for again stay as they were."""

    def first(row: Said) -> date:
        linked = {link["data"]["id"] for link in row.object.get("relationships", {}).values() if link.get("data")}
        return before.new_from if linked & before.new else before.again

    old = [row for row in before.found[table] if _day(row) < before.again]
    return old + [row for row in now if _day(row) >= first(row)]


def _key(key: Mapping) -> Said:
    """A key with its coordinates as RFC 7518, section 6.2.1.2, has them: base64url without padding."""
    plain = {name: key[name].translate(str.maketrans("+/", "-_")).rstrip("=") for name in ("x", "y")}
    return Said({"attributes": {**key, **plain}})


def _nodes(limit: Mapping) -> Iterator[Said]:
    """The tree of a limit as rows: `0` is the root, `0.1` its second child."""
    tree = limit["attributes"]["limitFilter"]
    waiting = [("0", None, tree)] if tree else []
    while waiting:
        path, above, node = waiting.pop()
        row = {"limit_id": limit["id"], "path": path, "parent_path": above, "operator": node["type"]}
        if node["type"] == "condition":
            told = dict(node["condition"])
            row["operator"] = told.pop("type")
            [(row["field"], value)] = told.items()
            row["values"] = [value]
        waiting += [(f"{path}.{place}", path, child) for place, child in enumerate(node.get("filters", ()))]
        yield Said({}, row)


def _named_objects(truth, rows: Shown, before: Shown) -> Shown:
    """What has no list is what rows name, now or before; and the series of those instruments."""
    naming = [*_every(truth.transactions), *(row for name in NAMING for row in rows[name])]
    instruments = _named(naming, "instrument") | _idents(before, "instruments")
    detailed = _named(naming, "instrumentClassDetailed") | _idents(before, "instrument_classes_detailed")
    details = _picked(truth.instrument_classes_detailed, detailed)
    classes = _named([*naming, *details], "instrumentClass") | _idents(before, "instrument_classes")
    return {
        "instruments": _picked(truth.instruments, instruments),
        "instrument_classes_detailed": details,
        "instrument_classes": _picked(truth.instrument_classes, classes),
        "commitments": [row for row in _every(truth.commitments) if _named([row], "instrument") <= instruments],
        **{name: _points(getattr(truth, name), instruments) for name in SERIES},
    }


def _points(series: Mapping, instruments: set[str]) -> list[Said]:
    """A point names no instrument: it is the one that was asked for."""
    return [Said(row, {"instrument_id": key[0]}) for key, row in series.items() if key[0] in instruments]


def _named(rows: Iterable[Said], relation: str) -> set[str]:
    """The ids at the other ends of *relation*, in either spelling."""
    links = [link for row in rows for link in row.object.get("relationships", {}).items()]
    return {said["data"]["id"] for name, said in links if RENAMED.get(name, name) == relation}


def _idents(found: Shown, table: str) -> set[str]:
    return {row.object["id"] for row in found.get(table, ())}


def _picked(table: Mapping, idents: set[str]) -> list[Said]:
    return [Said(table[ident]) for ident in idents]


def _table(connection, table: str, said: list[Said], there: set[str]) -> Iterator[str]:
    if table not in there:
        yield from [f"{table}: there is no such table"] if said else []
        return
    columns = {name: kind for name, kind, *_ in connection.execute(f"DESCRIBE aleta.{table}").fetchall()}
    living = "WHERE removed_at IS NULL" if "removed_at" in columns else ""
    found = connection.execute(f"SELECT * FROM aleta.{table} {living}").fetchall()
    stored = _by_key(table, [dict(zip(columns, row, strict=True)) for row in found])
    expected = _by_key(table, [expectation(table, row, columns) for row in said])
    for key in sorted(stored.keys() | expected.keys(), key=repr):
        here, wanted = stored[key], expected[key]
        yield from [f"{table}: {key} is missing"] * bool(wanted and not here)
        yield from [f"{table}: {key} is left over"] * bool(here and not wanted)
        yield from [f"{table}: {key} is there {len(here)} times"] * (len(here) > 1)
        yield from [f"{table}: the API itself has {key} twice"] * (len(wanted) > 1)
        if here and wanted:
            yield from (f"{table} {key}: {line}" for line in _row(table, here[0], wanted[0], columns))


def _by_key(table: str, rows: Iterable[dict]) -> dict[tuple, list[dict]]:
    found = defaultdict(list)
    for row in rows:
        found[tuple(row.get(column) for column in KEYS[table])].append(row)
    return found


def _row(table: str, stored: dict, expected: dict, columns: Mapping[str, str]) -> Iterator[str]:
    for name, kind in columns.items():
        value, wanted = stored[name], expected.get(name)
        if name in OURS:
            yield from [f"{name} is null"] * (value is None and name != "removed_at")
            continue
        if kind == "JSON" and value is not None:
            value = json.loads(value, parse_float=Decimal, parse_int=Decimal)
        if name == "row_key":
            wanted = "|".join(_escaped(stored[column]) for column in KEYS[table])
        if not (alike(value, wanted) if kind == "JSON" else type(value) is type(wanted) and value == wanted):
            yield f"{name} is {value!r}, not {wanted!r}"


def _escaped(value: object) -> str:
    return "" if value is None else f"{value}".replace("\\", "\\\\").replace("|", "\\|")


def expectation(table: str, said: Said, columns: Mapping[str, str]) -> dict:
    """The columns that are not null, `extra` as a value among them."""
    values, extra = dict(said.given), {}
    values |= {name: said.object[name] for name in ("id", "type") if name in columns}
    for name, value in said.object.get("attributes", {}).items():
        if not (name in LEFT_OUT and table.startswith("performance")):
            _attribute((name,), value, columns, values, extra)
    for name, value in said.object.get("relationships", {}).items():
        if name not in MIRRORS.get(table, ()):
            _relationship(name, value, columns, values, extra)
    return values | {"extra": extra or None}


def _attribute(path: tuple[str, ...], value: object, columns: Mapping[str, str], values: dict, extra: dict) -> None:
    """One attribute, or a member of one; what its column cannot hold, or no column, goes to *extra* by its path."""
    column = SPREAD.get(path, "_".join(map(snake, path)))
    if columns.get(column) == "JSON":
        values[column] = value
    elif column in columns:
        kept, whole = fit(columns[column], value)
        if kept is not None:
            values[column] = kept
        if not whole:
            extra["/".join(path)] = Digits(value) if isinstance(value, Decimal) else value
    elif len(path) == 1:  # a member without a column is in that of the whole
        extra[path[0]] = value
        return
    for name, member in value.items() if isinstance(value, dict) else ():
        _attribute((*path, name), member, columns, values, extra)


def _relationship(name: str, value: object, columns: Mapping[str, str], values: dict, extra: dict) -> None:
    base, data = snake(RENAMED.get(name, name)), value.get("data") if isinstance(value, dict) else None
    if f"{base}_id" not in columns or isinstance(data, list):
        extra[name] = value
    elif data is not None:
        values[f"{base}_id"] = data["id"]
        if f"{base}_type" in columns:
            values[f"{base}_type"] = data["type"]
