"""The report of a run as text for people. Pure but for `show`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
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

from .problem_lines import problem_line
from .report import Problem, RunReport, Status, TenantReport

PIPED = 100  # columns where no terminal says
SHOWN = 20  # problems, and names that drifted
MARKS = MappingProxyType(
    {Status.COMPLETE: ("✓", "green"), Status.PARTIAL: ("!", "yellow"), Status.FAILED: ("✗", "red")}
)
COLUMNS = ("read", "added", "modified", "removed", "unchanged", "requests", "splits", "quarantined")


def show(report: RunReport, stream: TextIO, *, verbose: bool = False) -> None:
    """Print *report* to *stream*: in colour on a terminal, plain and 100 columns wide anywhere else."""
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(
            errors="backslashreplace"
        )  # a report must not fail over a character that the stream cannot encode
    screen = stream.isatty()
    console = Console(file=stream, force_terminal=screen, width=None if screen else PIPED, highlight=False)
    with console.capture() as printed:
        console.print(render(report, verbose=verbose), crop=False)
    stream.writelines(f"{line.rstrip()}\n" for line in printed.get().rstrip("\n").split("\n"))


def render(report: RunReport, *, verbose: bool = False) -> RenderableType:
    """*report* for rich to print, paths unbroken with `crop=False`.

    Args:
        verbose: also the ids of runs, the windows read, and every problem and name.
    """
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
        yield _indented(f"warning: {printable(warning)}")
    if tenant.warehouse:
        yield Text(f"  warehouse: {tenant.warehouse}", no_wrap=True, overflow="ignore")  # whole, to be copied
    yield Text()


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
    names = ", ".join(f"{printable(name)} ×{count:,}" for name, count in islice(_most(drift), limit))  # noqa: RUF001  a sign
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


def _indented(text: str) -> Padding:
    return Padding(Text(text), (0, 0, 0, 2))


def _summary(tenants: Sequence[TenantReport]) -> Text:
    by_status = Counter(tenant.status for tenant in tenants)
    counts = ", ".join(f"{by_status[status]} {status}" for status in Status if by_status[status])
    return Text(f"{_count(len(tenants), 'tenant', 'tenants')}: {counts}", style="bold")
