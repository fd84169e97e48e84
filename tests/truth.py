"""What a warehouse must hold, worked out from the API's own objects: it shares no code with the pipeline."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from pathlib import Path

import duckdb

OURS = {"deleted_by_aleta", "first_seen_at", "changed_at", "row_hash", "removed_at"}
LINKS = {
    "accounts": {"depositories": ("accounts__depositories", "account_id", "depository_id")},
    "portfolios": {
        "accounts": ("portfolios__accounts", "portfolio_id", "account_id"),
        "depositories": ("portfolios__depositories", "portfolio_id", "depository_id"),
    },
    "users": {
        "readAccessToReportingEntities": (
            "users__read_access_to_reporting_entities",
            "user_id",
            "reporting_entity_id",
        )
    },
}
MIRRORS = {
    "clients": {"children", "legalEntities", "reportingEntities"},
    "legal_entities": {"accounts", "depositories"},
    "depositories": {"accounts"},
    "reporting_entities": {"portfolios"},
}
OBJECTS = ("clients", "legal_entities", "accounts", "depositories", "reporting_entities", "portfolios", "users")
CRAWL = (*OBJECTS, "transactions")
RENAMED = {"asset": "instrument"}


class Digits:
    """A number that `extra` must hold as text, digit for digit."""

    def __init__(self, value: Decimal) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and Decimal(other).compare_total(self.value) == 0

    def __hash__(self) -> int:
        return hash(self.value)

    def __repr__(self) -> str:
        return f"{self.value} as text"


def differences(warehouse: Path, truth, *, tables: tuple[str, ...] = CRAWL) -> list[str]:
    """Every way in which *warehouse* is not what the API shows; empty when they are equal to the last digit."""
    with duckdb.connect(f"{warehouse}", read_only=True) as connection:
        return [line for table in tables for line in _table(connection, table, getattr(truth, table))]


def rows(warehouse: Path, sql: str) -> list[tuple]:
    """The rows of a query on the analyst's copy."""
    with duckdb.connect(f"{warehouse}", read_only=True) as connection:
        return connection.execute(sql).fetchall()


def _table(connection, table: str, objects: Mapping[str, dict]) -> Iterator[str]:
    columns = {name: kind for name, kind, *_ in connection.execute(f"DESCRIBE aleta.{table}").fetchall()}
    shown = "WHERE removed_at IS NULL" if "removed_at" in columns else ""
    found = connection.execute(f"SELECT * FROM aleta.{table} {shown}").fetchall()
    stored = {row[0]: dict(zip(columns, row, strict=True)) for row in found}
    if len(stored) != len(found):
        yield f"{table}: {len(found) - len(stored)} rows share an id with another"
    yield from (f"{table}: {key} is missing" for key in objects.keys() - stored.keys())
    yield from (f"{table}: {key} is left over" for key in stored.keys() - objects.keys())
    for key in objects.keys() & stored.keys():
        yield from (f"{table} {key}: {line}" for line in _row(table, stored[key], objects[key], columns))
    for relation, link in LINKS.get(table, {}).items():
        yield from _links(connection, relation, link, objects)


def _links(connection, relation: str, link: tuple[str, str, str], objects: Mapping[str, dict]) -> Iterator[str]:
    name, owner, target = link
    found = connection.execute(f"SELECT {owner}, {target} FROM aleta.{name} WHERE removed_at IS NULL").fetchall()
    expected = {
        (key, other["id"])
        for key, said in objects.items()
        for other in (said.get("relationships", {}).get(relation) or {}).get("data") or ()
    }
    if len(set(found)) != len(found):
        yield f"{name}: a pair is there twice"
    yield from (f"{name}: {pair} is missing" for pair in expected - set(found))
    yield from (f"{name}: {pair} is left over" for pair in set(found) - expected)


def _row(table: str, stored: dict, said: dict, columns: Mapping[str, str]) -> Iterator[str]:
    expected, extra = expectation(table, said, columns)
    got = json.loads(stored["extra"], parse_float=Decimal, parse_int=Decimal) if stored["extra"] is not None else {}
    for name in columns:
        if name not in OURS and name != "extra" and not _same(stored[name], expected.get(name)):
            yield f"{name} is {stored[name]!r}, not {expected.get(name)!r}"
    if got != extra:
        yield f"extra is {got}, not {extra}"


def expectation(table: str, said: dict, columns: Mapping[str, str]) -> tuple[dict, dict]:
    """The columns that are not null, and what is in `extra`."""
    values: dict[str, object] = {"id": said["id"]}
    extra: dict[str, object] = {}
    for name, value in said.get("attributes", {}).items():
        column = snake(name)
        if column not in columns or column in OURS:
            extra[name] = value
            continue
        kept, whole = fit(columns[column], value)
        if kept is not None:
            values[column] = kept
        if not whole:
            extra[name] = Digits(value) if isinstance(value, Decimal) else value
    if "type" in columns:
        values["type"] = said["attributes"].get("type", said["type"]) if said["type"] == "transaction" else said["type"]
    for name, value in said.get("relationships", {}).items():
        _relate(table, name, value, columns, values, extra)
    return values, extra


def _relate(table: str, name: str, value: object, columns, values: dict, extra: dict) -> None:
    if name in MIRRORS.get(table, ()) or name in LINKS.get(table, {}):
        return
    base = snake(RENAMED.get(name, name)) if table == "transactions" else snake(name)
    data = value.get("data") if isinstance(value, dict) else None
    if f"{base}_id" not in columns or isinstance(data, list):
        extra[name] = value
    elif data is not None:
        values[f"{base}_id"] = data["id"]
        if f"{base}_type" in columns:
            values[f"{base}_type"] = data["type"]


def fit(kind: str, value: object) -> tuple[object, bool]:
    """What the column holds of *value*, and whether that is all of it."""
    if value is None:
        return None, True
    if kind.startswith("DECIMAL"):
        return _number(value)
    if kind == "DATE":
        return _date(value)
    if kind == "BOOLEAN":
        return (value, True) if isinstance(value, bool) else (None, False)
    return (value, True) if isinstance(value, str) else (None, False)


def _date(value: object) -> tuple[object, bool]:
    try:
        return (date.fromisoformat(value), True) if isinstance(value, str) else (None, False)
    except ValueError:
        return None, False


def _number(value: object) -> tuple[object, bool]:
    try:
        exact = Decimal(str(value)) if not isinstance(value, bool) else None
    except ArithmeticError:
        exact = None
    if exact is None:
        return None, False
    with localcontext(Context(prec=5000, Emin=-9999, Emax=9999)):
        rounded = exact.quantize(Decimal("1e-12"), rounding=ROUND_HALF_EVEN)
    return (rounded, rounded == exact) if abs(rounded) < Decimal(10) ** 26 else (None, False)


def _same(stored: object, expected: object) -> bool:
    return type(stored) is type(expected) and stored == expected


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).replace("-", "_").lower()


def alike(value: object, other: object) -> bool:
    """Whether two values are the same to the last digit: 1.50 is not 1.5, and 1 is not true."""
    if isinstance(other, Digits):
        return value == other
    if type(value) is not type(other):
        return False
    if isinstance(value, Decimal):
        return value.as_tuple() == other.as_tuple()
    if isinstance(value, dict):
        return value.keys() == other.keys() and all(alike(value[name], other[name]) for name in value)
    if isinstance(value, list):
        return len(value) == len(other) and all(map(alike, value, other))
    return value == other
