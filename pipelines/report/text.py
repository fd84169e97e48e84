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

from .figures import FEW, counted
from .problem_lines import problem_line
from .report import Counts, Problem, RunReport, Status, TenantReport, rule_in_words

PIPED = 80  # columns where no terminal says, and of the table anywhere
DRIFTED = 5  # names
SHOWN = 20  # problems
NAME = 24
MARKS = MappingProxyType(
    {Status.COMPLETE: ("✓", "green"), Status.PARTIAL: ("!", "yellow"), Status.FAILED: ("✗", "red")}
)
COLUMNS = ("read", "added", "modified", "removed", "unchanged", "requests", "splits", "quarantined")
CHANGES = ("added", "modified", "removed")
LEFT_OUT = ("quarantined", "splits", "unchanged", *reversed(CHANGES))  # the first first, where all of it is zero
GOES_UNDER = ("quarantined", "splits", "windows", "unchanged", "requests")  # the first first, where a line is too long


def show(report: RunReport, stream: TextIO, *, verbose: bool = False) -> None:
    """Print *report* to *stream*: in colour on a terminal, plain and 80 columns wide anywhere else."""
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")  # not to fail over a character that the stream cannot encode
    screen = stream.isatty()
    console = Console(file=stream, force_terminal=screen, width=None if screen else PIPED, highlight=False)
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
    parts: list[RenderableType] = [Group(*_tenant(tenant, verbose=verbose)) for tenant in report.tenants]
    if drift := sum((tenant.drift for tenant in report.tenants), Counter[str]()):
        parts += [Text(_drift(drift, verbose=verbose)), Text()]
    return Group(*parts, *([_summary(report.tenants)] if len(report.tenants) > 1 else []))


def _tenant(tenant: TenantReport, *, verbose: bool) -> Iterator[RenderableType]:
    yield _headline(tenant)
    if rule := rule_in_words(tenant.cap_rule, tenant.trials_passed):
        yield _indented(rule)
    if verbose and tenant.run_id:
        yield _indented(f"run {tenant.run_id}")
    if tenant.counted:
        yield Text("\n".join(_resources(tenant, verbose=verbose)), no_wrap=True, overflow="ignore")
    if tenant.errors:
        yield _problems(tenant.errors, limit=len(tenant.errors) if verbose else SHOWN)
    for warning in tenant.warnings:
        yield _indented(f"warning: {printable(warning)}")
    if tenant.warehouse:
        if tenant.errors or tenant.warnings:
            yield Text()
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
        changed = sum(tenant.total(name) for name in CHANGES)
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
    requests = counted(tenant.requests, "request")
    retries = f", {counted(tenant.retries, 'retry', 'retries')}" if tenant.retries else ""
    cap = f"; {_cap(tenant.row_cap)}" if tenant.counted else ""
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


def _resources(tenant: TenantReport, *, verbose: bool) -> Iterator[str]:
    """A line a resource, its figures whole. Where 80 columns have no room, what is all zeros goes first."""
    rows = {name: _figures(counts) for name, counts in tenant.counted.items()}
    names = ["windows", *COLUMNS] if verbose else [*COLUMNS]
    first = max(len(name) for name in ("resource", *rows))
    widths = {name: max(len(name), *(len(row[name]) for row in rows.values())) for name in names}
    zeros = [name for name in LEFT_OUT if all(row[name] == "0" for row in rows.values())]
    under: list[str] = []
    for name in (*zeros, *GOES_UNDER):
        if name in names and 2 + first + sum(1 + widths[kept] for kept in names) > PIPED:
            names.remove(name)
            under.append(name)
    yield f"  {'resource':{first}} {' '.join(f'{name:>{widths[name]}}' for name in names)}"
    yield f"  {'─' * (first + sum(1 + widths[name] for name in names))}"
    for resource, row in rows.items():
        yield f"  {resource:{first}} {' '.join(f'{row[name]:>{widths[name]}}' for name in names)}"
        if left := ", ".join(_under(row[name], name) for name in reversed(under) if row[name] != "0"):
            yield f"      {left}"
    if changes := [name for name in CHANGES if name in under]:
        yield f"  nothing was {' or '.join(changes)}"
    yield ""


def _under(figure: str, name: str) -> str:
    return f"{figure} {name.removesuffix('s') if figure == '1' else name}"


def _figures(counts: Counts) -> dict[str, str]:
    return {name: f"{getattr(counts, name):,}" for name in ("windows", *COLUMNS)}


def _drift(drift: Counter[str], *, verbose: bool) -> str:
    """Rule X2: attributes that no schema has are kept in `extra`, and the report says so."""
    limit = len(drift) if verbose else DRIFTED
    names = ", ".join(f"{printable(name)} ×{count:,}" for name, count in islice(_most(drift), limit))  # noqa: RUF001  a sign
    more = f" and {len(drift) - limit:,} more: see --json" if len(drift) > limit else ""
    kept = "attribute that no column holds is" if len(drift) == 1 else "attributes that no column holds are"
    return f"{len(drift):,} {kept} in `extra`: {names}{more}"


def _most(drift: Counter[str]) -> Iterable[tuple[str, int]]:
    return sorted(drift.items(), key=lambda item: (-item[1], item[0]))


def _problems(problems: Sequence[Problem], *, limit: int) -> RenderableType:
    table = Table.grid(padding=(0, 1))
    for problem in problems[:limit]:
        table.add_row("  -", Text(problem_line(problem)))
    if len(problems) > limit:
        table.add_row("", f"and {len(problems) - limit:,} more: see --json")
    return Group(Text(f"  {counted(len(problems), 'problem')}:"), table)


def _indented(text: str) -> Padding:
    return Padding(Text(printable(text)), (0, 0, 0, 2))


def _summary(tenants: Sequence[TenantReport]) -> Text:
    by_status = Counter(tenant.status for tenant in tenants)
    counts = ", ".join(f"{by_status[status]} {status}" for status in Status if by_status[status])
    return Text(f"{counted(len(tenants), 'tenant')}: {counts}", style="bold")
