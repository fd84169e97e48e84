"""Planted bugs of what reads: windows, the cap, answers, tokens (rules W, D3, D9, L, F, C3)."""

from __future__ import annotations

from dataclasses import replace

from tests.histories.planting import bug


@bug
def cap_judged_too_late() -> None:
    """`>` where the cap needs `>=`."""
    from sources.aleta.planning.cap import RowCap

    judge = RowCap.judge
    RowCap.judge = lambda self, count: judge(self, count - 1)
    _try_nothing()


def _try_nothing() -> None:
    """What a trial would find stays unknown."""
    from pipelines.run.reading import fetching
    from sources.aleta.planning.trials.budget import NO_TRIALS

    fetching.budget_of = lambda *_: NO_TRIALS


@bug
def trials_left_out() -> None:
    """The cap is believed to be one number of rows."""
    _try_nothing()


@bug
def strict_reading_believes_sizes() -> None:
    """Where the cap is no constant number, no answer is held against its parts."""
    from sources.aleta.planning.strict.nodes import CutSizes

    CutSizes.suspects = lambda *_: False


@bug
def cap_of_another_night_believed() -> None:
    """What is smaller than the cap that an earlier night learned counts as whole, and nothing is tried."""
    _try_nothing()
    from sources.aleta.planning.cap import Judgement, RowCap

    judge = RowCap.judge
    RowCap.judge = lambda self, count: Judgement.WHOLE if count < (self.known or 0) else judge(self, count)


@bug
def cut_answers_kept() -> None:
    """An answer that reached the cap is kept, and what it left out is forgotten; nothing is tried."""
    _try_nothing()
    from sources.aleta.planning.cap import Judgement, RowCap

    RowCap.judge = lambda _, __: Judgement.WHOLE


@bug
def parts_overlap_by_a_day() -> None:
    """Both parts of a window are asked for the day between them."""
    from sources.aleta.planning.windows import Window

    Window.cut_after = lambda self, day: (Window(self.first, day), Window(day, self.last))
    _try_nothing()


@bug
def parts_leave_a_day_out() -> None:
    """No part of a window is asked for the day between them."""
    from sources.aleta.planning.windows import ONE_DAY, Window

    without = Window.without

    def a_day_less(self, other):
        for rest in without(self, other):
            yield Window(min(rest.first + ONE_DAY, rest.last), rest.last) if rest.first > other.last else rest

    Window.cut_after = lambda self, day: (Window(self.first, day), Window(min(day + 2 * ONE_DAY, self.last), self.last))
    Window.without = a_day_less


@bug
def vanished_accounts_are_emptied() -> None:
    """403 and 404 are read as: no rows."""
    from sources.aleta.errors import SkippableError
    from sources.aleta.transport.client import Client

    get = Client.get

    def trusting(self, path, *, parse, **asked):
        try:
            return get(self, path, parse=parse, **asked)
        except SkippableError:
            return parse(b'{"data":[]}')

    Client.get = trusting


@bug
def no_answer_read_as_no_rows() -> None:
    """A 200 that is no answer is an answer without rows."""
    from sources.aleta.catalogue.endpoint import Form
    from sources.aleta.errors import MalformedError
    from sources.aleta.jsonapi import answer

    read_list = answer.READ[Form.LIST]

    def trusting(body, *, identified):
        try:
            return read_list(body, identified=identified)
        except MalformedError:
            return []

    answer.READ[Form.LIST] = trusting


@bug
def token_of_another_tenant() -> None:
    """Tenants that run at the same time share what the first of them was given."""
    from sources.aleta.auth.tokens import TokenCache

    shared: list[str] = []
    get = TokenCache.get

    def first_come(self):
        shared.append(get(self))
        return shared[0]

    TokenCache.get = first_come


@bug
def list_believed() -> None:
    """A list without dates is taken for whole, whoever else is named."""
    from sources.aleta.reading.objects.members import Census

    Census.unlisted = lambda *_: []
    Census.truncated = lambda *_: []


@bug
def shown_rows_forgotten() -> None:
    """Nobody looks for a row that an answer showed, and that no window has that was kept."""
    from sources.aleta.planning.evidence.shown import Missing, ShownRows

    ShownRows.missing = lambda *_: Missing()


@bug
def ends_believed() -> None:
    """Both ends of a window are taken for read, as the vendor's pages say; and nothing is tried."""
    _try_nothing()
    from sources.aleta.planning.trials.ends import EndsCheck

    EndsCheck.look = lambda *_, **__: ()


@bug
def last_of_two_members_wins() -> None:
    """An answer that has `data` twice is read as decoders read it."""
    from sources.aleta.jsonapi import envelope

    envelope._unique = lambda _, document, __: (document, b"{}")


@bug
def one_odd_answer_ends_all() -> None:
    """What cannot be read of one account is taken for the API's end."""
    from sources.aleta.errors import RefusedError, UnreachableError
    from sources.aleta.transport.client import Client

    attempt = Client._attempt

    def panicking(self, read, parse):
        try:
            return attempt(self, read, parse)
        except RefusedError as error:
            raise UnreachableError(f"{error}") from error

    Client._attempt = panicking


@bug
def undecodable_day_costs_the_account() -> None:
    """An id that is no text fails its whole account; its window is not divided."""
    from sources.aleta.planning.trials.prover import Prover

    Prover.divide = lambda *_, **__: False


@bug
def nul_left_out() -> None:
    """NUL is left out of texts, although the destination can hold it."""
    from sources.aleta.catalogue.endpoint import Form
    from sources.aleta.jsonapi import answer

    read_list = answer.READ[Form.LIST]
    answer.READ[Form.LIST] = lambda body, *, identified: read_list(body.replace(rb"\u0000", b""), identified=identified)


@bug
def truncated_list_passed_over() -> None:
    """A list that was truncated, and that nothing completes, is not named."""
    from sources.aleta.reading.objects.members import Census

    Census.truncated = lambda *_: []


@bug
def mistyped_passed_over() -> None:
    """An attribute of another type than its column is kept in `extra`, and nobody says so."""
    from collections import Counter

    from pipelines.run.loading.drift import Drift, _columns

    note = Drift.note

    def silent(self, endpoint, answer):
        known = {name for name, _ in _columns(endpoint.schema)}
        unknown = Counter({name: count for name, count in answer.drift.items() if name not in known})
        note(self, endpoint, replace(answer, drift=unknown))

    Drift.note = silent
