"""What a verification says: what was done, and nothing that was not."""

from __future__ import annotations

import pytest

from pipelines.report.problem_lines import problem_line
from pipelines.report.report import Exit, Problem, TenantReport, TrialRecord
from pipelines.verification.statement import Difference, Verdict, Verification
from tests.fakes import NOON


def verification(**values: object) -> Verification:
    known: dict[str, object] = {"windows": 3, "rows": 70, "accounts": {"a", "b"}, "ledger_checked": True}
    report = values.pop("report", TenantReport(tenant="acme", kind="verify"))
    return Verification(
        tenant="acme", address="https://api", warehouse="data/acme", at=NOON, report=report, **known | values
    )


def test_what_was_compared_and_equal_is_stated() -> None:
    """Windows, parents, rows, from where, with what, and the ledger."""
    found = verification()
    assert (found.exit, found.status) == (Exit.COMPLETE, "equal")
    assert "3 windows of 2 parents with 70 rows were read from https://api for tenant acme" in found.statement
    assert found.statement.endswith("Ledger: receipts tile every mark, keys are unique. Result: equal.")


@pytest.mark.parametrize("fatal", [Exit.FAILED, Exit.AUTH, None])
def test_where_nothing_could_be_compared_nothing_else_is_said(fatal: Exit | None) -> None:
    """Exit 1 (3 where the token was refused); no word of rows, digits or receipts."""
    errors = [Problem(code="locked", message="data/acme/lock is held by process 7.")] if fatal else []
    report = TenantReport(tenant="acme", kind="verify", errors=errors, fatal=fatal)
    found = verification(windows=0, rows=0, accounts=set(), ledger_checked=False, report=report)
    assert (found.exit, found.status) == (fatal or Exit.FAILED, "nothing compared")
    assert "nothing could be compared with data/acme (" in found.statement
    assert ("process 7" in found.statement) is bool(fatal)
    assert "Ledger: not checked. Result: nothing compared." in found.statement
    assert not any(word in found.statement for word in ("tile", "digit", "missing", "unique"))


def lines(found: Verification) -> list[str]:
    return [problem_line(finding) for finding in found.findings]


def test_what_differs_is_a_line_of_the_log_and_each_check_too() -> None:
    """Exit 1 of a verification that read everything: what was found, and what to do."""
    difference = Difference(kind="missing", resource="holdings", parent_id="a", id="1")
    checks = ["transactions a: its receipts do not cover 2026-01-01 to 2026-01-31", "holdings: 2 duplicate keys"]
    found = verification(counts={"missing": 3, "extra": 0}, differences=[difference], checks=checks)
    first, second, third = lines(found)
    assert first.startswith(f"[ledger] {checks[0]}. A `backfill`")
    assert second.startswith(f"[ledger] {checks[1]}. A `backfill`")
    assert third.startswith("[different] 3 missing, 0 extra in holdings. `sync` reads")


def test_nothing_compared_is_a_line_of_the_log_once() -> None:
    """Why, where no read failed; where one did, its own line says it."""
    [line] = lines(verification(windows=0, rows=0))
    assert line.startswith("[nothing] nothing could be compared (there was no window and no object to read): `check`")
    failed = TenantReport(tenant="acme", errors=[Problem(code="locked", message="held")], fatal=Exit.FAILED)
    assert not lines(verification(windows=0, rows=0, report=failed))


def test_v1_that_answers_for_no_table_is_a_line_of_the_log() -> None:
    """Also where reads failed, whose lines say nothing of it."""
    report = TenantReport(tenant="acme", errors=[Problem(code="gone", message="x")], tracks={"transactions": "v2"})
    [line] = lines(verification(track="v1", report=report))
    assert line.startswith("[nothing] nothing could be compared (no table answered on v1: ")


def test_what_is_equal_is_no_line() -> None:
    """Nor is what a sample has not seen: that is an error of the reading (`never_read`)."""
    assert not lines(verification())


def test_a_verification_that_broke_off_says_what_it_did_before() -> None:
    """What was read is counted, the reads that failed too."""
    report = TenantReport(tenant="acme", errors=[Problem(code="unreachable", message="x")], fatal=Exit.FAILED)
    found = verification(report=report)
    assert (found.exit, found.status) == (Exit.FAILED, "failed")
    assert "0 extra; 1 reads failed. Ledger: receipts" in found.statement


@pytest.mark.parametrize(
    ("trials", "said"),
    [
        (TrialRecord(passed=60, requests=70), "one constant cap; 60 trials: at 95 %, fewer than 5.0% of the answers"),
        (TrialRecord(strict=True, passed=2, noticed="size"), "strict; 2 trials. Ledger"),
        (TrialRecord(passed=1), "one constant cap; 1 trial. Ledger"),
        (TrialRecord(chained=True), "pages to the last; no trial. Ledger"),
    ],
)
def test_w6_the_rule_that_was_in_force_and_what_its_trials_bound_are_stated(trials: TrialRecord, said: str) -> None:
    """W6: nobody reads `equal` without what it rests on."""
    report = TenantReport(tenant="acme", kind="verify")
    report.note_trials("transactions", trials)
    found = verification(report=report)
    assert f". Rule for the row cap: {said}" in found.statement


def test_w6_where_no_answer_could_be_cut_no_rule_is_stated() -> None:
    """Nothing was read by windows."""
    assert "row cap" not in verification().statement


def test_ids_from_outside_steer_no_terminal_s2() -> None:
    """S2: in the list of differences and in what the ledger gets wrong."""
    nasty = "a\x1b[2J\nforged"
    difference = Difference(kind="missing", resource="transactions", parent_id=nasty, id=nasty)
    found = verification(counts={"missing": 1}, differences=[difference], checks=[f"accounts {nasty}: a gap"])
    shown = Verdict(tenants=[found]).text()
    assert shown.replace("\n", "").isprintable()
    assert not any(line.startswith("forged") for line in shown.splitlines())
    assert found.exit is Exit.FAILED


def test_no_table_hides_another() -> None:
    """A hundred of each kind and table are named, whatever is found first; the counts are of all."""
    found = verification()
    for resource, kind, count in (("holdings", "different", 900), ("holdings", "extra", 1), ("accounts", "extra", 150)):
        for number in range(count):
            found.name(Difference(kind=kind, resource=resource, parent_id="", id=f"{number}"))
    named = [(each.resource, each.kind) for each in found.differences]
    assert [named.count(each) for each in dict.fromkeys(named)] == [100, 1, 100]
    lines = found.text().splitlines()[1:]
    assert len(lines) == 201 + 2
    assert lines[-2:] == ["  different: 800 more of holdings", "  extra: 50 more of accounts"]


def test_what_a_later_answer_shows_is_not_extra_d7() -> None:
    """D7: its days are in no history, and another row's sake brought them; others stay told."""
    found = verification()
    for own_id in ("1", "2"):
        found.tell(Difference(kind="extra", resource="transactions", parent_id="a", id=own_id))
    found.withdraw_extra("holdings", {"1", "2"})
    found.withdraw_extra("transactions", {"1"})
    assert [each.id for each in found.differences] == ["2"]
    assert found.counts["extra"] == 1
    found.withdraw_extra("transactions", {"2"})
    assert (found.exit, found.status) == (Exit.COMPLETE, "equal")
