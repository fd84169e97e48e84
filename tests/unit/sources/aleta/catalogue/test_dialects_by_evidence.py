"""Under which prefix and names an API answers: found out by asking, once, and remembered."""

from dataclasses import replace

import pytest

from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.catalogue.dialects import Dialect, LearnedDialects, dialects
from sources.aleta.catalogue.endpoint import Track
from sources.aleta.errors import (
    ForbiddenError,
    ParentGoneError,
    UnavailableError,
    WindowTooWideError,
)

V2, V3 = Dialect(Track.V2), Dialect(Track.V3)
OLD_V2, OLD_V3 = Dialect(Track.V2, older=True), Dialect(Track.V3, older=True)
NAMES = ("instrument_classes", "instruments", "interest_rates", "prices")
CLASSES, INSTRUMENTS, RATES, PRICES = (CATALOGUE[name] for name in NAMES)
GRAIN, KEYS = CATALOGUE["holdings__instrument_classes"], CATALOGUE["webhook_keys"]


class Api:
    """Answers in some dialects, with what it is told in the others: 404, if nothing."""

    def __init__(self, *speaks: Dialect, **otherwise: Exception) -> None:
        self.speaks = speaks
        self.otherwise = otherwise
        self.asked: list[Dialect] = []

    def __call__(self, dialect: Dialect) -> str:
        self.asked.append(dialect)
        if dialect in self.speaks:
            return f"{dialect}"
        raise self.otherwise.get(f"{dialect}".replace(" ", "_"), ParentGoneError(f"404 {dialect}"))


def vain(endpoint, *, parents: int = 1) -> LearnedDialects:
    """What is known after so many parents answered 404 under every name."""
    dialects = LearnedDialects()
    for _ in range(parents):
        with pytest.raises(ParentGoneError):
            dialects.ask(endpoint, Api())
    return dialects


@pytest.mark.parametrize(
    ("endpoint", "every"),
    [
        pytest.param(KEYS, [V2, V3], id="no-instrument-in-its-address"),
        pytest.param(CATALOGUE["custodian_auth_flows"], [V3, V2], id="documented-on-v3"),
        pytest.param(INSTRUMENTS, [V3, V2, OLD_V3, OLD_V2], id="instrument-in-its-path"),
        pytest.param(GRAIN, [V2, V3, OLD_V2, OLD_V3], id="instrument-in-its-query"),
    ],
)
def test_every_way_to_ask_is_tried_once_and_the_documented_one_first(endpoint, every):
    """Two prefixes; two names where the address has one."""
    assert dialects(endpoint) == every


def test_an_older_name_is_meant_in_path_and_query():
    """`instrumentClasses` of 2026 was `assetClasses` of 2025; what else a request says is the same in both."""
    assert OLD_V2.path("/instruments/{parent_id}/prices") == "/v2/assets/{parent_id}/prices"
    assert OLD_V2.params({"expand": "instrumentClassesDetailed"}) == {"expand": "assetClassesDetailed"}
    assert (V3.path("/instruments/1"), V3.params({"expand": "instruments"})) == (
        "/v3/instruments/1",
        {"expand": "instruments"},
    )


def test_a_404_decides_and_what_answered_is_asked_from_then_on():
    """The search is paid for once."""
    dialects, api = LearnedDialects(), Api(OLD_V2)
    assert [dialects.ask(INSTRUMENTS, api) for _ in range(2)] == ["v2 asset"] * 2
    assert api.asked == [V3, V2, OLD_V3, OLD_V2, OLD_V2]
    assert dialects.learned == {"instruments": "v2 asset"}


def test_what_is_learned_can_be_told_while_an_abandoned_worker_learns_more():
    """After an outage nobody waits for the workers."""
    dialects = LearnedDialects()

    class Meanwhile:
        """While it is spelt out, another endpoint answers."""

        def __str__(self):
            dialects.ask(PRICES, lambda _: "rows")
            return "v2 asset"

    dialects._answered |= {"accounts": Meanwhile(), "instruments": Meanwhile()}

    assert dialects.learned == {"accounts": "v2 asset", "instruments": "v2 asset"}


def test_what_answered_in_the_last_run_is_asked_first():
    """And when it no longer does, the others are tried."""
    dialects, api = LearnedDialects(), Api(V2)
    dialects.remember({"instruments": "v2 asset", "prices": "v3 instrument"})
    dialects.ask(INSTRUMENTS, api)
    assert api.asked == [OLD_V2, V3, V2]
    assert dialects.learned == {"instruments": "v2 instrument", "prices": "v3 instrument"}


def test_a_gone_object_is_asked_for_once_where_the_dialect_is_known():
    """Its 404 is its own."""
    dialects = LearnedDialects()
    dialects.ask(INSTRUMENTS, Api(V3))
    api = Api()
    with pytest.raises(ParentGoneError):
        dialects.ask(INSTRUMENTS, api)
    assert api.asked == [V3]
    assert not dialects.missing(INSTRUMENTS)


def test_of_several_404s_the_documented_address_is_named():
    """That is the one to look up."""
    with pytest.raises(ParentGoneError, match="404 v3 instrument"):
        LearnedDialects().ask(INSTRUMENTS, Api())


def test_a_path_that_refuses_a_word_exists_so_only_its_other_names_are_tried():
    """400 to `expand=instrumentClasses`: the prefix is right, the word may be the older one."""
    dialects, api = LearnedDialects(), Api(OLD_V2, v2_instrument=WindowTooWideError("400"))
    assert dialects.ask(GRAIN, api) == "v2 asset"
    assert api.asked == [V2, OLD_V2]


def test_a_span_that_every_name_refuses_is_too_wide_not_gone():
    """W5: whoever asked halves it; the endpoint is not missing."""
    dialects = LearnedDialects()
    refused = {"v2_instrument": WindowTooWideError("422"), "v2_asset": WindowTooWideError("422")}
    with pytest.raises(WindowTooWideError):
        dialects.ask(GRAIN, Api(**refused))
    assert not dialects.missing(GRAIN)
    assert not dialects.answers(GRAIN)


@pytest.mark.parametrize("error", [UnavailableError("503"), ForbiddenError("403")])
def test_what_is_no_404_says_nothing_of_names(error):
    """It is the caller's to handle; no other name is tried, and nothing is learned."""
    dialects, api = LearnedDialects(), Api(V2, v3_instrument=error)
    with pytest.raises(type(error)):
        dialects.ask(INSTRUMENTS, api)
    assert api.asked == [V3]
    assert (dialects.missing(INSTRUMENTS), dialects.learned) == (False, {})


@pytest.mark.parametrize("endpoint", [INSTRUMENTS, CLASSES, GRAIN, RATES])
def test_f2_however_many_parents_are_404_the_next_one_is_tried_under_every_name(endpoint):
    """Those before it are gone, or have nothing there: that says nothing of the next."""
    last = dialects(endpoint)[-1]
    known, api = vain(endpoint, parents=200), Api(last)
    assert known.missing(endpoint)
    assert known.ask(endpoint, api) == f"{last}"
    assert api.asked == dialects(endpoint)
    assert not known.missing(endpoint)


def test_what_was_searched_in_vain_lately_is_asked_for_under_its_likely_names_only():
    """Its documented one, and the one of its parents: a few requests each morning, until the next search."""
    known, api = LearnedDialects(), Api()
    known.remember({"instruments": "v2 asset"}, searched_lately=["prices"])
    with pytest.raises(ParentGoneError):
        known.ask(PRICES, api)
    assert api.asked == [OLD_V2, V3]
    assert known.ask(PRICES, Api(V3)) == "v3 instrument"
    assert not known.missing(PRICES)


def test_what_a_sync_cannot_do_without_is_always_asked_for():
    """A required endpoint is never given up."""
    accounts = CATALOGUE["transactions"]
    assert vain(accounts).ask(accounts, Api(V2)) == "v2 instrument"


@pytest.mark.parametrize("answered", ["v3 instrument", "v1"])
def test_what_answered_in_an_earlier_run_is_never_missing(answered):
    """An API that answers 404 tonight is failing, or somebody took rights away: not a reason to be silent."""
    before = LearnedDialects()
    before.remember({"instruments": answered})
    dialects = LearnedDialects()
    dialects.remember(before.learned)  # of a run that did not ask
    with pytest.raises(ParentGoneError):
        dialects.ask(INSTRUMENTS, Api())
    assert (dialects.answers(INSTRUMENTS), dialects.missing(INSTRUMENTS)) == (True, False)


def test_an_answer_of_this_run_is_told_from_one_of_an_earlier_run():
    """What 404s say tonight is judged by what answered tonight."""
    dialects = LearnedDialects()
    dialects.remember({"instruments": "v3 instrument"})
    assert not dialects.answered_in_this_run(INSTRUMENTS)
    dialects.ask(INSTRUMENTS, Api(V3))
    assert dialects.answered_in_this_run(INSTRUMENTS)
    assert not dialects.answered_in_this_run(replace(INSTRUMENTS, name="prices"))
