"""A planner, and answers for it to judge."""

from sources.aleta.planning.cap import RowCap
from sources.aleta.planning.planner import Planner
from sources.aleta.planning.questions import Fate
from sources.aleta.planning.windows import Window
from tests.stores import on


def window(first: int, last: int) -> Window:
    return Window(on(first), on(last))


SPAN = window(0, 99)


def planner(*parents: str, span: Window = SPAN, **more) -> Planner:
    found = Planner(**({"cap": RowCap()} | more))
    for parent in parents:
        found.add(parent, span)
    return found


def spread(window: Window, count: int):
    """*count* days all over *window*."""
    return [on((window.first - on(0)).days + number * window.days // max(1, count)) for number in range(count)]


def answer(found: Planner, question, count: int) -> None:
    found.answer(question, count, spread(question.window, count))


def ask_all(found: Planner) -> list:
    questions = []
    while question := found.ask():
        questions.append(question)
    return questions


def fates(found: Planner) -> list[tuple[str, Fate]]:
    return [(decision.parent, decision.fate) for decision in found.decisions()]
