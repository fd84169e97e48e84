"""Whom to tell what of a run: the first of a streak that is not complete, and the first that is again. Pure.

A notice leaves this machine: it says which tenant, how its run ended and under which code, and nothing that a client or
a secret could be told from.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import dropwhile, takewhile
from pathlib import Path

from .journal import RUNNING, Entry

COMPLETE = "complete"
LOCKED = "locked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What is to be said of the run *entry* of one tenant, and to which Apprise URLs, which are secrets themselves.

    Args:
        folder: the tenant's, where its journal is.
    """

    tenant: str
    folder: Path
    entry: Entry
    urls: tuple[str, ...]
    is_well: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What one set of URLs is sent."""

    urls: tuple[str, ...]
    title: str
    body: str
    is_well: bool
    notices: Sequence[Notice]


def notice(entry: Entry, before: Sequence[Entry], *, tenant: str, folder: Path, urls: tuple[str, ...]) -> Notice | None:
    """What to say of the run *entry*; None where it is as was told last, or well and nothing was told yet.

    Args:
        before: the runs before it, the last first.
    """
    if not urls or not _tells(entry):
        return None
    ended = [run for run in before if run.run_id != entry.run_id and _tells(run)]
    told = next((run for run in ended if run.told), None)  # not every run: the network may have been down, or a kill
    is_well = _is_well(entry)
    if is_well is (told is None or _is_well(told)):
        return None
    streak = list(takewhile(lambda run: not _is_well(run), dropwhile(_is_well, ended)))
    text = _text(entry, tenant, failed=len(streak))
    return Notice(tenant=tenant, folder=folder, entry=entry, urls=urls, is_well=is_well, text=text)


def messages(notices: Iterable[Notice]) -> Iterator[Message]:
    """One message for each set of URLs, good news apart from bad."""
    grouped: dict[tuple[tuple[str, ...], bool], list[Notice]] = defaultdict(list)
    for said in notices:
        grouped[said.urls, said.is_well].append(said)
    for (urls, is_well), told in grouped.items():
        names = ", ".join(said.tenant for said in told)
        what = f"complete again: {names}" if is_well else f"not complete: {names}"
        body = "\n".join(said.text for said in told)
        yield Message(urls=urls, title=f"aleta-sync: {what}", body=body, is_well=is_well, notices=told)


def _tells(run: Entry) -> bool:
    """A run of the whole tenant that ended, and which no other run kept out."""
    return run.kind == "sync" and not run.narrowed and run.code != LOCKED and run.status != RUNNING


def _is_well(run: Entry) -> bool:
    return run.status == COMPLETE


def _text(entry: Entry, tenant: str, *, failed: int) -> str:
    when = f"{entry.started_at:%Y-%m-%d %H:%M} UTC"
    if entry.status == COMPLETE:
        return f"{tenant}: the run of {when} is complete, after {failed} that {'were' if failed > 1 else 'was'} not"
    errors = f"{entry.errors} error{'s' * (entry.errors != 1)}"
    return f"{tenant}: the run of {when} is {entry.status} [{entry.code}], {errors}; see `aleta-sync status {tenant}`"
