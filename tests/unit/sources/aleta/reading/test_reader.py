"""Questions in the words of the catalogue, and the difference between a failed read and an API that is down."""

import pytest

from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.errors import (
    AuthError,
    ForbiddenError,
    KeyUnusableError,
    MalformedError,
    ParentGoneError,
    RefusedError,
    StoppedError,
    UnavailableError,
    UnreachableError,
)
from sources.aleta.planning.windows import Window
from sources.aleta.reading.reader import Outages, Reader
from tests.apis import FakeApi, booked, thing
from tests.fakes import FakeClock
from tests.stores import on


@pytest.fixture
def api() -> FakeApi:
    return FakeApi()


@pytest.fixture
def reader(api) -> Reader:
    return Reader(api, FakeClock())


def test_a_root_is_asked_for_by_its_path_alone(api, reader):
    """Nobody above it, no dates."""
    reader.list_of(CATALOGUE["clients"])()
    assert api.seen == [("/v2/clients", {})]


def test_a_child_is_asked_for_under_its_parent(api, reader):
    """The parent's id goes into the path."""
    reader.list_of(CATALOGUE["accounts"], "l1")()
    assert api.seen == [("/v2/legal-entities/l1/accounts", {})]


def test_transactions_are_asked_for_by_account_and_both_days(api, reader):
    """Both parameters are required, both days included."""
    api.rows["a1"] = [booked("t", on(3)), booked("u", on(4))]
    answer = reader.list_of(CATALOGUE["transactions"], "a1", Window(on(1), on(3)))()
    assert api.seen == [("/v2/transactions", {"accountId": "a1", "fromDate": f"{on(1)}", "toDate": f"{on(3)}"})]
    assert answer.ids == ["t"]
    assert answer.batch["account_id"].to_pylist() == ["a1"]


def test_an_object_is_asked_for_by_its_own_id(api, reader):
    """By its detail where it is listed too, else by its path; its row names the parent it was found under."""
    api.says = {"/v2/portfolios/f": thing("f"), "/v2/reporting-entities/r": thing("r")}
    answer = reader.one_of(CATALOGUE["portfolios"], "f", "r")()
    two = reader.one_of(CATALOGUE["reporting_entities"], "r", "c")()
    assert answer.batch["reporting_entity_id"].to_pylist() == ["r"]
    assert two.batch["client_id"].to_pylist() == ["c"]
    assert [path for path, _ in api.seen] == ["/v2/portfolios/f", "/v2/reporting-entities/r"]


def test_f1_an_object_that_was_not_asked_for_is_no_answer(api, reader):
    """The portfolio asked for is not shown, and not gone either."""
    api.says = {"/v2/portfolios/f": thing("g")}
    with pytest.raises(MalformedError):
        reader.one_of(CATALOGUE["portfolios"], "f", "r")()


@pytest.mark.parametrize(
    "error",
    [
        ParentGoneError("404"),
        ForbiddenError("403"),
        RefusedError("418"),
        UnavailableError("503"),
        MalformedError("cut"),
    ],
)
def test_f3_one_failed_read_is_its_own(error):
    """The others go on."""
    assert Outages(1).judge(error) is error


@pytest.mark.parametrize("error", [AuthError("no"), KeyUnusableError("no"), StoppedError("stop"), KeyError("a defect")])
def test_what_concerns_every_read_ends_them_all(error):
    """Refused credentials, a stop, and a defect of our own are nobody's private trouble."""
    with pytest.raises(type(error)):
        Outages(8).judge(error)


def test_nobody_home_is_known_at_once():
    """Before any answer, a host that cannot be reached ends the run; after one, it is a failed read."""
    with pytest.raises(UnreachableError):
        Outages(8).judge(UnreachableError("refused"))
    outages = Outages(8)
    outages.answered()
    outages.judge(UnreachableError("reset"))


def test_so_many_failures_in_a_row_are_an_outage():
    """Three times the workers: two workers, the sixth failure in a row; an answer between them begins anew."""
    outages = Outages(2)
    for _ in range(5):
        outages.judge(UnavailableError("503"))
    outages.answered()
    for _ in range(5):
        outages.judge(UnavailableError("503"))
    with pytest.raises(UnavailableError):
        outages.judge(UnavailableError("503"))


def test_f3_days_of_a_few_that_fail_are_no_outage():
    """However many there are: others may answer."""
    outages = Outages(2)
    for read in range(100):
        outages.judge(UnavailableError("503"), of=f"parent {read % 5}")
    with pytest.raises(UnavailableError):
        outages.judge(UnavailableError("503"), of="a sixth")


def test_a_refusal_is_an_answer():
    """A 404 shows that the API is up, so failures around it are not in a row."""
    outages = Outages(1)
    for _ in range(9):
        outages.judge(UnavailableError("503"))
        outages.judge(ParentGoneError("404"))
    outages.judge(UnreachableError("reset"))
