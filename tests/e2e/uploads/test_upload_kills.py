"""Uploads that are killed, whose answers are lost, or that have a planted bug: each row arrives once, or is named."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest

from sandbox.world.jsontext import exact
from tests.e2e.program import Program
from tests.e2e.uploads.steps import BUGS, Ended, Order, Stepper
from tests.e2e.uploads.uploading import account, at_the_api, counts, lines, upload, write

pytestmark = pytest.mark.long

FAULTS = ("reset", "500", "503_now", "429", "401", "200_html", "cut_length")
ROWS = 300
STEPS_OF_A_ROW = 6
"""Before and after each of: the journal says `sending`, the request, the journal has the outcome."""


@pytest.fixture(scope="module")
def stepper() -> Iterator[Stepper]:
    with Stepper() as server:
        yield server


@pytest.fixture
def run(stepper, start):
    """Upload *kind* one row at a time, killed before a step, or with a bug."""
    program = start(aleta={"writes": True, "workers": 1})

    def ran(kind: str, *args: object, cut: int | None = None, bug: str = "") -> Ended:
        argv = ["--config", f"{program.config}", "upload", kind, *map(str, args), "acme", "--json"]
        return stepper.run(Order(argv=argv, cwd=f"{program.folder}", cut=cut, bug=bug))

    ran.program = program
    return ran


def doubles(program: Program) -> int:
    return exact(program.box.uploads("acme"))["doubles"]


def taken(program: Program, kind: str) -> Counter[tuple[str, ...]]:
    """How often each key was taken."""
    entries = exact(program.box.uploads("acme"))[kind]
    return Counter({tuple(entry["key"]): int(entry["taken"]) for entry in entries})


@pytest.mark.parametrize("step", range(2 * STEPS_OF_A_ROW + 1))
def test_a_kill_between_any_two_steps_sends_no_fee_twice_and_loses_no_outcome(run, step):
    """C1 for writes: what is at the API is confirmed or named as unknown by the next run, which sends the rest."""
    file = write(run.program, lines(run.program, 2))

    killed = run("fee-holdings", file, cut=step)
    there = at_the_api(run.program, "fee-holdings")
    ended = run("fee-holdings", file)

    report = json.loads(ended.out)
    assert killed.exit == (-9 if step < 2 * STEPS_OF_A_ROW else 0)
    assert doubles(run.program) == 0
    in_between = 0 < step % STEPS_OF_A_ROW < STEPS_OF_A_ROW - 1  # `sending` is on disk, and its outcome is not
    assert (ended.exit, report["unknown"]) == ((4, 1) if in_between else (0, 0))
    assert report["skipped"] + report["unknown"] >= len(there)
    assert report["skipped"] + report["confirmed"] + report["unknown"] == 2


@pytest.mark.parametrize("step", range(2 * STEPS_OF_A_ROW))
def test_a_kill_between_any_two_steps_is_made_good_where_the_key_overwrites(run, step):
    """C1: the next run ends complete, and every row is there with its value."""
    file = write(run.program, lines(run.program, 2))
    run("account-holdings", file, cut=step)

    ended = run("account-holdings", file)

    assert ended.exit == 0
    rows = at_the_api(run.program, "account-holdings")
    assert [f"{row['attributes']['marketValue']}" for [row] in rows.values()] == ["0.50", "1.50"]


@pytest.mark.parametrize("step", range(6))
def test_a_kill_within_a_delete_never_lets_a_fee_be_sent_blindly(run, step):
    """Until the DELETE is known to be done, what it named is held; when it is repeated, the file may be sent anew."""
    file = write(run.program, lines(run.program, 2))
    span = ("--parent", account(run.program), "--from", "2020-01-01", "--to", "2020-01-31")
    run("fee-holdings", file)

    run("fee-holdings", "--delete", *span, cut=step)
    run("fee-holdings", file)
    assert doubles(run.program) == 0

    assert run("fee-holdings", "--delete", *span).exit == 0
    assert run("fee-holdings", file).exit == 0
    assert set(map(len, at_the_api(run.program, "fee-holdings").values())) == {1}
    assert len(at_the_api(run.program, "fee-holdings")) == 2


def play(run, bug: str) -> None:
    """Fees whose answers are lost in each way, a kill after one was sent, and the same file once more."""
    file = write(run.program, lines(run.program, 4))
    run.program.box.faults.script("reset", path_contains="/historical-fee")
    run.program.box.faults.script("500", path_contains="/historical-fee")
    run("fee-holdings", file, bug=bug, cut=2 * STEPS_OF_A_ROW + 4)
    run("fee-holdings", file, bug=bug)


@pytest.mark.parametrize("bug", BUGS)
def test_a_fee_sent_twice_is_seen(run, bug):
    """Each planted bug sends one twice, and the sandbox counts it."""
    play(run, bug)

    assert doubles(run.program) > 0


def test_without_a_bug_no_fee_is_sent_twice(run):
    """The same history: three rows without an outcome are named, the fourth is there."""
    play(run, "")

    assert doubles(run.program) == 0
    assert set(taken(run.program, "fee-holdings").values()) == {1}


def killed_on_the_way(program: Program, kind: str, file, rng: Random) -> None:
    """An upload through lost answers, killed when some hundred requests were sent."""
    running = program.start("upload", kind, f"{file}", "acme", "--json")
    enough = rng.randint(80, 200)
    while sum("/historical-" in request.path for request in program.box.requests) < enough:
        assert running.poll() is None
        time.sleep(0.005)
    running.kill()
    assert program.end(running).exit == -9


@pytest.mark.parametrize("seed", [1, 2])
def test_300_account_holdings_arrive_through_lost_answers_and_a_kill(start, seed):
    """Once each, with their own values; the run after the kill is complete, and one more sends nothing."""
    program = start(aleta={"writes": True}, fault_share=0.08, fault_kinds=FAULTS, seed=seed)
    file = write(program, lines(program, ROWS))
    killed_on_the_way(program, "account-holdings", file, Random(seed))

    report = upload(program, "account-holdings", file, "acme")

    assert report["confirmed"] + report["skipped"] == ROWS
    rows = at_the_api(program, "account-holdings")
    assert sorted(f"{row['attributes']['marketValue']}" for [row] in rows.values()) == sorted(
        f"{at}.50" for at in range(ROWS)
    )
    assert counts(upload(program, "account-holdings", file, "acme")) == (ROWS, 0, 0, ROWS, 0, 0)


@pytest.mark.parametrize("seed", [1, 2])
def test_300_fee_holdings_arrive_through_lost_answers_and_a_kill(start, seed):
    """None twice; what is not there is named as unknown, and arrives when --again is asked for just that."""
    program = start(aleta={"writes": True}, fault_share=0.08, fault_kinds=FAULTS, seed=seed)
    rows = lines(program, ROWS)
    file = write(program, rows)
    killed_on_the_way(program, "fee-holdings", file, Random(seed))

    report = upload(program, "fee-holdings", file, "acme", expect=4)

    there = {key[-1] for key in taken(program, "fee-holdings")}
    named = {error["line"] for error in report["errors"] if error["code"] == "unknown"}
    missing = [(at + 2, row) for at, row in enumerate(rows) if row.split(";")[1] not in there]
    assert doubles(program) == 0
    assert len(named) == report["unknown"] > 0
    assert {line for line, _ in missing} <= named  # nothing is lost without a word
    assert report["confirmed"] + report["skipped"] + report["unknown"] == ROWS

    program.box.set(fault_share=0)
    rest = write(program, [row for _, row in missing], "rest.csv")
    upload(program, "fee-holdings", rest, "acme", "--again")
    assert set(taken(program, "fee-holdings").values()) == {1}
    assert len(taken(program, "fee-holdings")) == ROWS
