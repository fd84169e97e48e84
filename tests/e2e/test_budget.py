"""Tokens and the request budget: as many requests as allowed, not one more (rules R1 and F2)."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from tests import truth
from tests.e2e.program import Program
from tests.lengths import long_but

TOKENS = "/oauth/token"
DELAYED = 1
"""Requests that a busy machine may hold up until they arrive with others; four budgets for one had five refused."""


def statuses(program: Program) -> Counter[int]:
    return Counter(request.status for request in program.box.requests)


def tokens(program: Program) -> int:
    return len([request for request in program.box.requests if request.path == TOKENS])


def wait_for_rows(program: Program) -> None:
    """Until the program reads transactions."""
    while not any(request.path.endswith("/transactions") for request in list(program.box.requests)):
        time.sleep(0.01)


def test_one_token_serves_a_whole_run(program):
    """Tokens are cached."""
    program.sync()

    assert tokens(program) == 1


def test_tokens_revoked_in_the_middle_of_a_run_are_replaced_f2(start):
    """F2: 401 means one new token, and the run goes on."""
    program = start(latency_s=0.1)
    running = program.start("sync", "--json")
    wait_for_rows(program)
    program.box.revoke_tokens()

    ended = program.end(running)

    assert (ended.exit, ended.errors()) == (0, [])
    assert program.differences() == []
    assert tokens(program) == 2
    assert statuses(program)[401] >= 1


@pytest.mark.parametrize(
    "lifetime_s", long_but({"one-second"}, [pytest.param(1, id="one-second"), pytest.param(90, id="ninety-seconds")])
)
def test_a_short_life_of_tokens_costs_tokens_and_no_refusal(start, lifetime_s):
    """A token is renewed before it expires."""
    program = start(latency_s=0.1, token_lifetime_s=lifetime_s)

    program.sync()

    assert program.differences() == []
    assert statuses(program)[401] <= 1
    assert tokens(program) >= 1


def test_equal_budgets_meet_no_429_r1(start):
    """R1: what the server allows and the program may use are the same, and no request is refused."""
    program = start(requests_per_minute=900, burst=20, aleta={"requests_per_minute": 900, "burst": 20})

    program.sync()

    assert program.differences() == []
    assert statuses(program)[429] == 0


def test_a_server_that_allows_less_is_obeyed_and_the_run_is_exact(start):
    """Another program may use the same `sub`: each 429 makes every worker pause, and no row is lost."""
    program = start(requests_per_minute=900, burst=10)

    ended = program.sync()

    assert program.differences() == []
    assert statuses(program)[429] >= 1
    assert ended.tenant()["retries"] >= 1


def add_twins(program: Program, *names: str) -> None:
    """Tenants with the credentials of acme: the API sees one `sub`."""
    file = program.config / "config.toml"
    section = file.read_text()[file.read_text().index("[tenants.acme]") :]
    file.write_text(
        file.read_text() + "".join(section.replace("[tenants.acme]", f"\n[tenants.{name}]") for name in names)
    )


@pytest.mark.long
def test_tenants_with_the_same_sub_share_one_budget_r1(start):
    """R1: the budget belongs to the `sub`, whatever the tenants are called."""
    program = start(requests_per_minute=900, burst=20, aleta={"requests_per_minute": 900, "burst": 20})
    add_twins(program, "twin")

    ended = program.sync()

    assert statuses(program)[429] == 0
    assert ended.report["tenants"].keys() == {"acme", "twin"}
    assert program.rows("SELECT count(*) FROM aleta.transactions", "twin") == program.rows(
        "SELECT count(*) FROM aleta.transactions"
    )


def test_four_processes_of_one_sub_share_its_budget_and_outlive_a_kill_r4(start):
    """R4: each alone may send a burst; together they send no more than one, also when one is killed meanwhile."""
    budget = {"requests_per_minute": 600, "burst": 60}
    program = start(**budget, aleta=budget)
    names = ("acme", "ben", "cora", "dan")
    add_twins(program, *names[1:])
    running = [program.start("sync", "--json", name) for name in names]
    wait_for_rows(program)
    running[0].kill()

    ended = [program.end(process) for process in running[1:]]

    running[0].communicate()
    assert [each.exit for each in ended] == [0, 0, 0]
    assert len(program.box.requests) > 1.5 * budget["burst"]
    assert statuses(program)[429] <= DELAYED
    for name in names[1:]:
        assert truth.differences(program.warehouse(name), program.box.truth("acme")) == []


def test_one_sub_has_one_budget_in_whichever_folders_its_tenants_are_r4(start):
    """R4: that of the tenant that comes first in the file, also before anything was read of it."""
    program = start(accounts=2, rows=20, aleta={"requests_per_minute": 6000})
    add_twins(program, "twin")
    with (program.config / "config.toml").open("a") as file:
        file.write(f'data_dir = "{program.folder / "elsewhere"}"\n')

    assert program.run("sync", "twin").exit == 0

    assert (program.folder / "elsewhere" / "twin").is_dir()
    assert [file.parent for file in program.folder.rglob("*.budget")] == [program.folder / "data"]


@pytest.mark.long
def test_a_second_tenant_s_budget_is_its_own_c3(start):
    """C3: another `sub`, another budget; side by side neither is refused."""
    settings = {"requests_per_minute": 900, "burst": 20}
    program = start(tenants=("acme", "bolt"), aleta=settings, **settings)

    program.sync()

    assert statuses(program)[429] == 0
    assert program.differences("acme") == program.differences("bolt") == []
