"""The report of a run as text for people. Pure but for `show`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import TextIOWrapper
from itertools import islice
from types import MappingProxyType
from typing import TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sources.aleta.safe_text import printable

from .figures import FEW
from .report import Problem, RunReport, Status, TenantReport

PIPED = 100  # columns where no terminal says
NARROW = 80  # of a table that people read in mails
NAME = 24
SHOWN = 20  # problems, and names that drifted
MARKS = MappingProxyType(
    {Status.COMPLETE: ("✓", "green"), Status.PARTIAL: ("!", "yellow"), Status.FAILED: ("✗", "red")}
)
COLUMNS = ("read", "added", "modified", "removed", "unchanged", "requests", "splits", "quarantined")
NEXT: Mapping[str, str] = MappingProxyType(  # what to do, where the message does not say it
    {
        "forbidden": "Its rows are kept.",
        "gone": "Its rows are kept.",
        "malformed": "The next sync reads it again; if this persists, send this line to Aleta.",
        "stopped": "Run the same command again: it continues after what is committed.",
        "too_wide": "Set max_window_days if the largest window is known.",
        "unavailable": "The next sync reads it again.",
        "unreachable": "The next sync reads it again.",
    }
)


def show(report: RunReport, stream: TextIO, *, verbose: bool = False) -> None:
    """Print *report* to *stream*: in colour on a terminal, else plain: 100 columns wide, of many tenants 80."""
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(
            errors="backslashreplace"
        )  # a report must not fail over a character that the stream cannot encode
    screen = stream.isatty()
    piped = NARROW if len(report.tenants) > FEW else PIPED
    console = Console(file=stream, force_terminal=screen, width=None if screen else piped, highlight=False)
    with console.capture() as printed:
        console.print(render(report, verbose=verbose), crop=False)
    stream.writelines(f"{line.rstrip()}\n" for line in printed.get().rstrip("\n").split("\n"))


def render(report: RunReport, *, verbose: bool = False) -> RenderableType:
    """*report* for rich to print, paths unbroken with `crop=False`. Many tenants are a table with a line each.

    Args:
        verbose: also the ids of runs, the windows read, and every problem and name.
    """
    if len(report.tenants) > FEW and not verbose:
        details = [Group(Text(), *_brief(tenant)) for tenant in report.tenants if tenant.errors or tenant.warnings]
        return Group(_many(report.tenants), *details, Text(), _summary(report.tenants))
    parts = [Group(*_tenant(tenant, verbose=verbose)) for tenant in report.tenants]
    return Group(*parts, *([_summary(report.tenants)] if len(parts) > 1 else []))


def _tenant(tenant: TenantReport, *, verbose: bool) -> Iterator[RenderableType]:
    yield _headline(tenant)
    if verbose and tenant.run_id:
        yield _indented(f"run {tenant.run_id}")
    if tenant.resources:
        yield _resources(tenant, verbose=verbose)
    if tenant.drift:
        yield _indented(_drift(tenant.drift, verbose=verbose))
    if tenant.errors:
        yield _problems(tenant.errors, limit=len(tenant.errors) if verbose else SHOWN)
    for warning in tenant.warnings:
        yield _indented(f"warning: {warning}")
    if tenant.warehouse:
        yield Text(f"  warehouse: {tenant.warehouse}", no_wrap=True, overflow="ignore")  # whole, to be copied
    yield Text()


def _many(tenants: Sequence[TenantReport]) -> Table:
    """A line a tenant; a name that is long goes on in the next."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    table.add_column("tenant", overflow="fold", max_width=NAME)
    table.add_column("status")
    for heading in ("in", "requests", "read", "changed", "problems"):
        table.add_column(heading, justify="right", no_wrap=True)
    for tenant in tenants:
        mark, style = MARKS[tenant.status]
        changed = sum(tenant.total(name) for name in ("added", "modified", "removed"))
        figures = (tenant.requests, tenant.total("read"), changed, len(tenant.errors))
        status = Text(f"{mark} {tenant.status}", style=style)
        table.add_row(Text(tenant.tenant), status, duration(tenant.duration_s), *(f"{figure:,}" for figure in figures))
    return table


def _brief(tenant: TenantReport) -> Iterator[RenderableType]:
    """What needs attention."""
    yield _headline(tenant)
    if tenant.errors:
        yield _problems(tenant.errors, limit=FEW)
    for warning in tenant.warnings:
        yield _indented(f"warning: {printable(warning)}")


def _headline(tenant: TenantReport) -> Text:
    mark, style = MARKS[tenant.status]
    requests = _count(tenant.requests, "request", "requests")
    retries = f", {_count(tenant.retries, 'retry', 'retries')}" if tenant.retries else ""
    cap = f"; {_cap(tenant.row_cap)}" if tenant.resources else ""
    return Text.assemble(
        (f"{mark} {tenant.tenant}: {tenant.kind} {tenant.status}", f"bold {style}"),
        f" in {duration(tenant.duration_s)}; {requests}{retries}{cap}",
    )


def duration(seconds: float) -> str:
    """Rounded for people: `0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`."""
    whole = round(seconds)
    if whole < 10:  # noqa: PLR2004  a tenth matters below
        return f"{seconds:.1f} s"
    minutes, rest = divmod(whole, 60)
    hours, over = divmod(minutes, 60)
    if hours:
        return f"{hours} h {over} min"
    return f"{minutes} min {rest} s" if minutes else f"{whole} s"


def _cap(row_cap: int | None) -> str:
    return "no row cap found" if row_cap is None else f"row cap {row_cap:,}"


def _count(number: int, singular: str, plural: str) -> str:
    return f"{number:,} {singular if number == 1 else plural}"


def _resources(tenant: TenantReport, *, verbose: bool) -> Table:
    """As wide as its figures, which are never truncated: a narrow terminal wraps the lines."""
    names = ("windows", *COLUMNS) if verbose else COLUMNS
    rows = [
        (f"  {resource}", *(f"{getattr(counts, name):,}" for name in names))
        for resource, counts in tenant.resources.items()
    ]
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for heading, *cells in zip(("  resource", *names), *rows, strict=True):
        width = max(len(cell) for cell in (heading, *cells))
        table.add_column(heading, justify="right" if heading in names else "left", no_wrap=True, min_width=width)
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _drift(drift: Counter[str], *, verbose: bool) -> str:
    """Rule X2: attributes that no schema has are kept in `extra`, and the report says so."""
    limit = len(drift) if verbose else SHOWN
    names = ", ".join(f"{name} ×{count:,}" for name, count in islice(_most(drift), limit))  # noqa: RUF001  a sign
    more = f" and {len(drift) - limit:,} more: see --json" if len(drift) > limit else ""
    kept = "attribute that no schema names is" if len(drift) == 1 else "attributes that no schema names are"
    return f"{len(drift):,} {kept} in `extra`: {names}{more}"


def _most(drift: Counter[str]) -> Iterable[tuple[str, int]]:
    return sorted(drift.items(), key=lambda item: (-item[1], item[0]))


def _problems(problems: Sequence[Problem], *, limit: int) -> RenderableType:
    table = Table.grid(padding=(0, 1))
    for problem in problems[:limit]:
        table.add_row("  -", Text(problem_line(problem)))
    if len(problems) > limit:
        table.add_row("", f"and {len(problems) - limit:,} more: see --json")
    return Group(Text(f"  {_count(len(problems), 'problem', 'problems')}:"), table)


def problem_line(problem: Problem) -> str:
    """One problem in a line: where, what, and what to do."""
    whose = f"{problem.resource} of {printable(problem.parent_id)}" if problem.parent_id else problem.resource
    days = f", {problem.from_date} to {problem.to_date}" if problem.from_date else ""
    what = printable(problem.message).removeprefix(f"{whose}: ").rstrip(".")
    line = f"{whose}{days}: {what}" if whose else what
    return " ".join(part for part in (f"[{problem.code}] {line}.", NEXT.get(problem.code, "")) if part)


def _indented(text: str) -> Padding:
    return Padding(Text(printable(text)), (0, 0, 0, 2))


def _summary(tenants: Sequence[TenantReport]) -> Text:
    by_status = Counter(tenant.status for tenant in tenants)
    counts = ", ".join(f"{by_status[status]} {status}" for status in Status if by_status[status])
    return Text(f"{_count(len(tenants), 'tenant', 'tenants')}: {counts}", style="bold")
