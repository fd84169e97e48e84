"""What lengths and names say of lists that cannot be split (rules L1 and L3)."""

from __future__ import annotations

import pytest

from sources.aleta.reading.objects.lengths import ListRead, doubtful, truncated


def read(length: int, *, parent: str = "e1", resource: str = "accounts", **more: int | bool | None) -> ListRead:
    return ListRead(resource=resource, parent_id=parent, length=length, **more)


CLIENTS = read(90, parent="", resource="clients")


def lengths(*given: int, resource: str = "accounts", **more: int | bool | None) -> list[ListRead]:
    """One list a parent; the parents are e1, e2, and so on."""
    return [read(length, parent=f"e{number}", resource=resource, **more) for number, length in enumerate(given, 1)]


def found(lists: list[ListRead], *caps: int) -> list[str]:
    return [each.parent_id for each, _ in truncated(lists, caps)]


@pytest.mark.parametrize(
    ("lists", "caps", "suspects"),
    [
        pytest.param([read(50)], [50], ["e1"], id="as long as the cap of other answers"),
        pytest.param([read(50), read(51, parent="e2")], [50], [], id="a longer list has no such cap"),
        pytest.param([read(50, named=60)], [50], [], id="its parent names the rest, which was asked for"),
        pytest.param([read(50, named=50)], [50], ["e1"], id="its parent names as many: both may be cut"),
        pytest.param([read(40, named=50, missed=10)], [], ["e1"], id="what its parent names looks capped elsewhere"),
        pytest.param([read(40, named=57, missed=17)], [], [], id="nobody chooses 57 for a cap"),
        pytest.param([read(40, named=57, missed=17)], [57], ["e1"], id="its parent names as many as answers have"),
        pytest.param(
            [read(40, named=50, missed=10), read(40, parent="e2", named=51, missed=11)],
            [50],
            [],
            id="another parent names more",
        ),
        pytest.param([read(4, named=5, missed=1)], [], [], id="few are often round"),
        pytest.param([read(50, named=0)], [50], ["e1"], id="its parent names none"),
        pytest.param([read(50, missed=2)], [], ["e1"], id="others were found, and nobody names all"),
        pytest.param([read(50, missed=2, named=30)], [], ["e1"], id="its parent names fewer than it shows"),
        pytest.param(
            [read(50, missed=5, named=55), read(50, parent="e2", missed=5, named=55), read(3, parent="e3", named=3)],
            [],
            ["e1", "e2"],
            id="what the parents name looks capped too",
        ),
        pytest.param(
            [*lengths(*[10] * 4, missed=9, named=19), *(read(n, parent=f"f{n}", named=n) for n in (3, 5, 8))],
            [],
            ["e1", "e2", "e3", "e4"],
            id="lists are cut, and what the parents name ends at one length, if a short one",
        ),
        pytest.param(lengths(10, 10, 10, missed=2, named=12), [], [], id="lists are cut, and all parents name as many"),
        pytest.param(
            [
                read(3, missed=1, named=4),
                *(read(n, parent=f"f{n}{k}", named=n) for n in (1, 2, 3, 4) for k in range(25)),
            ],
            [],
            [],
            id="one of many short lists is cut",
        ),
        pytest.param(
            [*lengths(10, 10, missed=2, named=12), *(read(n, parent=f"f{n}", named=n) for n in (9, 10))],
            [],
            [],
            id="lists are cut, and two parents name as many by chance",
        ),
        pytest.param([read(50), read(50, parent="e2"), read(7, parent="e3")], [], ["e1", "e2"], id="one length, twice"),
        pytest.param([read(9, missed=1), read(9, parent="e2"), read(7, parent="e3")], [], ["e1", "e2"], id="cut alike"),
        pytest.param(
            [read(9, missed=1, named=10), read(9, parent="e2", named=9)], [], [], id="cut alike, and named by parents"
        ),
        pytest.param([read(4, parent=f"e{n}") for n in range(10)], [], [], id="short lists are often alike"),
        pytest.param([read(20, parent=f"e{n}", named=20) for n in range(10)], [], [], id="alike, and named by parents"),
        pytest.param([read(3), read(5, parent="e2")], [100], [], id="nothing strange"),
    ],
)
def test_l3_a_list_that_may_be_cut_is_named(lists, caps, suspects):
    """L3: the cap that answers showed, a length that repeats, members that were left out."""
    assert found(lists, *caps) == suspects


@pytest.mark.parametrize(
    ("lists", "suspects"),
    [
        pytest.param([*lengths(50, 50, 30, 12), CLIENTS], ["e1", "e2"], id="fifty twice"),
        pytest.param([*lengths(20, 20, 20, 6, 3), CLIENTS], ["e1", "e2", "e3"], id="twenty three times"),
        pytest.param([*lengths(50, 50, 30, 12, named=0), CLIENTS], ["e1", "e2"], id="parents name none"),
        pytest.param([*lengths(50, 50, 51, 12), CLIENTS], [], id="one is longer"),
        pytest.param([*lengths(20, 20, 6, 3), CLIENTS], [], id="twenty twice may be chance"),
        pytest.param([*lengths(50, 50, 48, 45, 44, 12), CLIENTS], [], id="many are nearly as long"),
        pytest.param([*lengths(47, 47, 30, 12), CLIENTS], [], id="nobody chooses 47 for a cap"),
        pytest.param([*lengths(2, 2, 2, 2, 1), CLIENTS], [], id="two accounts everywhere"),
        pytest.param([*lengths(*[25] * 12, resource="limits"), CLIENTS], [], id="25 limits for every client"),
        pytest.param([*lengths(50, 50, 30, chained=True), CLIENTS], [], id="their last pages said so"),
        pytest.param(
            [*lengths(50, 50, named=50), *lengths(30, 12), CLIENTS],
            [],
            id="parents name as many, and one more elsewhere",
        ),
    ],
)
def test_l3_lists_of_one_kind_that_end_at_one_round_number_are_named(lists, suspects):
    """L3: a cap of this kind of list alone, though others are longer."""
    assert found(lists) == suspects


@pytest.mark.parametrize(
    ("lists", "parents"),
    [
        pytest.param(lengths(19, 7), [], id="short"),
        pytest.param(lengths(30, 41, 12), ["e2"], id="the longest"),
        pytest.param([*lengths(30, 12), CLIENTS], ["", "e1"], id="of each kind"),
        pytest.param(lengths(30, 41, named=41), [], id="its parent names as many"),
        pytest.param(lengths(30, 41, chained=True), [], id="its last page said so"),
        pytest.param(lengths(30, 41, missed=1), [], id="it is known to be cut"),
    ],
)
def test_l3_the_longest_lists_that_nobody_vouches_for_are_doubtful(lists, parents):
    """L3: one request for each kind of list, where nothing else can tell."""
    assert [each.parent_id for each in doubtful(lists)] == parents
