"""Bodies of v1 into resources: the items, and the cursor of the next page. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import msgspec
from msgspec import Raw

from ..catalogue.endpoint import Endpoint, Form
from ..errors import MalformedError, UndecodableError
from ..jsonapi import unique
from ..jsonapi.answer import ReadPage
from ..jsonapi.envelope import NO_TEXT, Page, Resource, Resources, check_utf8
from ..jsonapi.tokens import is_json, repaired
from .items import resource_of
from .names import names_of

CURSORS = ("next_cursor", "nextCursor")
MORE = ("has_more", "hasMore")
ITEM_LEVEL = 3  # {"data": [{ ...
_document = msgspec.json.Decoder(dict[str, Raw])
_list = msgspec.json.Decoder(list[Raw])
_cursor = msgspec.json.Decoder(str | int | None)
_flag = msgspec.json.Decoder(bool | None)
ToResource = Callable[[Raw], Resource]


def list_reader(endpoint: Endpoint) -> ReadPage:
    """How to read a page of a list of *endpoint*."""

    def read(body: bytes, *, identified: bool = True) -> Page:
        document = _decoded(body)
        raw = document.pop("data", Raw(b""))
        opened = bytes(raw)[:1]
        if opened == b"{" and endpoint.form is Form.EITHER:
            raw = Raw(b"[" + bytes(raw) + b"]")
        elif opened != b"[":
            raise MalformedError("the answer holds no list under `data`")
        to_resource = _converter(endpoint, identified=identified)
        found = [to_resource(item) for item in _list.decode(raw)]
        cursor = _next_cursor(document)
        signs = {name: value for name, value in document.items() if name not in {*CURSORS, *MORE}}
        return Resources(found, signs, cursor=cursor)

    return read


def object_reader(endpoint: Endpoint) -> ReadPage:
    """How to read the answer to a request for one object: it stands under `data`, or alone."""

    def read(body: bytes, *, identified: bool = True) -> Page:
        document = _decoded(body)
        raw = document.get("data", Raw(body) if "id" in document else Raw(b""))
        if bytes(raw).lstrip()[:1] != b"{":
            raise MalformedError("the answer holds no single object")
        return [_converter(endpoint, identified=identified)(Raw(bytes(raw).strip()))]

    return read


def _converter(endpoint: Endpoint, *, identified: bool) -> ToResource:
    return partial(resource_of, names=names_of(endpoint), kind=endpoint.name, identified=identified)


def _decoded(body: bytes) -> dict[str, Raw]:
    """The members of a document.

    Raises:
        MalformedError: rules F1, F5: it is no JSON object, has `errors`, or a member twice somewhere.
        UndecodableError: it is one, with a name or another text that nothing repairs (rule F8).
    """
    check_utf8(body)
    for text in _mended(body):
        try:
            document = _document.decode(text)
            unique.check(text)
        except (msgspec.DecodeError, RecursionError):
            continue
        if "errors" in document:
            raise MalformedError("the answer is a 200 with `errors`")
        return document
    if b"\\u" in body and is_json(body):
        raise UndecodableError(NO_TEXT)
    raise MalformedError("the answer is no JSON document (not JSON, or cut short)")


def _mended(body: bytes) -> list[bytes]:
    """The body, and what repairs may make of it (rule F8): of JSON:API resources, and of flat objects."""
    if b"\\u" not in body and body.count(b"[") + body.count(b"{") < 10_000:  # noqa: PLR2004 - nothing to mend
        return [body]
    return [body, repaired(body), repaired(body, level=ITEM_LEVEL)]


def _next_cursor(document: Mapping[str, Raw]) -> str:
    """The cursor of the next page; empty where the list ends.

    Raises:
        MalformedError: it is no cursor, or there is more, and no cursor.
    """
    try:
        given = {
            f"{value}" for name in CURSORS if (value := _cursor.decode(document.get(name, Raw(b"null")))) is not None
        }
        more = any(_flag.decode(document.get(name, Raw(b"null"))) for name in MORE)
    except msgspec.DecodeError:
        raise MalformedError("the answer's cursor is none") from None
    given -= {""}
    if len(given) > 1:
        raise MalformedError("the answer gives two cursors")
    if more and not given:
        raise MalformedError("the answer says that there is more, and gives no cursor")
    return next(iter(given), "")
