"""What the lengths of lists say of caps that cut them (rule L3). Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

ROUND = "{} lists of its kind have exactly {} rows, a number as caps are chosen, and none has more"
SMALLEST_SUSPICIOUS = 20
"""Shorter lists often have the same length for no reason: families have as many accounts as families have."""

SMALLEST_CUT = 5
"""Of fewer members there are no numbers near by which chance could be told."""

UNLIKELY = 0.01
"""How improbable a repeated length must be before it counts as a cap (as for windows, rule W6)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRead:
    """One list as it came.

    Args:
        length: members that it showed.
        named: members that the parent's own relationship names; None where it does not say.
        missed: members of this parent that the list left out, and that answered when asked for by themselves.
        chained: its last page said that it is the last (v1): its length tells of no cap.
    """

    resource: str
    parent_id: str
    length: int
    named: int | None = None
    missed: int = 0
    chained: bool = False


def truncated(lists: Sequence[ListRead], caps: Collection[int]) -> list[tuple[ListRead, str]]:
    """The lists that may have been truncated and cannot be shown to be whole (rule L3), each with the reason.

    Args:
        caps: row caps that answers of this API proved, whatever they were asked for.
    """
    longest = max((each.length for each in lists), default=0)
    often = repeated(each.length for each in lists if not each.chained)
    tied = _tied(lists)
    vouched = _vouched(lists, caps)
    cut = {(each.resource, each.length) for each in lists if each.missed}
    found = []
    for each in lists:
        if id(each) in vouched:
            continue  # whoever is named was asked for by itself: all are here, or the failure is told
        if each.missed:
            found.append((each, f"{each.missed} of its members were left out, and nothing names all of them"))
        elif each.chained:
            continue
        elif each.length in caps and each.length == longest:
            found.append((each, f"it has exactly the {each.length} rows that this API's answers are capped at"))
        elif (each.resource, each.length) in cut:
            found.append((each, f"another list of exactly {each.length} rows was truncated"))
        elif 0 < often == each.length and each.named != each.length:
            found.append((each, f"lists of exactly {each.length} rows repeat, and none is longer"))
        elif (each.resource, each.length) in tied and each.named != each.length:
            found.append((each, f"{ROUND.format(tied[each.resource, each.length], each.length)}"))
    return found


def _vouched(lists: Sequence[ListRead], caps: Collection[int]) -> set[int]:
    """Lists whose parent names more members than the list showed, where parents can be relied on to name all.

    Or as many, where another parent names more: then what parents say is not cut at that number.

    A relationship that names fewer than the list shows is truncated or left empty itself: then none of that resource
    proves anything. Nor does one whose length looks like a cap: it repeats; or it is the greatest, and answers of this
    API are capped there, or it is round and the list is cut: where lists are cut, relationships may be.
    """
    trusted: set[int] = set()
    for resource in {each.resource for each in lists}:
        named = [each for each in lists if each.resource == resource and each.named is not None]
        if any((each.named or 0) < each.length for each in named):
            continue
        capped = _capped(named)
        most = max((each.named or 0 for each in named), default=0)
        uncapped = [
            each
            for each in named
            if not (capped and each.named == capped) and not (each.named == most and _looks_capped(each, caps))
        ]
        trusted |= {id(each) for each in uncapped if (each.named or 0) > each.length or each.length < most}
    return trusted


def _capped(named: Sequence[ListRead]) -> int:
    """The length at which what parents name may be cut, by its repeating; otherwise 0.

    Where the lists are cut, that may be at any length; but all parents may have been given the same number of members.
    """
    lengths = [each.named or 0 for each in named]
    is_cut = any(each.missed for each in named) and len({*lengths}) > 1
    return repeated(lengths, least=SMALLEST_CUT if is_cut else SMALLEST_SUSPICIOUS)


def _looks_capped(each: ListRead, caps: Collection[int]) -> bool:
    """Whether what the parent names, the most of its resource, ends where a cap may be."""
    named = each.named or 0
    return named in caps or (bool(each.missed) and named >= SMALLEST_SUSPICIOUS and _is_round(named))


def repeated(given: Iterable[int], *, least: int = SMALLEST_SUSPICIOUS, times: int = 2) -> int:
    """The greatest length, where so many have it that chance does not explain it; otherwise 0.

    Args:
        least: a shorter one is no cap.
        times: that it comes, at least.
    """
    lengths = Counter(given)
    longest = max(lengths, default=0)
    if longest < least or lengths[longest] < times:
        return 0
    return longest if _chance(lengths, lengths[longest]) * len(lengths) < UNLIKELY else 0


def _tied(lists: Sequence[ListRead]) -> dict[tuple[str, int], int]:
    """Resources whose lists end at one round number, with that number -> how many do: a cap of this resource alone.

    Where all lists of a resource are equally long, somebody may have made them so: as many limits for every client.
    """
    found = {}
    for resource in {each.resource for each in lists}:
        lengths = Counter(each.length for each in lists if each.resource == resource and not each.chained)
        longest = max(lengths, default=0)
        times = lengths[longest]
        if longest < SMALLEST_SUSPICIOUS or times < 2 or len(lengths) < 2 or not _is_round(longest):  # noqa: PLR2004
            continue
        near = range(_nearest(longest), longest + 1)
        if _chance(lengths, times - 1) * sum(map(_is_round, near)) / len(near) < UNLIKELY:
            found[resource, longest] = times
    return found


def doubtful(lists: Sequence[ListRead]) -> list[ListRead]:
    """Of each resource the longest list, where it is long, and nothing vouches for it or tells of it already."""
    vouched = _vouched(lists, ())
    longest: dict[str, ListRead] = {}
    for each in sorted(lists, key=lambda each: (-each.length, each.parent_id)):
        longest.setdefault(each.resource, each)
    return [
        each
        for each in longest.values()
        if each.length >= SMALLEST_SUSPICIOUS
        and each.named != each.length
        and not (each.chained or each.missed or id(each) in vouched)
    ]


def _chance(lengths: Counter[int], times: int) -> float:
    """How probable it is that so many lists have the greatest length, as many as are near it suggest."""
    longest = max(lengths)
    first = _nearest(longest)
    near = sum(count for length, count in lengths.items() if first <= length < longest)
    expected = (near + 1) / (longest - first + 1)
    return 1 - sum(math.exp(-expected) * expected**k / math.factorial(k) for k in range(times))


def _nearest(length: int) -> int:
    """From here on, a length is near."""
    return math.ceil(0.8 * length)


def _is_round(length: int) -> bool:
    """As people choose caps: 20, 25, 50, 100, 200, 250, 500 ..."""
    return f"{length}".rstrip("0") in {"1", "2", "25", "5"}
