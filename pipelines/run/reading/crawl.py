"""Which objects there are: lists from the clients down, and by id what only rows name (rules L1 to L3)."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.catalogue.endpoint import Endpoint
from sources.aleta.errors import SourceError
from sources.aleta.reading.objects.by_id import read_by_id
from sources.aleta.reading.objects.members import Census
from sources.aleta.reading.objects.walk import Listed, walk, walk_named
from sources.aleta.reading.reader import Reader

from ...ledger.ledger import Ledger
from ...ledger.readings import Horizon, in_turn
from ...report.progress import Progress
from ..errors import problems
from ..events import Away, Crawled, Noticed, Put, Refused, Visited
from ..job import Job
from .known import Known


@dataclass(slots=True, kw_only=True)
class Crawl:
    """One run's objects.

    Args:
        known: as the run begins; grows here.
        put: where lists, objects and problems go.
    """

    endpoints: Sequence[Endpoint]
    reader: Reader
    ledger: Ledger
    horizon: Horizon
    job: Job
    known: Known
    progress: Progress
    workers: int
    stop: threading.Event
    put: Put
    _listed: dict[str, dict[str, None]] = field(default_factory=dict)  # endpoint -> ids, in the order they came
    _census: Census = field(default_factory=Census)
    _gone_by_id: dict[str, set[str]] = field(default_factory=dict)  # of objects that rows name

    def listed(self, endpoint: str) -> Sequence[str]:
        """The ids that its lists showed, in the order they came."""
        return [*self._listed.get(endpoint, ())]

    def gone(self, endpoint: str) -> AbstractSet[str]:
        """The ids that were there before, and that the API does not show any more."""
        return self._census.gone(endpoint) | self._gone_by_id.get(endpoint, set())

    def is_gone(self, endpoint: str, own_id: str) -> bool:
        """Whether the API does not show an object any more, be it since an earlier run."""
        before = endpoint in self.known.members and own_id not in self.known.outside.get(endpoint, ())
        return own_id in self.gone(endpoint) or (before and self._census.is_gone(endpoint, own_id))

    def run(self) -> None:
        """Read all lists.

        Raises:
            SourceError: the root of the tree cannot be read: then nothing can; or StoppedError.
        """
        self.progress.stage("reading objects")
        self._census = self.known.census(self.job.clients, refused=self.ledger.refused_lately(self.horizon.now))
        for listed in walk(self.endpoints, self.reader, workers=self.workers, stop=self.stop, census=self._census):
            if listed.endpoint.required and not (
                listed.endpoint.parent or listed.ids or self.listed(listed.endpoint.name)
            ):
                _check_root(listed.problems)
            self._take_in(listed)
        self.put(Crawled())
        for name in set(self.ledger.marks) & CATALOGUE.keys():  # also of what this run does not read
            if parents := self.listed(CATALOGUE[name].parent):
                self.tell_away(CATALOGUE[name], parents)

    def tell_away(self, endpoint: Endpoint, parents: Sequence[str]) -> None:
        """Of all that was read of *endpoint*, tell whose parents are none of *parents* (L4).

        They are not listed, or hang below a list that failed; of a run of some clients, only what is gone. It is told
        before anything is read, for what is gone is marked so with the first package.
        """
        marked = self.ledger.marks.get(endpoint.name, {})
        away = {parent for parent in set(marked) - set(parents) if not marked[parent].due}
        if self.job.clients:
            away &= self.gone(endpoint.parent)
        if away:
            self.put(Away(endpoint.name, sorted(away)))

    def _take_in(self, listed: Listed) -> None:
        listed, unknown = problems.unknown_clients(listed, self.job.clients)
        for problem in unknown:
            self.put(Noticed(problem))
        self._listed.setdefault(listed.endpoint.name, {}).update(dict.fromkeys(listed.ids))
        self.progress.crawled(len(listed.ids))
        self.put(listed)
        name = listed.endpoint.name
        once_shown = self.known.members.get(name, {}).keys() | self.known.removed.get(name, {}).keys()
        never_shown = [own_id for own_id in listed.gone if own_id not in once_shown]
        if never_shown:
            self.put(Refused(name, never_shown))

    def names_nothing_known(self) -> bool:
        """Tell of each account that the operator named and no list showed; whether nothing is left to read."""
        named = set(self.job.only)
        unknown = named - {*self._listed.get("accounts", ()), *self.known.shown.get("accounts", ())}
        for account in sorted(unknown):
            self.put(Noticed(problems.unknown("accounts", account)))
        return bool(named) and unknown == named

    def named(self, endpoint: Endpoint) -> Sequence[str]:
        """The ids of *endpoint* that rows name, and those of objects that were shown."""
        return sorted(self.known.named.get(endpoint.name, set()) | self.known.shown.get(endpoint.name, set()))

    def visit(self, endpoint: Endpoint) -> None:
        """Objects that rows name: those never read, others in turn, and every night what was removed lately (L2)."""
        ids = self.named(endpoint)
        marks = self.ledger.marks.get(endpoint.name, {})
        if self.job.revisits:
            turn = in_turn(marks, ids, self.horizon, every_days=endpoint.every_days)
            chosen = [*dict.fromkeys([*turn, *self.known.removed.get(endpoint.name, ())])]
        else:
            chosen = [own_id for own_id in ids if own_id not in marks]
        self.progress.stage(f"reading {endpoint.name}")
        shown = self.known.shown.setdefault(endpoint.name, set())
        for listed in read_by_id(endpoint, chosen, self.reader, shown=shown, workers=self.workers, stop=self.stop):
            self.known.learn(endpoint, [answer.batch for answer in listed.answers], self.endpoints)
            shown |= set(listed.ids)
            shown -= set(listed.gone)
            self._gone_by_id.setdefault(endpoint.name, set()).update(listed.gone)
            self.progress.crawled(len(listed.ids))
            self.put(Visited(listed))
        read = {each.name for each in self.endpoints}  # tells of its own
        for name in set(self.ledger.marks) & CATALOGUE.keys() - read:  # a copy: another thread adds to them
            if CATALOGUE[name].parent == endpoint.name:
                self.tell_away(CATALOGUE[name], sorted(shown))

    def unlisted(self) -> Mapping[str, Sequence[str]]:
        """Ask by id for objects that rows name and no list showed (L1); those that are there, by endpoint."""
        crawled = [endpoint for endpoint in self.endpoints if endpoint.crawled]
        for endpoint in crawled:
            self._census.note_named(endpoint, self.known.in_rows.get(endpoint.name, ()))
        if not any(self._census.unlisted(endpoint) for endpoint in crawled):
            return {}
        found: dict[str, list[str]] = defaultdict(list)
        for listed in walk_named(
            self.endpoints, self.reader, workers=self.workers, stop=self.stop, census=self._census
        ):
            self._take_in(listed)
            found[listed.endpoint.name] += listed.ids
        self.put(Crawled())
        return found

    def tell_truncated_lists(self, caps: AbstractSet[int]) -> None:
        """Tell of lists that may be truncated, at one of *caps* or at one that an earlier run found (L3)."""
        for found, reason in self._census.truncated(caps | self.ledger.known_caps):
            self.put(Noticed(problems.truncated(found.resource, found.parent_id, reason)))


def _check_root(problems: Sequence[SourceError]) -> None:
    """Raise where the root of the tree could not be read: then nothing can.

    Once one was listed, another that was asked for by itself and failed is one problem of many (F3).
    """
    if problems:
        raise problems[0]
