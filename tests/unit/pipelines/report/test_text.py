"""The report of a run as people read it."""

# ruff: noqa: RUF001  the report's own sign

from __future__ import annotations

import io
from collections import Counter

import pytest

from pipelines.report.problem_lines import problem_line
from pipelines.report.report import Counts, Exit, Problem, RunReport, TenantReport, TrialRecord
from pipelines.report.text import show

GONE = Problem(
    code="gone",
    message="transactions of acc-1: the API answered 404; it shows this no longer",
    resource="transactions",
    parent_id="acc-1",
    from_date="2020-01-01",
    to_date="2026-04-02",
)


def complete(tenant: str = "acme") -> TenantReport:
    return TenantReport(
        tenant=tenant,
        run_id="0123abcd",
        duration_s=72.31,
        requests=1203,
        retries=4,
        resources={
            "accounts": Counts(requests=3, read=200, unchanged=200),
            "transactions": Counts(
                requests=1200,
                windows=1170,
                splits=30,
                read=200_000,
                added=1500,
                modified=21,
                removed=7,
                unchanged=198_472,
                quarantined=2,
            ),
        },
        row_cap=1000,
        drift=Counter({"transactions.foo": 12, "accounts.bar": 1}),
        warehouse="data/acme/warehouse.duckdb",
    )


def text(*tenants: TenantReport, verbose: bool = False) -> str:
    stream = io.StringIO()
    show(RunReport(tenants=tenants), stream, verbose=verbose)
    return stream.getvalue()


def test_a_complete_run_in_a_headline() -> None:
    """Status, duration, requests, retries, and the row cap."""
    headline = text(complete()).splitlines()[0]
    assert headline == "✓ acme: sync complete in 1 min 12 s; 1,203 requests, 4 retries; row cap 1,000"


def test_w6_the_rule_for_the_cap_stands_under_the_headline() -> None:
    (tried := complete()).note_trials("transactions", TrialRecord(passed=60))
    assert "\n  rule for the row cap: one constant cap; 60 trials: at 95 %, fewer than" in text(tried)
    assert "rule for the row cap" not in text(complete())


def test_a_table_has_a_line_a_resource() -> None:
    """Counts of the contract under their names; what has no room in 80 columns under the line, unless it is zero."""
    lines = text(complete()).splitlines()
    row = next(number for number, line in enumerate(lines) if line.startswith("  transactions"))
    assert lines[1].split() == [
        *("resource", "read", "added", "modified", "removed", "unchanged", "requests", "splits")
    ]
    assert lines[row].split() == ["transactions", "200,000", "1,500", "21", "7", "198,472", "1,200", "30"]
    assert lines[row + 1] == "      2 quarantined"
    assert text(complete()).count("quarantined") == 1


def test_the_report_fits_eighty_columns_whatever_the_figures() -> None:
    """The longest table and millions of rows: no figure is lost, none is broken."""
    report = complete()
    report.resources["instrument_classes_detailed"] = Counts(
        requests=1_200_000, read=200_000_000, added=150_000, unchanged=198_472_111, splits=30, quarantined=2
    )
    report.errors = [GONE] * 3
    for verbose in (False, True):
        shown = text(report, complete("beta"), verbose=verbose)
        assert max(map(len, shown.splitlines())) <= 80
        assert all(figure in shown for figure in ("1,200,000", "200,000,000", "198,472,111 unchanged", "2 quarantined"))


def test_what_is_zero_everywhere_is_left_out_before_a_line_is_broken() -> None:
    """A quiet night of the longest table: one line a table, and a sentence for the changes that have no column."""
    quiet = Counts(requests=716, read=17_235, unchanged=17_235)
    report = TenantReport(tenant="acme", resources={"performance__instrument_classes_detailed": quiet})
    lines = text(report).splitlines()
    assert lines[1].split() == ["resource", "read", "added", "unchanged", "requests"]
    assert lines[3].split() == ["performance__instrument_classes_detailed", "17,235", "0", "17,235", "716"]
    assert lines[4] == "  nothing was modified or removed"


def test_a_single_one_under_a_line_is_singular() -> None:
    """1 split, and not 1 splits."""
    report = complete()
    report.resources["performance__instrument_classes_detailed"] = Counts(splits=1, quarantined=1)
    assert "      1 split, 1 quarantined\n" in text(report)


def test_attributes_that_no_column_holds_are_counted_once() -> None:
    """X2: nothing is lost, and the report says so, the most frequent first, of all tenants together."""
    many = "2 attributes that no column holds are in `extra`: transactions.foo ×24,\naccounts.bar ×2\n"
    line = "1 attribute that no column holds is in `extra`: transactions.foo ×1\n"
    assert many in text(complete(), complete("beta"))
    assert text(complete(), complete("beta")).count("no column") == 1
    assert line in text(TenantReport(tenant="acme", drift=Counter({"transactions.foo": 1})))


def test_many_new_attributes_are_cut_short_unless_verbose() -> None:
    """Five names, and where the rest is."""
    report = TenantReport(tenant="acme", drift=Counter({f"transactions.a{number:02}": 1 for number in range(23)}))
    flat = " ".join(text(report).split())
    assert "transactions.a04 ×1 and 18 more: see --json" in flat
    assert "transactions.a05" not in flat
    assert "transactions.a22 ×1" in text(report, verbose=True)


def test_the_warehouse_is_named_in_one_piece() -> None:
    """A path is there to be copied, however long it is."""
    report = complete()
    report.warehouse = f"/data/{'x' * 150}/acme/warehouse.duckdb"
    assert f"  warehouse: {report.warehouse}\n" in text(report)


def test_the_warehouse_stands_apart_from_the_problems() -> None:
    """It belongs to the run, not to the last of them."""
    report = complete()
    report.warnings = ["a look"]
    assert "warning: a look\n\n  warehouse: " in text(report)


def test_a_partial_run_names_what_is_missing() -> None:
    """The status has its mark; each problem says where, what, and what to do."""
    report = complete()
    report.errors = [GONE, Problem(code="stopped", message="stopped on request; what was read is committed")]
    flat = " ".join(text(report).split())
    assert flat.startswith("! acme: sync partial in ")
    assert "2 problems:" in flat
    assert (
        "- [gone] transactions of acc-1, 2020-01-01 to 2026-04-02: the API answered 404; it shows this no longer. "
        "Its rows are kept."
    ) in flat
    assert "- [stopped] stopped on request; what was read is committed. Run the same command again" in flat


def test_problems_beyond_twenty_are_counted() -> None:
    """A screenful of problems is enough; --json has all."""
    report = TenantReport(tenant="acme", errors=[GONE] * 25)
    assert text(report).count("[gone]") == 20
    assert "    and 5 more: see --json\n" in text(report)
    assert text(report, verbose=True).count("[gone]") == 25


def test_a_failed_run_says_why_and_shows_no_empty_table() -> None:
    """Nothing was read: there is a headline, and the reason."""
    problem = Problem(code="auth", message="auth.aleta.io refused the assertion (invalid_grant); check kid and iss")
    shown = text(TenantReport(tenant="acme", kind="backfill", duration_s=0.2, fatal=Exit.AUTH, errors=[problem]))
    assert shown.splitlines() == [
        "✗ acme: backfill failed in 0.2 s; 0 requests",
        "  1 problem:",
        "  - [auth] auth.aleta.io refused the assertion (invalid_grant); check kid and",
        "    iss.",
    ]


def test_several_tenants_end_with_a_count() -> None:
    """Each has its part, and the last line tells whether to look."""
    failed = TenantReport(tenant="gamma", fatal=Exit.FAILED)
    partial = TenantReport(tenant="beta", errors=[GONE])
    lines = text(complete(), complete("delta"), partial, failed).splitlines()
    assert [line[:8] for line in lines if line[:1] in "✓!✗" and line] == [
        "✓ acme: ",
        "✓ delta:",
        "! beta: ",
        "✗ gamma:",
    ]
    assert lines[-1] == "4 tenants: 2 complete, 1 partial, 1 failed"


def test_many_tenants_are_a_table_that_fits_a_mail() -> None:
    """C6: a line each, details of those that need attention only, 80 columns; a long name goes on below."""
    partial = TenantReport(tenant="the-family-office-of-somewhere-quiet", errors=[GONE], requests=1_234_567)
    warned = TenantReport(tenant="beta", warnings=["a clock was wrong"])
    shown = text(*(complete(f"acme-{number}") for number in range(5)), partial, warned)
    lines = shown.splitlines()

    assert max(map(len, lines)) <= 80
    assert lines[0].split() == ["tenant", "status", "in", "requests", "read", "changed", "problems"]
    assert sum(line.startswith("acme-") for line in lines) == 5
    assert lines[2].split() == [*("acme-0", "✓", "complete", "1", "min", "12", "s", "1,203", "200,200", "1,528", "0")]
    assert "warehouse" not in shown
    assert "[gone] transactions of acc-1" in " ".join(shown.split())
    assert "warning: a clock was wrong" in shown
    assert lines[-1] == "7 tenants: 6 complete, 1 partial"


def test_verbose_adds_the_run_and_its_windows() -> None:
    """What a receipt in `sync_windows` is found by."""
    shown = text(complete(), verbose=True)
    assert "  run 0123abcd\n" in shown
    assert "windows" in shown
    assert "1,170" in shown


def test_piped_text_is_plain_and_eighty_columns_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """No colour codes and no trailing blanks, whatever the environment says of terminals."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "40")
    report = complete()
    report.errors = [GONE] * 3
    shown = text(report)
    assert "\x1b" not in shown
    assert all(line == line.rstrip() and len(line) <= 80 for line in shown.splitlines())
    assert max(map(len, shown.splitlines())) > 70


def test_a_terminal_has_colours_and_whole_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """A figure is never cut to fit a narrow terminal."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = Terminal()
    show(RunReport(tenants=[complete()]), stream)
    assert "\x1b[1;32m✓ acme" in stream.getvalue()
    assert all(figure in stream.getvalue() for figure in ("transactions", "198,472", "quarantined"))


def test_a_stream_without_the_letters_gets_the_report_all_the_same() -> None:
    """A report must not fail for want of a letter."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    show(RunReport(tenants=[complete()]), stream)
    stream.flush()
    assert b"\\u2713 acme: sync complete" in raw.getvalue()


def test_words_in_brackets_are_words() -> None:
    """Nothing of a message is taken for markup."""
    report = TenantReport(tenant="acme", errors=[Problem(code="disk", message="cannot write [bold]x[/bold]")])
    assert "cannot write [bold]x[/bold]" in text(report)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        pytest.param(0.04, "0.0 s", id="at-once"),
        pytest.param(9.6, "10 s", id="rounded-up"),
        pytest.param(59.6, "1 min 0 s", id="a-minute"),
        pytest.param(7805.0, "2 h 10 min", id="hours"),
    ],
)
def test_durations_have_the_digits_that_matter(seconds: float, expected: str) -> None:
    """Tenths below ten seconds, minutes above an hour."""
    assert f" in {expected}; " in text(TenantReport(tenant="acme", duration_s=seconds))


def test_a_problem_without_a_place_is_just_said() -> None:
    """What concerns the whole run has no resource and no days."""
    assert (
        problem_line(Problem(code="disk", message="the disk is full: make room."))
        == "[disk] the disk is full: make room."
    )


def test_a_problem_of_a_whole_resource_names_it_once() -> None:
    """The message's own place is not repeated."""
    problem = Problem(code="unavailable", message="clients: the answer broke off", resource="clients")
    assert problem_line(problem) == "[unavailable] clients: the answer broke off. The next such run reads it again."


def test_names_and_words_from_outside_are_shown_and_do_nothing_s2() -> None:
    """S2: an escape, a line's end or a change of direction in an id or a message is visible."""
    nasty = "a\x1b]8;;http://x\x07\n\u202eb"
    report = TenantReport(
        tenant="acme",
        errors=[Problem(code="gone", message=f"it said {nasty}", resource="accounts", parent_id=nasty)],
        warnings=[nasty],
        drift=Counter({nasty: 1}),
    )
    shown = text(report)
    assert shown.replace("\n", "").isprintable()
    assert " ".join(shown.split()).count(r"\x1b]8;;http://x\x07") == 4
