"""What is doubted by the sizes that were proven cut (rule W6)."""

from datetime import date, timedelta

from sources.aleta.planning.evidence.kept import KeptWindow
from sources.aleta.planning.evidence.rows import Rows
from sources.aleta.planning.strict.nodes import SELDOM, CutSizes
from sources.aleta.planning.windows import Window

WHOLE = Window(date(2026, 1, 1), date(2026, 3, 31))
OLDER = Window(date(2026, 1, 1), date(2026, 1, 31))
NEWER = Window(date(2026, 2, 1), date(2026, 3, 31))
LAST_DAY = Window(date(2026, 3, 31), date(2026, 3, 31))


def rows(count: int) -> Rows:
    return Rows.of_days(range(count), [WHOLE.first + timedelta(days=n % WHOLE.days) for n in range(count)])


def proven(*parts: tuple[Window, int]) -> KeptWindow:
    kept = KeptWindow.of("a", WHOLE, rows(80), entire=True, explained=False)
    kept.prove([(window, rows(count)) for window, count in parts])
    return kept


def lacking_often() -> CutSizes:
    cut = CutSizes()
    for _ in range(SELDOM + 1):
        cut.note(60, by=1)
    return cut


def test_w6_a_row_that_is_lacking_now_and_then_may_have_moved():
    cut = CutSizes()
    for _ in range(SELDOM):
        cut.note(60, by=1)
    assert (cut.sizes, cut.often) == (set(), False)


def test_w6_what_large_parts_proved_is_doubted_once_rows_are_lacking_often():
    kept = proven((OLDER, 30), (NEWER, 50))
    assert not CutSizes(sizes={60}).doubts(kept)
    assert lacking_often().doubts(kept)


def test_w6_what_small_parts_or_a_single_day_proved_stays_proven():
    cut = lacking_often()
    assert not cut.doubts(proven((OLDER, 20), (NEWER, 20)))
    assert not cut.doubts(proven((OLDER, 20), (LAST_DAY, 60)))


def test_w6_a_few_that_are_lacking_among_many_that_lack_more_are_not_how_the_server_cuts():
    cut = lacking_often()
    for _ in range(100):
        cut.note(60, by=20)
    assert not cut.often
