"""What lengths and names say of lists that cannot be split (rules L1 and L3)."""

from __future__ import annotations

import pytest

from sources.aleta.reading.members import ListRead, truncated


def read(length: int, *, parent: str = "e1", named: int | None = None, missed: int = 0) -> ListRead:
    return ListRead(resource="accounts", parent_id=parent, length=length, named=named, missed=missed)


def found(lists: list[ListRead], *caps: int) -> list[str]:
    return [each.parent_id for each, _ in truncated(lists, caps)]


@pytest.mark.parametrize(
    ("lists", "caps", "suspects"),
    [
        pytest.param([read(50)], [50], ["e1"], id="as long as the cap of other answers"),
        pytest.param([read(50), read(51, parent="e2")], [50], [], id="a longer list has no such cap"),
        pytest.param([read(50, named=60)], [50], [], id="its parent names the rest, which was asked for"),
        pytest.param([read(50, named=50)], [50], ["e1"], id="its parent names as many: both may be cut"),
        pytest.param([read(50, named=0)], [50], ["e1"], id="its parent names none"),
        pytest.param([read(50, missed=2)], [], ["e1"], id="others were found, and nobody names all"),
        pytest.param([read(50, missed=2, named=30)], [], ["e1"], id="its parent names fewer than it shows"),
        pytest.param(
            [read(50, missed=5, named=55), read(50, parent="e2", missed=5, named=55), read(3, parent="e3", named=3)],
            [],
            ["e1", "e2"],
            id="what the parents name looks capped too",
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
