"""Settings of the sandbox: its world, its limits and its faults. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date

DAY_LIMIT = 15
"""Most rows of one account on one day, by either date; below any cap that a test sets (20 or more)."""

WORLD = frozenset(
    {
        *("tenants", "seed", "accounts", "rows", "years", "dialect", "relation", "plain", "busy_day", "skew"),
        *("instruments", "computed_days", "ordinary"),
    }
)
"""Settings that a running sandbox cannot change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSettings:
    """How the world is built and how the server behaves.

    Args:
        rows: transactions per tenant; a busy day's are added to them.
        today: the last day of the history; None: today in UTC. A few rows lie some days after it.
        row_cap: most rows of a transactions response, 0: no cap; longer responses are truncated silently.
        cap_model: *row_cap* holds for every answer (`constant`), or is half of it for every second one or on one of two
            nodes, differs by parent, counts bytes, falls or rises after some answers, or wavers by 5 %.
        skipped_end: the end of a window whose day is not read: `first`, `last` or, as documented, `none`.
        keep: which rows a truncated response keeps: `first`, `last` (by date) or `random`.
        date_filter: the date that `fromDate` and `toDate` compare with: `trade` or `value`.
        max_window_days: a wider span is refused with 422; 0: no limit.
        dialect: `kinds`: the JSON:API type is the kind; `single`: the type is `transaction`, attribute `type` the kind.
        relation: the name of the instrument relationship: `instrument`, `asset` or `mixed`.
        requests_per_minute: rate of the bucket of each `sub`, 0: no limit; *burst* is its size.
        fault_share: share of API requests with a random transient fault of *fault_kinds* (empty: all kinds).
        plain: simple rows that are built fast, for worlds of a million.
        ordinary: names, days and amounts as a real office has them, and computed figures that agree with one another
            (*plain* goes before it).
        busy_day: one account has more rows on one day than the cap.
        latency_s: wait before every answer.
        skew: Zipf exponent of the rows per account, 0: even.
        instruments: how many the transactions refer to; a few more are only in holdings.
        computed_days: holdings, performance and other computed rows begin so many days before the last day.
        prefix: where the paths are that the vendor's pages disagree about: only `v2`, only `v3`, or as `documented`.
        names: of computed rows and their paths: `instrument` (2026), `asset` (2025) or `mixed`.
        date_off_s: the `Date` of answers is so many seconds off this machine's clock; None: they have none.
        page_rows: a transactions answer is cut into pages of so many rows that link to the next, 0: into none.
        limited_series: whether *row_cap* and *max_window_days* hold for holdings, performance and prices too.
        overlooks_dates: where `fromDate` and `toDate` are optional, they are not looked at.
        v1_spelling: of the items of v1: `jsonapi`, flat in `snake` or `camel`, or `mixed`, each in its own.
        v1_nulls: whether v1 says what is null, or leaves it out.
        v1_page_rows: most rows of a page of v1, 0: as many as are asked for.
        v1_missing: v1 answers 404 where its path contains any of these.
        v1_cursors: of the pages behind the first: `stable`; or they are `expired` (410), `lost` (404), `early` (there
            is more, and no cursor), `repeating` (the same cursor again), `endless`, or `counted` (they begin behind so
            many rows, whichever these are by then).
        v1_etags: whether v1 has ETags, and answers 304.
        list_cap: most objects of a list without dates, 0: no cap; *list_caps* has others by the name of the table,
            also of a series or a day of what is computed.
        relationships: how parents in *relationships_of* name their members: `full`, `cut` to *relationships_cut*,
            `empty` (a list without any) or `links` (no `data` at all).
    """

    tenants: tuple[str, ...] = ("acme",)
    seed: int = 1
    accounts: int = 40
    rows: int = 4000
    years: int = 6
    today: date | None = None
    row_cap: int = 250
    cap_model: str = "constant"
    skipped_end: str = "none"
    keep: str = "random"
    date_filter: str = "trade"
    max_window_days: int = 0
    dialect: str = "kinds"
    relation: str = "mixed"
    requests_per_minute: int = 0
    burst: int = 300
    token_lifetime_s: int = 3600
    fault_share: float = 0.0
    fault_kinds: tuple[str, ...] = ()
    plain: bool = False
    ordinary: bool = False
    busy_day: bool = False
    latency_s: float = 0.0
    skew: float = 1.0
    instruments: int = 50
    computed_days: int = 120
    prefix: str = "documented"
    names: str = "mixed"
    limited_series: bool = True
    overlooks_dates: bool = False
    date_off_s: float | None = 0.0
    page_rows: int = 0
    v1_spelling: str = "mixed"
    v1_nulls: bool = True
    v1_page_rows: int = 0
    v1_missing: tuple[str, ...] = ()
    v1_cursors: str = "stable"
    v1_etags: bool = True
    list_cap: int = 0
    list_caps: Mapping[str, int] = field(default_factory=dict)
    relationships: str = "full"
    relationships_of: tuple[str, ...] = ("clients", "legal_entities", "depositories")
    relationships_cut: int = 1

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise ValueError(f"sandbox setting {name}: {getattr(self, name)!r} is none of {', '.join(choices)}")


_CHOICES = {
    "cap_model": (*("constant", "alternating", "two_nodes", "per_parent", "bytes", "falling", "rising", "wavering"),),
    "skipped_end": ("none", "first", "last"),
    "keep": ("first", "last", "random"),
    "date_filter": ("trade", "value"),
    "dialect": ("kinds", "single"),
    "relation": ("instrument", "asset", "mixed"),
    "prefix": ("documented", "v2", "v3"),
    "names": ("instrument", "asset", "mixed"),
    "v1_spelling": ("jsonapi", "snake", "camel", "mixed"),
    "v1_cursors": ("stable", "expired", "lost", "early", "repeating", "endless", "counted"),
    "relationships": ("full", "cut", "empty", "links"),
}


def changed(settings: SandboxSettings, changes: dict[str, object]) -> SandboxSettings:
    """*settings* with *changes*; a day may be ISO text and a tuple a list, as JSON has them.

    Raises:
        ValueError: an unknown setting, or one that the world is built from.
    """
    known = {field.name for field in fields(SandboxSettings)} - WORLD
    if unknown := sorted(changes.keys() - known):
        raise ValueError(f"a running sandbox has no setting {', '.join(unknown)}; there are {', '.join(sorted(known))}")
    return replace(settings, **{name: _typed(value) for name, value in changes.items()})  # type: ignore[arg-type]


def _typed(value: object) -> object:
    if isinstance(value, list):
        return tuple(value)
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return value
