"""Reads JSON token by token, where a decoder gives up or keeps quiet: duplicate members, undecodable values. Pure.

Ten times slower than a decoder; only for text that a fast check found suspicious.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec
from msgspec import Raw

DEEPEST = 100  # levels of a value that are decoded; deeper ones are kept as text
BOTTOMLESS = 1000  # levels of a body; where the interpreter's recursion ends
ATTRIBUTES = b'"attributes"'
_MARK = b'{"/undecodable":'  # JSON:API allows no member whose name begins so (1.1, section 5.8)
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\],:]', re.DOTALL)
_NAME = re.compile(rb'"[\w-]{1,40}"', re.ASCII)
_LEXEME = re.compile(
    rb"[ \t\n\r]*+(?:(?P<sign>[][{}:,])"
    rb'|(?P<string>")(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+"'
    rb"|-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+|true|false|null)"
)
_VALUE = b'v"[{'  # what a value begins with: v, a number or a word
_text = msgspec.json.Decoder(str)
_object = msgspec.json.Decoder(dict[str, Raw])


def duplicate(text: bytes) -> str | None:
    """The first member that an object in *text* has twice, in words; None where there is none."""
    open_objects: list[set[bytes]] = []
    last = b""
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token in b"{[":
            open_objects.append(set())
        elif token in b"}]":
            if open_objects:
                open_objects.pop()
        elif token == b":" and open_objects:
            name = _plain(last)
            if name in open_objects[-1]:
                return _in_words(last)
            open_objects[-1].add(name)
        last = token
    return None


def _plain(name: bytes) -> bytes:
    r"""A name without needless escapes, for `"d\u0061ta"` is `"data"`."""
    return msgspec.json.encode(_text.decode(name)) if b"\\" in name and _decodable(name) else name


def _in_words(name: bytes) -> str:
    return f"`{name[1:-1].decode()}`" if _NAME.fullmatch(name) else "a member"


def _decodable(token: bytes) -> bool:
    try:
        _text.decode(token)
    except ValueError:  # half a surrogate pair
        return False
    return True


def is_json(body: bytes) -> bool:
    """Whether all of *body* is JSON (RFC 8259), though no decoder takes it: half a surrogate pair, a very long number.

    What is deeper than `BOTTOMLESS` is none. Nothing is built: where deep values are taken apart near the interpreter's
    recursion limit, finalizers run there, and fail.
    """
    closing = bytearray()  # of what is open, outermost first
    allowed, is_name = _VALUE, False
    at = 0
    while found := _LEXEME.match(body, at):
        at = found.end()
        kind = found["sign"] or found["string"] or b"v"
        if kind not in allowed or len(closing) > BOTTOMLESS:
            return False
        if kind == b"{":
            closing += b"}"
            allowed, is_name = b'"}', True
        elif kind == b"[":
            closing += b"]"
            allowed = _VALUE + b"]"
        elif kind == b",":
            is_name = closing[-1:] == b"}"
            allowed = b'"' if is_name else _VALUE
        elif kind == b":":
            allowed, is_name = _VALUE, False
        elif kind == b'"' and is_name:
            allowed = b":"
        else:
            if kind in b"]}":
                closing.pop()
            allowed = b"," + closing[-1:] if closing else b""
    return not allowed and not body[at:].strip(b" \t\n\r")


def is_undecodable(cell: object) -> bool:
    """Whether *cell* is a value that `repaired` marked."""
    return isinstance(cell, Raw) and bytes(cell)[: len(_MARK)] == _MARK


def shallow(raw: Raw) -> Raw:
    """The value of an attribute, marked as `repaired` does where it has more than DEEPEST levels.

    Whether its whole body had to be repaired depends on what else is in it: the same value must be kept in one way.
    """
    text = bytes(raw)
    if text[:1] not in {b"{", b"["} or text.count(b"[") + text.count(b"{") <= DEEPEST:
        return raw
    return _object.decode(repaired(b'{"value":' + text + b"}", bare=True))["value"]


def text_of(raw: Raw) -> bytes:
    """Of a marked value its text, as a JSON string."""
    return bytes(raw)[len(_MARK) : -1]


@dataclass(slots=True)
class _Member:
    """One member of an object of attributes, while its value is read."""

    value_at: int
    depth: int
    deepest: int = 0
    decodable: bool = True


@dataclass(slots=True)
class _Repair:
    text: bytes
    attributes: list[int] = field(default_factory=list)  # the depths of open objects of attributes: one at most
    level: int = 0  # at which every object is one of attributes
    member: _Member | None = None
    changes: list[tuple[int, int, bytes]] = field(default_factory=list)  # from, to, instead

    def find(self) -> None:
        depth, before = 0, (b"", 0, 0)  # the last string: its text, where it begins and ends
        name = b""
        for match in _TOKEN.finditer(self.text):
            token, at = match[0], match.start()
            if token[:1] == b'"':
                before = (token, at, match.end())
                self._take_string(token)
            elif token == b":":
                name = before[0]
                self._take_name(before, at, depth)
            elif token in b"{[":
                depth += 1
                self._open(token, name, depth)
                name = b""
            else:
                self._end_value(depth, at)
                depth -= token in b"}]"
                name = b""
                if self.attributes and depth < self.attributes[-1] and not self.level:
                    self.attributes.pop()

    def _take_string(self, token: bytes) -> None:
        if self.member is not None and b"\\u" in token and not _decodable(token):
            self.member.decodable = False

    def _take_name(self, name: tuple[bytes, int, int], at: int, depth: int) -> None:
        if self.member is None and self.attributes and depth == self.attributes[-1]:
            token, start, end = name
            if b"\\u" in token and not _decodable(token):
                self.changes.append((start, end, token.replace(b"\\", b"\\\\")))
            self.member = _Member(at + 1, depth, depth)

    def _open(self, token: bytes, name: bytes, depth: int) -> None:
        if self.member is not None:
            self.member.deepest = max(self.member.deepest, depth)
        elif token == b"{" and name == ATTRIBUTES and not self.attributes:
            self.attributes.append(depth)

    def _end_value(self, depth: int, at: int) -> None:
        member = self.member
        if member is None or member.depth != depth:
            return
        if not member.decodable or member.deepest - depth > DEEPEST:
            value = self.text[member.value_at : at].strip()
            plain = value[1:-1] if value[:1] == b'"' else value
            kept = msgspec.json.encode(plain.decode("utf-8", "backslashreplace"))
            self.changes.append((member.value_at, at, _MARK + kept + b"}"))
        self.member = None


def repaired(text: bytes, *, bare: bool = False, level: int = 0) -> bytes:
    """*text* with every attribute that cannot be decoded marked, and its text in the mark; *text* itself without any.

    A value cannot be decoded if it has half a surrogate pair (RFC 8259, section 8.2) or more than DEEPEST levels. The
    name of an attribute that has half a pair is spelt out.

    Args:
        text: a document; its objects of attributes are members of that name.
        bare: *text* is an object of attributes itself.
        level: so deep in it, every object is one of attributes.
    """
    repair = _Repair(text, attributes=[level] if level else [1] if bare else [], level=level)
    repair.find()
    return b"".join(_spliced(text, repair.changes)) if repair.changes else text


def _spliced(text: bytes, changes: list[tuple[int, int, bytes]]) -> Iterator[bytes]:
    at = 0
    for start, end, instead in sorted(changes):
        yield text[at:start]
        yield instead
        at = end
    yield text[at:]
