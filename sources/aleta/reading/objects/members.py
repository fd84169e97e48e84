"""Lists without windows, held against whatever names their members (rules L1 and L3). Pure.

A list has no dates to split it by: whether it was truncated shows only in members that something else names, in its
length, or not at all.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from heapq import nsmallest

from schemas.table import key_of, name_of

from ...catalogue.endpoint import Endpoint, Form
from ...jsonapi.answer import Answer
from .lengths import ListRead, doubtful, truncated

RELATIONS = {"children": "clients", "readAccessToReportingEntities": "reporting_entities"}
"""Relationships whose name is not that of the endpoint of their members."""

WITNESSES = 3
"""Of objects that lists showed: one that answers by its id is enough."""


@dataclass(slots=True, kw_only=True)
class Census:
    """One crawl's lists and whatever names their members: who is not listed and must be asked for by id.

    Args:
        stored: endpoint -> id -> id of its parent: what the warehouse showed the night before.
        removed: the same of what was removed lately, for a refusal by id that may have been of that minute: where its
            list is cut, nothing else would show it.
        refused: endpoint -> ids that something names, and that answered 404 or 403 lately: not asked for again yet,
            unless a parent that is shown names them: the refusal may have been of that minute, and its list may be cut.
        clients: only these are read, and what hangs below them; empty: all.
        outside: endpoint -> stored ids that hang below other clients: not asked for, whatever names them.
    """

    stored: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    removed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    refused: Mapping[str, Collection[str]] = field(default_factory=dict)
    clients: Collection[str] = ()
    outside: Mapping[str, Collection[str]] = field(default_factory=dict)
    _shown: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _named: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    _mentioned: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # by a to-one relationship
    _counts: dict[tuple[str, str], int] = field(default_factory=dict)
    _asked: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _gone: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _failed: set[tuple[str, str]] = field(default_factory=set)
    _unanswered: set[tuple[str, str]] = field(default_factory=set)
    _lengths: dict[tuple[str, str], int] = field(default_factory=dict)
    _missed: Counter[tuple[str, str]] = field(default_factory=Counter)
    _chained: set[tuple[str, str]] = field(default_factory=set)

    def kept(self, endpoint: Endpoint, answer: Answer, *, by_id: bool) -> Answer:
        """The part of an answer that is read: all of it, unless clients were chosen.

        Args:
            by_id: it is of an object that something else named than the list of its parent.
        """
        if self._chosen(endpoint):
            return answer.only(self.clients)
        if not (self.clients and by_id and endpoint.parent):
            return answer
        known, parents = self.stored.get(endpoint.name, {}), self._shown[endpoint.parent]
        owned = zip(answer.ids, answer.batch[endpoint.parent_column].to_pylist(), strict=True)
        return answer.only({own_id for own_id, parent_id in owned if own_id in known or parent_id in parents})

    def _chosen(self, endpoint: Endpoint) -> bool:
        """Whether the list of *endpoint* is only looked through for the chosen clients."""
        return bool(self.clients) and not endpoint.parent

    def note_list(
        self, endpoint: Endpoint, parent_id: str, ids: Collection[str], *, complete: bool, chained: bool = False
    ) -> None:
        """A list was read, or failed; *chained*: by pages, to the last one."""
        if chained:
            self._chained.add((endpoint.name, parent_id))
        self._shown[endpoint.name].update(ids)
        if not complete:
            self._failed.add((endpoint.name, parent_id))
            if not ids:
                self._unanswered.add((endpoint.name, parent_id))
        elif not endpoint.ids_in and endpoint.form is Form.LIST and not self._chosen(endpoint):
            self._lengths[endpoint.name, parent_id] = len(set(ids))

    def note_names(self, endpoint: Endpoint, answer: Answer, endpoints: Iterable[Endpoint]) -> None:
        """Whatever an answer names of the other *endpoints*."""
        known = {other.name: other for other in endpoints}
        for relation, owners in answer.related.items():
            if (other := known.get(RELATIONS.get(relation) or _snake(relation))) is not None:
                self._note_related(other, owners, owned=other.parent == endpoint.name)
        for link in endpoint.links:
            if (other := known.get(RELATIONS.get(link.relation) or _snake(link.relation))) is not None:
                self.note_named(other, answer.links[name_of(link.schema)][key_of(link.schema)[1]].to_pylist())
        if endpoint.parent in known:
            self.note_named(known[endpoint.parent], set(answer.batch[endpoint.parent_column].to_pylist()) - {None})
        for other in known.values():
            for column in endpoint.columns_naming(other):
                self._mentioned[other.name].update(answer.batch[column].drop_null().unique().to_pylist())

    def _note_related(self, endpoint: Endpoint, owners: Mapping[str, Collection[str]], *, owned: bool) -> None:
        """What a to-many relationship names of *endpoint*; *owned*: by their parents."""
        named = self._named[endpoint.name]
        for owner, ids in owners.items():
            if owned:
                self._counts[endpoint.name, owner] = len(set(ids))
            for own_id in ids:
                named[own_id] = named.get(own_id) or (owner if owned else "")

    def note_named(self, endpoint: Endpoint, ids: Iterable[str]) -> None:
        """Rows name these, or what hangs below them."""
        for own_id in ids:
            self._named[endpoint.name].setdefault(own_id, "")

    def note_asked(self, endpoint: Endpoint, ids: Iterable[str]) -> None:
        """These are read by id anyway."""
        self._asked[endpoint.name].update(ids)

    def note_found(self, endpoint: Endpoint, own_id: str, parent_id: str) -> None:
        """An object that no list showed answered by id; its own parent's list left it out, or it moved meanwhile."""
        self._shown[endpoint.name].add(own_id)
        moved = self.stored.get(endpoint.name, {}).get(own_id, parent_id) != parent_id
        mentioned = own_id in self._mentioned[endpoint.name] and own_id not in self._named[endpoint.name]
        if not moved and (endpoint.required or not mentioned):  # else it may have left its list, and answer by its id
            self._missed[endpoint.name, parent_id] += 1

    def note_gone(self, endpoint: Endpoint, own_id: str) -> None:
        """An object that no list showed answered 404 or 403 by id; of a client that was chosen, that proves nothing."""
        if self._chosen(endpoint):
            return
        self._gone[endpoint.name].add(own_id)

    def witnesses(self, endpoint: Endpoint) -> list[str]:
        """A few objects that answered in this crawl: the path of one of them may be refused for itself.

        Where only some clients are read, and have none, what hangs below others: it answered in an earlier run.
        """
        others = self.outside.get(endpoint.name, ()) if self._shown["clients"].issuperset(self.clients) else ()
        return nsmallest(WITNESSES, self._shown[endpoint.name] or others)

    def perhaps_left_out(self, endpoint: Endpoint, missing: Iterable[tuple[str, str]]) -> set[str]:
        """Of *missing* ids, each with its parent's: something names them, or their parent's list looks truncated.

        What no list ever showed, and only the column of another object names, may be none that can be read: whoever
        may read a client need not see the one above it. Of what rows do not hang below, a column may name what went
        long ago, and no page of the API says that it answers by its id.
        """
        stored = self.stored.get(endpoint.name, {}).keys() if endpoint.required else set()
        named = self._named[endpoint.name].keys() | (self._mentions(endpoint) & stored)
        suspects = {each.parent_id for each, _ in self.truncated(()) if each.resource == endpoint.name}
        return {own_id for own_id, parent_id in missing if own_id in named or parent_id in suspects}

    def gone(self, resource: str) -> set[str]:
        """Ids of *resource* that this crawl showed to be gone."""
        return self._gone[resource] - self._shown[resource]

    def is_gone(self, resource: str, own_id: str) -> bool:
        """Whether what something hung below is gone: this crawl says so, or the warehouse did before it."""
        known = own_id in self.stored.get(resource, {}) and own_id not in self._gone[resource]
        return bool(own_id) and not known and own_id not in self._shown[resource]

    def unlisted(self, endpoint: Endpoint) -> list[tuple[str, str]]:
        """Ids of *endpoint*, each with its parent's, to ask for by id: named or stored, and in no list (L1, L2).

        What was removed lately is asked for while its parent is shown, and its list was read.
        """
        if not endpoint.single:
            return []
        seen = self._shown[endpoint.name] | self._asked[endpoint.name]
        if self._chosen(endpoint):
            return [(client, "") for client in sorted(set(self.clients) - seen)]
        refused, outside = self.refused.get(endpoint.name, ()), self.outside.get(endpoint.name, ())
        named = dict.fromkeys(self._mentions(endpoint), "") | self._named[endpoint.name]
        stored = {
            own_id: parent_id
            for own_id, parent_id in self.stored.get(endpoint.name, {}).items()
            if own_id not in seen and (own_id in named or self._nobody_else_tells(endpoint, parent_id))
        }
        unknown = {
            own_id: owner
            for own_id, owner in named.items()
            if own_id not in seen and own_id not in outside and (owner or own_id not in refused)
        }
        removed = {
            own_id: parent_id
            for own_id, parent_id in self.removed.get(endpoint.name, {}).items()
            if own_id not in seen and self._was_listed(endpoint, parent_id)
        }
        return sorted((removed | unknown | stored).items())

    def _was_listed(self, endpoint: Endpoint, parent_id: str) -> bool:
        """Whether *parent_id* is shown, and its list of *endpoint* was read."""
        there = not endpoint.parent or parent_id in self._shown[endpoint.parent]
        return there and (endpoint.name, parent_id) not in self._failed

    def is_unanswered(self, endpoint: Endpoint, parent_id: str) -> bool:
        """Whether the list of *endpoint* that would show what hangs below *parent_id* failed, and showed nothing."""
        return (endpoint.name, parent_id) in self._unanswered

    def refused_before(self) -> set[tuple[str, str]]:
        """Endpoint and id of what was refused or removed lately, and that nothing showed since."""
        return {
            (name, own_id)
            for before in (self.refused, self.removed)
            for name, ids in before.items()
            for own_id in ids
            if own_id not in self.stored.get(name, {})
        }

    def _mentions(self, endpoint: Endpoint) -> set[str]:
        """What columns name of *endpoint*; where none of its lists was read, it may be one that this API has not."""
        read = self._shown[endpoint.name] or any(resource == endpoint.name for resource, _ in self._lengths)
        return self._mentioned[endpoint.name] if read else set()

    def _nobody_else_tells(self, endpoint: Endpoint, parent_id: str) -> bool:
        """Whether the list that would show it was read, or hangs below what is gone, or what none ever showed."""
        if endpoint.parent and parent_id not in self._shown[endpoint.parent]:
            known = parent_id in self.stored.get(endpoint.parent, {})
            return parent_id in self._gone[endpoint.parent] or not (known or self.clients)
        return (endpoint.name, parent_id) not in self._failed

    def truncated(self, caps: Collection[int]) -> list[tuple[ListRead, str]]:
        """See the function `truncated`."""
        return truncated(self._lists(), caps)

    def doubtful(self, endpoints: Iterable[Endpoint]) -> list[tuple[Endpoint, str]]:
        """Lists, each with its parent's id, that are asked for twice: what the second answer shows was left out (L3).

        Only where the warehouse knows no member yet: later, what it knows and the list leaves out is asked for anyway.
        """
        known = {endpoint.name: endpoint for endpoint in endpoints}
        return [
            (known[each.resource], each.parent_id)
            for each in doubtful(self._lists())
            if each.resource in known and not self.stored.get(each.resource)
        ]

    def not_shown(self, endpoint: Endpoint, ids: Collection[str]) -> set[str]:
        """Of *ids*, those that no answer of this crawl showed before."""
        return set(ids) - self._shown[endpoint.name]

    def _lists(self) -> list[ListRead]:
        return [
            ListRead(
                resource=resource,
                parent_id=parent_id,
                length=length,
                named=self._counts.get((resource, parent_id)),
                missed=self._missed[resource, parent_id],
                chained=(resource, parent_id) in self._chained,
            )
            for (resource, parent_id), length in self._lengths.items()
        ]


def _snake(relation: str) -> str:
    """`legalEntities` as the endpoint is called: legal_entities."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in relation).replace("-", "_")
