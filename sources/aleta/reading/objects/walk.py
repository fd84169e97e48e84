"""Reads objects: the tree of lists from the top (clients -> legal entities -> accounts), and by id those rows name."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ...catalogue.endpoint import Endpoint
from ...errors import ConflictError, ForbiddenError, GivenUpError, ParentGoneError, SourceError
from ...jsonapi.answer import Answer
from ..doubled import Contents
from ..reader import Ask, Reader
from ..workers import Workers
from .below import endpoints_below
from .failures import Failures
from .listed import Listed, ids_of
from .members import Census

__all__ = ["Listed", "ids_of", "walk", "walk_named"]


@dataclass(slots=True, eq=False)
class _Listing:
    """A list that is being read: the answers so far, and the number of pending reads.

    Args:
        again: for the second time, for what the first answer left out.
    """

    endpoint: Endpoint
    parent_id: str
    by_id: bool = False
    again: bool = False
    pending: int = 0
    listed: dict[str, Answer] = field(default_factory=dict)  # by the object's id, or "" for the list itself
    problems: list[SourceError] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    given_up: bool = False

    def result(self) -> Listed:
        return Listed(
            endpoint=self.endpoint,
            parent_id=self.parent_id,
            answers=tuple(self.listed.values()),
            problems=tuple(self.problems),
            gone=tuple(self.gone),
            by_id=self.by_id,
            given_up=self.given_up,
        )


def walk(
    endpoints: Sequence[Endpoint],
    reader: Reader,
    *,
    workers: int,
    stop: threading.Event,
    census: Census | None = None,
) -> Iterator[Listed]:
    """Every object of *endpoints*, parents first; endpoints that are not `crawled` are skipped.

    A parent that cannot be read is reported in its `Listed`, and the others go on (rule F3). So they do where one
    endpoint is down: it is given up, and told once.

    What is named and in no list is asked for by its id at the end (rules L1, L2): 404, or 403 twice, means that it is
    gone, if anything of the endpoint was answered in this run, or the object that it hung below is gone. Where an
    object that a list showed is refused by its id, too, that is not so of one that a list may have left out; nor is it
    where the list failed that would show it.

    Args:
        census: what is known of members besides the lists, and which clients are read; afterwards it tells which lists
            may be truncated.

    Raises:
        SourceError: the API cannot be used at all: it is unreachable or refuses the credentials; or StoppedError.
    """
    with Workers[tuple[_Listing, str], Answer](workers, stop=stop) as pool:
        yield from _Walk(endpoints, reader, pool, census or Census()).run()


def walk_named(
    endpoints: Sequence[Endpoint], reader: Reader, *, workers: int, stop: threading.Event, census: Census
) -> Iterator[Listed]:
    """What *census* came to know of by name since its walk ended, asked for by id as at the end of a walk (rule L1).

    Raises:
        SourceError: as for `walk`.
    """
    with Workers[tuple[_Listing, str], Answer](workers, stop=stop) as pool:
        yield from _Walk(endpoints, reader, pool, census).run_by_id()


class _Walk:
    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        reader: Reader,
        pool: Workers[tuple[_Listing, str], Answer],
        census: Census,
    ) -> None:
        read = endpoints_below(endpoints) if census.clients else endpoints
        self._endpoints = [endpoint for endpoint in read if endpoint.crawled]
        self._reader = reader
        self._pool = pool
        self._census = census
        self._failures = Failures(reader, pool.count)
        self._answers_by_id: dict[str, bool] = {}  # by endpoint
        self._contents: dict[str, Contents] = {}  # by endpoint
        self._perhaps_left_out: dict[str, set[str]] = {}  # by endpoint: a refusal by id says nothing of these
        self._forbidden = census.refused_before()  # endpoint and id: a 403 is not asked for once more

    def run(self) -> Iterator[Listed]:
        for endpoint in self._endpoints:
            if not endpoint.parent:
                self._ask(_Listing(endpoint, ""))
        yield from self._collect()
        yield from self.run_by_id()
        for endpoint, parent_id in self._census.doubtful(self._endpoints):
            self._ask(_Listing(endpoint, parent_id, by_id=True, again=True))
        yield from self._collect()
        yield from self.run_by_id()

    def run_by_id(self) -> Iterator[Listed]:
        """What is named and in no list; what answers may name more, also of what is above it."""
        while any(self._census.unlisted(endpoint) for endpoint in self._endpoints):
            for endpoint in self._endpoints:
                if missing := self._census.unlisted(endpoint):
                    self._ask_by_id(endpoint, missing)
                    yield from self._collect()

    def _collect(self) -> Iterator[Listed]:
        """Until nothing is pending."""
        while self._pool.pending:
            (listing, own_id), outcome = self._pool.collect()
            listing.pending -= 1
            if isinstance(outcome, Exception):
                self._take_failure(listing, own_id, outcome)
                for endpoint, error in self._failures.given_up():
                    yield Listed(endpoint=endpoint, parent_id="", answers=(), problems=[error])
            else:
                self._failures.answered(listing.endpoint, self._question(listing, own_id))
                self._take(listing, own_id, outcome)
            if not listing.pending:
                yield from self._finish(listing)

    def _take_failure(self, listing: _Listing, own_id: str, outcome: Exception) -> None:
        error = self._failures.judge(listing.endpoint, outcome)
        if isinstance(error, GivenUpError):
            listing.given_up = True
            return
        denied = isinstance(error, ParentGoneError | ForbiddenError)
        asked_for = (listing.endpoint.name, own_id)
        if not (listing.by_id and not listing.again and denied and self._proves_gone(listing, own_id)):
            listing.problems.append(error)
        elif isinstance(error, ForbiddenError) and asked_for not in self._forbidden:  # perhaps only this minute
            self._forbidden.add(asked_for)
            self._ask(listing, own_id)
        else:
            self._census.note_gone(listing.endpoint, own_id)
            listing.gone.append(own_id)

    def _proves_gone(self, listing: _Listing, own_id: str) -> bool:
        """Whether an object is gone that its own path refuses (rule L2); what it hung below may be, too."""
        endpoint = listing.endpoint
        if self._census.is_gone(endpoint.parent, listing.parent_id):
            return True
        if self._census.is_unanswered(endpoint, listing.parent_id):
            return False  # what refused the list may refuse the object, too
        answered = self._reader.dialects.answered_in_this_run(endpoint)
        return answered and (self._answers_by_id[endpoint.name] or own_id not in self._perhaps_left_out[endpoint.name])

    def _try_by_id(self, endpoint: Endpoint) -> bool:
        """Whether objects of *endpoint* answer by their ids, as far as one of a few does that a list showed."""
        return any(self._is_answered(endpoint, own_id) for own_id in self._census.witnesses(endpoint))

    def _is_answered(self, endpoint: Endpoint, own_id: str) -> bool:
        try:
            self._reader.one_of(endpoint, own_id)()
        except SourceError as error:
            self._failures.judge(endpoint, error)  # raises where no other read would succeed
            return False
        return True

    def _ask_by_id(self, endpoint: Endpoint, missing: Sequence[tuple[str, str]]) -> None:
        if endpoint.name not in self._answers_by_id:
            self._answers_by_id[endpoint.name] = self._try_by_id(endpoint)
        if not self._answers_by_id[endpoint.name]:
            self._perhaps_left_out[endpoint.name] = self._census.perhaps_left_out(endpoint, missing)
        listings: dict[str, _Listing] = {}
        self._census.note_asked(endpoint, [own_id for own_id, _ in missing])
        for own_id, parent_id in missing:
            listing = listings.setdefault(parent_id, _Listing(endpoint, parent_id, by_id=True))
            self._ask(listing, own_id)

    def _ask(self, listing: _Listing, own_id: str = "") -> None:
        """Ask for the list, or for one of its objects."""
        listing.pending += 1
        ask = self._failures.unless_given_up(listing.endpoint, self._question(listing, own_id))
        self._pool.submit((listing, own_id), ask)

    def _question(self, listing: _Listing, own_id: str) -> Ask:
        endpoint, parent_id = listing.endpoint, listing.parent_id
        return self._reader.one_of(endpoint, own_id, parent_id) if own_id else self._reader.list_of(endpoint, parent_id)

    def _take(self, listing: _Listing, own_id: str, answer: Answer) -> None:
        answer = self._census.kept(listing.endpoint, answer, by_id=listing.by_id)
        if listing.again and not own_id:
            answer = answer.only(self._census.not_shown(listing.endpoint, answer.ids))
        listing.listed[own_id] = answer
        if own_id:
            self._answers_by_id[listing.endpoint.name] = True
        if listing.endpoint.detail and not own_id:
            for listed_id in answer.ids:
                self._ask(listing, listed_id)

    def _finish(self, listing: _Listing) -> Iterator[Listed]:
        if listing.endpoint.detail and (listed := listing.listed.pop("", None)) is not None:
            _keep_rows_without_detail(listing.listed, listed)
        contents = self._contents.setdefault(listing.endpoint.name, Contents(listing.endpoint))
        for answer in listing.listed.values():
            listing.problems += map(_conflict, contents.conflicting(answer.batch))
        result = listing.result()
        if listing.again and result.complete and not result.ids:
            return  # the same as the first time
        self._count(result)
        yield result
        for child in self._endpoints:
            if child.parent == listing.endpoint.name:
                for answer in listing.listed.values():
                    yield from self._descend(child, answer)

    def _count(self, listed: Listed) -> None:
        if listed.by_id:
            for answer in listed.answers:
                for own_id, parent_id in zip(answer.ids, listed.parents_of(answer), strict=True):
                    self._census.note_found(listed.endpoint, own_id, parent_id)
        else:
            chained = bool(listed.answers) and all(answer.chained for answer in listed.answers)
            self._census.note_list(
                listed.endpoint, listed.parent_id, listed.ids, complete=listed.complete, chained=chained
            )
        for answer in listed.answers:
            self._census.note_names(listed.endpoint, answer, self._endpoints)

    def _descend(self, child: Endpoint, answer: Answer) -> Iterator[Listed]:
        if not child.ids_in:
            for parent_id in answer.ids:
                self._ask(_Listing(child, parent_id))
            return
        for parent_id, ids in answer.related.get(child.ids_in, {}).items():
            listing = _Listing(child, parent_id)
            self._census.note_asked(child, ids)
            for own_id in dict.fromkeys(ids):
                self._ask(listing, own_id)
            if not ids:
                yield listing.result()


def _conflict(own_id: str) -> SourceError:
    """Of two contents one is kept, and the other is missing: said so (rule D8)."""
    return ConflictError(
        f"the id {own_id} is there twice, with two contents: the newer is kept. Ask Aleta which is meant"
    )


def _keep_rows_without_detail(details: dict[str, Answer], listed: Answer) -> None:
    """Keep the list's row of each object whose detail could not be read."""
    missing = [row for row, own_id in enumerate(listed.ids) if own_id not in details]
    if missing:
        details[""] = Answer(
            batch=listed.batch.take(missing),
            links={},
            related={},
            drift=listed.drift,
            fetched_at=listed.fetched_at,
        )
