"""What could not be loaded, as problems of the report: windows that failed, removals that are too many. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.catalogue.endpoint import Endpoint, Track
from sources.aleta.errors import WindowTooWideError
from sources.aleta.planning.windows import Window
from sources.aleta.reading.objects.below import ROOT, client_above, is_below
from sources.aleta.reading.objects.walk import Listed
from sources.aleta.reading.rows.fetch import Receipt

from ...compare.rows.findings import Loss
from ...ledger.ledger import Doubled
from ...report.report import Problem, problem
from ...settings.sources import variable_of

NOT_YET = "If this API refuses all days after today, set look_ahead_days = 0"
SHOWN = 5  # ids in a warning
TOO_MUCH_GONE = "more rows gone at once than is believed: max_removed_share"


def of_receipt(receipt: Receipt) -> Problem:
    """A window that failed, or whose answer was quarantined."""
    if receipt.error:
        found = problem(
            receipt.error,
            resource=receipt.endpoint.name,
            parent_id=receipt.parent_id,
            from_date=receipt.window.first,
            to_date=receipt.window.last,
        )
        ahead = found.code == WindowTooWideError.code and receipt.window.first > receipt.fetched_at.date()
        return replace(found, message=f"{found.message}. {NOT_YET}") if ahead else found
    return Problem(
        code="quarantined",
        message=receipt.reason,
        resource=receipt.endpoint.name,
        parent_id=receipt.parent_id,
        from_date=f"{receipt.window.first}",
        to_date=f"{receipt.window.last}",
    )


def of_suspicion(suspicion: Loss, endpoint: Endpoint, asked: Sequence[Window], *, tenant: str) -> Problem:
    """Rows that are gone from what was *asked*, and not removed. What lifts the guard does so for this tenant alone."""
    left = f", {suspicion.left} left in an answer that cannot be asked for in parts" if suspicion.left else ""
    return Problem(
        code="removals",
        message=f"{suspicion.gone} of {suspicion.rows} rows gone at once{left}: not removed. If that is right, run "
        f"once with TENANTS__{variable_of(tenant)}__MAX_REMOVED_SHARE=1",
        resource=endpoint.name,
        parent_id=suspicion.parent_id,
        from_date=f"{min((window.first for window in asked), default='')}",
        to_date=f"{max((window.last for window in asked), default='')}",
    )


def of_conflict(resource: str, own_id: str, parents: Doubled, *, asked: bool) -> Problem:
    """One id that stands for two contents (D8); or may, if not all that had it could be *asked* in this run."""
    whose = " and ".join(sorted(parents))
    said = (
        f"came with two contents, from {whose}: the newer reading is kept, the other is missing. Ask Aleta which "
        "of the two is meant"
        if asked
        else f"may stand for two contents: not all of {whose} could be asked what they show now. The newer reading is "
        "kept, and the next run that reads them all asks"
    )
    return Problem(
        code="conflict",
        message=f"the id {own_id} {said}",
        resource=resource,
        parent_id=min(parents, default=""),
    )


def lost(store: Path) -> str:
    """Everything is read again; what only the lost *store* had cannot be."""
    return (
        f"{store} is not there, though runs were committed to it: everything is read again, and `transaction_changes` "
        "and the record of earlier runs begin anew"
    )


def nul(misfits: Mapping[str, int], place: str) -> list[str]:
    """What a database does not hold, and stores as near as it can (F9): by column, so many values."""
    return [
        f"{column}: {count} values have the character NUL, which {place} cannot hold: stored without it, and spelt out"
        for column, count in misfits.items()
    ]


def contradicted(receipt: Receipt) -> Problem:
    """Asked for by itself, a day shows rows that a wider window left out."""
    why = "rows moved between its pages" if receipt.track == Track.V1 else "the row cap is not one number of rows"
    return Problem(
        code="cap",
        message=f"an answer left out rows that its days have: {why}. What was read so far may be incomplete; "
        "`verify --all` tells",
        resource=receipt.endpoint.name,
        parent_id=receipt.parent_id,
        from_date=f"{receipt.window.first}",
        to_date=f"{receipt.window.last}",
    )


def not_constant(resource: str, why: str) -> str:
    """A warning: the model of the row cap was contradicted, and the run read strictly (W6)."""
    return (
        f"{resource}: the API does not cut its answers at one constant number of rows (noticed by: {why}); they are "
        "read again in parts until these agree, and the next runs begin so"
    )


def unread(resource: str, parent_id: str, days: Window) -> Problem:
    """Days that were to be read are neither there nor named: nothing incomplete is called complete."""
    return Problem(
        code="defect",
        message=(
            f"{days.first} to {days.last} were to be read and never came, and nothing says why: report it; what is "
            "loaded is right, and the next run reads these days"
        ),
        resource=resource,
        parent_id=parent_id,
    )


def of_layout(place: str, reason: str) -> Problem:
    """The rows are in the database, and something that analysts find beside them is not."""
    return Problem(
        code="publish",
        message=f"all that was read is committed to {place}, but its comments, indexes or views could not be made "
        f"({reason}): the next run tries again",
    )


def unknown(resource: str, parent_id: str) -> Problem:
    """A parent that the operator named and the API does not list."""
    message = "the API does not list it: check the id and the tenant"
    return Problem(code="unknown", message=message, resource=resource, parent_id=parent_id)


def client_of(found: Problem, members: Mapping[str, Mapping[str, str]]) -> str | None:
    """The client whose data *found* is about; empty where it may be any: *members* of lists do not tell.

    None where it is below no client, as a price is: the nightly run reads that for all.
    """
    endpoint = CATALOGUE.get(found.resource)
    if endpoint is not None and not is_below(CATALOGUE, endpoint.name):
        return None
    if endpoint is None or found.code == "conflict":  # which names one parent of several
        return ""
    return client_above(CATALOGUE, members, endpoint.parent or endpoint.name, found.parent_id)


def marks_ahead(count: int, elapsed: date) -> str:
    """A warning of what an earlier run's wrong clock left behind (M6)."""
    return (
        f"{count} marks lay ahead of {elapsed}, the last day that is over: a clock was wrong. "
        "They are put back, and what they claimed is read again"
    )


def not_shown(listed: Listed) -> list[str]:
    """A warning of objects that rows name and the API answers 404 for: nothing is missing that it would show."""
    if not listed.gone:
        return []
    ids = f"{', '.join(listed.gone[:SHOWN])}{' ...' if len(listed.gone) > SHOWN else ''}"
    return [f"{listed.endpoint.name}: 404 for {len(listed.gone)} that rows name: {ids}"]


def unknown_clients(listed: Listed, clients: Collection[str]) -> tuple[Listed, Sequence[Problem]]:
    """A list of clients without those that it does not show, of the *clients* chosen; and a problem for each.

    That they are not there is the operator's mistake and not the API's word: nothing is removed for it.
    """
    if not clients or listed.endpoint.name != ROOT:
        return listed, ()
    return replace(listed, gone=()), [unknown(ROOT, client) for client in listed.gone]


def truncated(resource: str, parent_id: str, reason: str) -> Problem:
    """A list that may have been truncated, and that nothing completes (L3)."""
    return Problem(
        code="truncated",
        message=f"the list may be truncated: {reason}. What it left out is missing here, and nothing is removed",
        resource=resource,
        parent_id=parent_id,
    )
