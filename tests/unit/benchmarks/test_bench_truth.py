"""The benchmark's comparison, table and measures: each sees what it is there to see."""

from __future__ import annotations

import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from benchmarks import measure, stored
from benchmarks.results import CHANGED, FIRST, Report, Result, median, ratio
from benchmarks.stored import StoredRows
from benchmarks.table import rendered, replaced
from benchmarks.truth import Differences, canonical, differences

SAID = canonical(
    {
        row_id: {
            "type": "fee-transaction",
            "attributes": {"accountAmount": Decimal("0.1234567890123456"), "tradeDate": "2026-01-02", "comment": None},
            "relationships": {"account": {"data": {"type": "account", "id": "a1"}}, "parties": {"data": []}},
        }
        for row_id in ("r1", "r2")
    }
)
RUN = Result(
    world="w",
    scenario=FIRST,
    contender="ours",
    round=0,
    seconds=2.0,
    cpu_s=1.0,
    megabytes=100,
    requests=12,
    refused=0,
    missing=0,
    extra=0,
    stale=0,
    digits=0,
    exit=0,
)


def changed(**values: object) -> dict:
    return {**SAID["r1"], **values}


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        pytest.param(SAID, Differences(), id="equal"),
        pytest.param({"r1": SAID["r1"]}, Differences(missing=1), id="missing"),
        pytest.param({**SAID, "r3": SAID["r1"]}, Differences(extra=1), id="extra"),
        pytest.param({**SAID, "r1": changed(accountamount=Decimal("0.2"))}, Differences(stale=1), id="another amount"),
        pytest.param({**SAID, "r1": changed(tradedate="2026-01-03")}, Differences(stale=1), id="another day"),
        pytest.param({**SAID, "r1": changed(comment="old")}, Differences(stale=1), id="a value that is gone"),
        pytest.param({**SAID, "r1": changed(account="a2")}, Differences(stale=1), id="another account"),
        pytest.param({**SAID, "r1": changed(accountamount="0.1234567890123456")}, Differences(), id="a number as text"),
        pytest.param(
            {**SAID, "r1": changed(accountamount=Decimal("0.123456789012"))}, Differences(digits=1), id="digits lost"
        ),
        pytest.param({**SAID, "r1": changed(accountamount="n/a")}, Differences(stale=1), id="no number"),
    ],
)
def test_every_kind_of_difference_is_counted(rows, found):
    """What is held against what is said."""
    assert differences(StoredRows(rows=rows, repeated=0), SAID) == found


def test_a_row_that_is_there_twice_is_extra():
    """Two rows of one id are one too many; asked of some ids only, nobody knows of which."""
    assert differences(StoredRows(rows=SAID, repeated=3), SAID).extra == 3
    assert differences(StoredRows(rows=SAID, repeated=3), SAID, only=frozenset({"r1"})).extra == 0


def test_only_some_rows_may_be_asked_about():
    """What is wrong with the others is not counted."""
    found = StoredRows(rows={"r1": SAID["r1"]}, repeated=0)

    assert differences(found, SAID, only=frozenset({"r1"})) == Differences()
    assert differences(found, SAID, only=frozenset({"r2"})).rows == 1


OURS = """CREATE TABLE rows AS SELECT 'r1' AS id, 'fee-transaction' AS type, DATE '2026-01-02' AS trade_date, 'a1' AS
    account_id, 'h' AS row_hash, 0.123456789012 AS account_amount, '{"accountAmount": "0.1234567890123456"}'::JSON AS
    extra"""
FLAT = """CREATE TABLE rows AS SELECT 'r1' AS id, 'fee-transaction' AS type, '2026-01-02' AS attributes__trade_date,
    0.1234567890123456::DOUBLE AS attributes__account_amount__v_double, NULL AS attributes__account_amount,
    '{"data": {"type": "account", "id": "a1"}}'::JSON AS relationships__account"""
JSON = """CREATE TABLE rows AS SELECT 'r1' AS id, 'fee-transaction' AS type, 0.12 AS accountAmount,
    '{"accountAmount": 0.1234567890123456, "tradeDate": "2026-01-02", "nested": {"x": 1}}'::JSON AS attributes,
    '{"account": {"data": {"type": "account", "id": "a1"}}}'::JSON AS relationships"""
COVERED = JSON.replace("0.12 AS", "'0.1234567890123456' AS").replace("0.1234567890123456,", "0.12,")


@pytest.mark.parametrize(
    ("sql", "form"),
    [
        pytest.param(OURS, stored.typed, id="typed"),
        pytest.param(FLAT, stored.flattened, id="flattened"),
        pytest.param(JSON, stored.documents, id="documents"),
        pytest.param(COVERED, stored.covered_documents, id="covered documents"),
    ],
)
def test_every_form_reads_the_same_row(tmp_path, sql, form):
    """Whatever the columns are called, and wherever the digits are kept."""
    file = tmp_path / "any.duckdb"
    with duckdb.connect(f"{file}") as connection:
        connection.execute(sql)

    found = stored.read(file, "rows", form)

    assert differences(found, {"r1": SAID["r1"]}) == Differences()


def test_a_table_that_is_not_there_holds_nothing(tmp_path):
    """A killed load may leave no file, or a file without the table."""
    duckdb.connect(f"{tmp_path / 'empty.duckdb'}").close()

    assert stored.read(tmp_path / "none.duckdb", "rows", stored.typed) == stored.NOTHING
    assert stored.read(tmp_path / "empty.duckdb", "rows", stored.typed) == stored.NOTHING


def test_ratios_are_medians_of_pairs():
    """A slow round is slow for both."""
    ours = [replace(RUN, round=number, seconds=seconds) for number, seconds in enumerate((1.0, 10.0, 2.0))]
    theirs = [replace(RUN, round=number, seconds=seconds) for number, seconds in enumerate((3.0, 20.0, 8.0))]

    assert ratio(ours, theirs) == 3.0
    assert median(theirs, "seconds") == 8.0


def test_the_table_says_what_was_measured():
    """One table a scenario; columns of refusals and exit codes appear when there is something in them."""
    report = Report(
        date="2026-01-02",
        machine={"cores": 2, "processor": "any", "memory_gb": 8, "system": "Linux", "python": "3.11"},
        worlds={"w": {"accounts": 5, "rows": 1200, "years": 2, "row_cap": 50, "fewest_requests": 10}},
        contenders={"ours": {"title": "Us", "versions": "1"}, "peer": {"title": "Peer", "versions": "2"}},
        results=[
            RUN,
            replace(RUN, contender="peer", seconds=5.0, missing=7, exit=1),
            replace(RUN, scenario=CHANGED, old_changes=4),
        ],
    )

    text = rendered(report)

    assert "W: 5 accounts, 1,200 rows, 2 years" in text
    assert "| Us | 2.0 | 1.0 | 100 | 12 | 0 | 0 | 0 | 0 | 0 |" in text
    assert "| Peer | 5.0 | 2.5 | 100 | 12 | 7 | 0 | 0 | 0 | 1 |" in text
    assert "1.20 times as many" in text
    assert "older changes not seen" in text
    assert "of them 429" not in text


def test_the_table_goes_between_its_marks():
    """And without them nowhere."""
    assert replaced("a<b>old</b>c", "new", marks=("<b>", "</b>")) == "a<b>\n\nnew\n\n</b>c"
    with pytest.raises(ValueError, match="lacks"):
        replaced("a", "new", marks=("<b>", "</b>"))


def test_a_program_is_measured_with_its_children(tmp_path: Path):
    """Memory of the whole tree; output into files."""
    child = "import time; held = bytearray(60_000_000); time.sleep(1)"
    parent = f"import subprocess, sys; print('said'); subprocess.run([sys.executable, '-c', {child!r}]); sys.exit(3)"

    usage = measure.run([sys.executable, "-c", parent], log=tmp_path / "log")

    assert usage.exit == 3
    assert usage.megabytes > 60
    assert (tmp_path / "out").read_text() == "said\n"


def test_a_kill_takes_the_children_along(tmp_path: Path):
    """Nobody is left who holds a file."""
    child = "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(60)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    written = tmp_path / "pid"

    usage = measure.run(
        [sys.executable, "-c", parent],
        log=tmp_path / "log",
        enough=lambda: written.exists() and bool(written.read_text()),
    )

    assert usage.exit == -9
    assert not measure._lives(int(written.read_text()))
