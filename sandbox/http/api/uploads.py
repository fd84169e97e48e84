"""Uploads over HTTP: a body is what the reference says, to the letter, or it is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import TypeAlias

from ...state.store import Store
from ...state.uploads import TARGETS, Holding, Target
from ...world.jsontext import Document, Json, Num, dump, inner
from ...world.rows import new_id
from ...world.world import COLLECTIONS
from ..wire import API_TYPE, Call, RefusalError, Reply
from .query import known

Pairs: TypeAlias = "list[tuple[str, Json]]"
PARENTS = {"accounts": "accountId", "depositories": "depositoryId"}
FORMS: Mapping[str, Callable[[Json], bool]] = {
    "number": lambda value: isinstance(value, Num),
    "currency": lambda value: isinstance(value, str) and bool(re.fullmatch("[A-Z]{3}", value)),
    "day": lambda value: isinstance(value, str) and _is_day(value),
}


def serve(store: Store, call: Call) -> Reply:
    """Take a POST or a DELETE of historical holdings.

    Raises:
        RefusalError: 400, 403, 404, 405, 409, 415 or 422.
    """
    target = next((target for target in TARGETS if target.path == call.path), None)
    if target is None or call.method not in {"POST", "DELETE"}:
        raise RefusalError(405, "method_not_allowed", "The sandbox takes historical holdings, and nothing else")
    return _post(store, target, call) if call.method == "POST" else _delete(store, target, call)


def _post(store: Store, target: Target, call: Call) -> Reply:
    if call.headers.get("content-type") != API_TYPE:
        raise RefusalError(415, "unsupported_media_type", f"Content-Type must be {API_TYPE}, without parameters")
    if call.query:
        raise RefusalError(400, "invalid_parameter", "A POST takes no query")
    resource = _resource(target, _parsed(call.body))
    key = _key(store, target, resource)
    shown = {"id": new_id(store.shuffler), **resource}
    before = store.uploads.put(target, key, resource)
    return Reply(status=200 if before and target.overwrites else 201, body=dump({"data": shown}).encode())


def _delete(store: Store, target: Target, call: Call) -> Reply:
    table = next(iter(target.links.values()))
    names = (PARENTS[table], "fromDate", "toDate")
    if call.query.keys() != set(names) or call.body:
        raise RefusalError(400, "invalid_parameter", f"A DELETE takes {', '.join(names)}, all of them, and no body")
    parent, first, last = (call.query[name] for name in names)
    if not (_is_day(first) and _is_day(last)) or first > last:
        raise RefusalError(400, "invalid_parameter", "fromDate and toDate must be ISO days, in this order")
    known(store, table, parent)
    if not store.uploads.delete(target, parent, first, last):
        raise RefusalError(404, "not_found", "Nothing was uploaded for these days")
    return Reply(status=204)


def _parsed(body: bytes) -> Json:
    try:
        return _loaded(body)
    except (ValueError, RecursionError):
        raise RefusalError(400, "invalid_document", "The body is not JSON, or has a member twice") from None


def _loaded(body: bytes) -> Json:
    def once(pairs: Pairs) -> Document:
        if len(dict(pairs)) < len(pairs):
            raise ValueError("a member is there twice")
        return dict(pairs)

    def refuse(name: str) -> Json:
        raise ValueError(f"{name} is no JSON")

    text = body.decode("utf-8")
    value: Json = json.loads(text, parse_float=Num, parse_int=Num, parse_constant=refuse, object_pairs_hook=once)
    return value


def _resource(target: Target, document: Json) -> Document:
    """The resource of *document*, every member the reference names and no other."""
    top = _members(document, "the document", {"data"})
    resource = _members(top["data"], "data", {"type", "attributes", "relationships"})
    if resource["type"] != target.type:
        raise RefusalError(409, "type_conflict", f"data.type must be {target.type}")
    forms = {"date": "day", **dict.fromkeys(target.numbers, "number")}
    attributes = _members(resource["attributes"], "attributes", set(forms), may=set(target.may))
    for name, value in attributes.items():
        form = (forms | dict(target.may))[name]
        if not FORMS[form](value):
            raise RefusalError(422, "invalid_attribute", f"{name} must be a {form}")
    for name, link in _members(resource["relationships"], "relationships", set(target.links)).items():
        identifier = _members(_members(link, name, {"data"})["data"], f"{name}.data", {"type", "id"})
        if not all(isinstance(text, str) and text for text in identifier.values()):
            raise RefusalError(422, "invalid_relationship", f"{name}.data needs a type and an id")
    return resource


def _members(value: Json, what: str, required: set[str], *, may: set[str] | None = None) -> Document:
    """*value* as an object with all *required* members, and none beyond those that it *may* have."""
    if not isinstance(value, dict):
        raise RefusalError(400, "invalid_document", f"{what} must be an object")
    if missing := required - value.keys():
        raise RefusalError(422, "missing_member", f"{what} lacks {', '.join(sorted(missing))}")
    if beyond := value.keys() - required - (may or set()):
        raise RefusalError(422, "unknown_member", f"{what} has {', '.join(sorted(beyond))}")
    return value


def _key(store: Store, target: Target, resource: Document) -> Holding:
    """The ids that the links name, each of something that is there and of its type, and the day."""
    idents = []
    for name, table in target.links.items():
        identifier = inner(resource, "relationships", name, "data")
        ident = str(identifier["id"])
        known(store, table, ident)
        own = store.entities[ident].type or COLLECTIONS[table].type
        if identifier["type"] not in {own, COLLECTIONS[table].type}:
            raise RefusalError(409, "type_conflict", f"{name} {ident} is a {own}")
        if ident in store.forbidden:
            raise RefusalError(403, "account_forbidden", "This account is not yours to write")
        idents.append(ident)
    return (*idents, str(inner(resource, "attributes")["date"]))


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
