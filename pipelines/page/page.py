"""The `report` command: `status` as one HTML page with charts, which needs nothing but itself. No request is sent."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from ..report.report import Exit
from ..report.version import VERSION
from ..settings import TenantSettings
from ..status.standing import Standings
from ..status.standing import run as read
from ..warehouse.private_file import write_whole
from . import formats, history
from .attention import headline
from .nights import NIGHTS, sample
from .panels import is_brief, panels
from .runs import Outcome
from .visible import breakable, visible


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The page, the exit code of what it says, and a line for each tenant that could not be read."""

    text: str
    exit: Exit
    errors: Sequence[str]

    def write(self, file: Path) -> None:
        """Put it in *file*, or where that links to: whole or not at all, for its owner only.

        A device or a pipe is written to as it is: who replaced `/dev/null` would take it from everybody.

        Raises:
            OSError: a regular *file* is what it was.
        """
        if file.exists() and not file.is_file() and not file.is_dir():
            file.write_text(self.text, encoding="utf-8")
        else:
            write_whole(Path(os.path.realpath(file)), self.text.encode())


def run(tenants: Sequence[TenantSettings], *, now: datetime) -> Page:
    """Read what each tenant's last sync published, and make the page of it."""
    standings = read(tenants, history.look)
    errors = [
        f"{standing.tenant}: {standing.facts['error']}" for standing in standings.tenants if "error" in standing.facts
    ]
    return Page(text=render(standings, now=now), exit=standings.exit, errors=errors)


def render(standings: Standings, *, now: datetime) -> str:
    """The page; everything on it is escaped but what is drawn here, whose words are."""
    environment = Environment(
        loader=PackageLoader("pipelines.page", ""), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, finalize=visible,
    )  # fmt: skip
    environment.filters |= {"when": formats.when, "count": formats.count, "size": formats.size, "breakable": breakable}
    shown = panels(standings.tenants, now=now)
    return environment.get_template("page.html.jinja").render(
        headline=headline({panel.tenant: panel.tone for panel in shown}),
        in_need=[panel for panel in shown if panel.needs_attention],
        fine=[panel for panel in shown if not panel.needs_attention],
        brief=is_brief(shown),
        nights=NIGHTS,
        legend=[
            *((sample(outcome), outcome) for outcome in (Outcome.COMPLETE, Outcome.PARTIAL, Outcome.FAILED)),
            (sample(None), "no run"),
        ],
        now=now.isoformat(timespec="seconds"),
        version=VERSION,
    )
