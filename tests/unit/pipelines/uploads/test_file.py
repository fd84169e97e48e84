"""A file is read whole and checked whole: the rows, or every mistake with its line."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.uploads.file import Checked, FileError, read
from pipelines.uploads.kinds import KINDS

ACCOUNTS = KINDS["account-holdings"]
INSTRUMENTS = KINDS["instrument-holdings"]
HEADER = "account_id,date,market_value\n"
GOOD = "a1,2026-01-31,1234.50\n"


@pytest.fixture
def check(tmp_path: Path):
    """Read *content* as a file of accounts' holdings, or of *kind*."""

    def checked(content: str | bytes | pa.Table, kind=ACCOUNTS) -> Checked:
        file = tmp_path / "holdings"
        if isinstance(content, pa.Table):
            pq.write_table(content, file)
        else:
            file.write_bytes(content.encode() if isinstance(content, str) else content)
        return read(file, kind)

    return checked


@pytest.fixture
def mistakes(check):
    """What is wrong with a file, as (line, code)."""

    def found(content, kind=ACCOUNTS) -> list[tuple[int, str]]:
        with pytest.raises(FileError) as caught:
            check(content, kind)
        return [(mistake.line, mistake.code) for mistake in caught.value.mistakes]

    return found


def test_what_is_named_parquet_and_is_none_is_no_matter_of_its_text(tmp_path):
    (file := tmp_path / "holdings.parquet").write_bytes(b"\xff\xfe half of a file")
    with pytest.raises(FileError) as caught:
        read(file, ACCOUNTS)
    [mistake] = caught.value.mistakes
    assert (mistake.line, mistake.code) == (0, "file")
    assert "no Parquet file" in mistake.message


# -- what is read


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(HEADER + GOOD, id="commas"),
        pytest.param((HEADER + GOOD).replace(",", ";"), id="semicolons"),
        pytest.param(("\ufeff" + HEADER + GOOD).encode(), id="byte order mark"),
        pytest.param((HEADER + GOOD).replace("\n", "\r\n"), id="Windows lines"),
        pytest.param((HEADER + GOOD).rstrip("\n"), id="no last newline"),
        pytest.param('"account_id","date","market_value"\n"a1","2026-01-31","1234.50"\n', id="quoted"),
        pytest.param("date,market_value,account_id\n2026-01-31,1234.50,a1\n", id="another order"),
        pytest.param("account_id , date, market_value\n a1 , 2026-01-31 ,\t1234.50\n", id="blanks around"),
        pytest.param(HEADER + GOOD + "\n\n", id="blank lines at the end"),
    ],
)
def test_a_csv_file_is_read_in_any_of_its_spellings(check, content):
    """One row, the same body, whatever parts the cells and ends the lines."""
    [row] = check(content).rows

    assert (row.line, row.parent, row.day, row.name) == (2, "a1", "2026-01-31", "a1 2026-01-31")
    assert row.body == (
        b'{"data":{"type":"historical-account-holding","attributes":{"date":"2026-01-31","marketValue":1234.50},'
        b'"relationships":{"account":{"data":{"type":"account","id":"a1"}}}}}'
    )


def test_a_header_without_rows_is_nothing_to_send(check):
    """No row, and no mistake."""
    assert check(HEADER).rows == ()


@pytest.mark.parametrize(
    "number",
    ["0", "-0", "1", "-1.50", "100.00", "1e3", "1E-12", "12345678901234567890123456789.123456789012345678901"],
)
def test_a_number_travels_digit_by_digit(check, number):
    """The body has the very text of the cell."""
    [row] = check(f"{HEADER}a1,2026-01-31,{number}\n").rows

    assert f'"marketValue":{number}}}'.encode() in row.body


def test_an_instrument_holding_has_what_its_columns_say(check):
    """Empty optional cells are left out; the instrument is linked by its own type, if given."""
    header = "depository_id,instrument_id,date,units,market_value,accrued_interest,currency_exchange_rate"
    rows = check(
        f"{header},reporting_currency_code,instrument_type\n"
        "d1,i1,2026-01-31,10,1234.5,0.1,7.46,DKK,stock-instrument\n"
        "d1,i2,2026-01-31,10,1234.5,,,,\n",
        INSTRUMENTS,
    ).rows
    full, bare = (json.loads(row.body)["data"] for row in rows)

    assert full["type"] == "historical-instrument-holding"
    assert full["attributes"] == {
        "date": "2026-01-31",
        "units": 10,
        "marketValue": 1234.5,
        "accruedInterest": 0.1,
        "currencyExchangeRate": 7.46,
        "reportingCurrencyCode": "DKK",
    }
    assert full["relationships"]["instrument"]["data"] == {"type": "stock-instrument", "id": "i1"}
    assert bare["attributes"] == {"date": "2026-01-31", "units": 10, "marketValue": 1234.5}
    assert bare["relationships"] == {
        "depository": {"data": {"type": "depository", "id": "d1"}},
        "instrument": {"data": {"type": "instrument", "id": "i2"}},
    }


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        pytest.param("1.5", "1.500", True, id="trailing zeros"),
        pytest.param("1500", "1.5e3", True, id="an exponent"),
        pytest.param("0.0", "-0", True, id="nought"),
        pytest.param("1.5", "1.5000000000000000000001", False, id="another number, far behind"),
        pytest.param("1.5", "-1.5", False, id="another sign"),
        pytest.param("15", "150", False, id="ten times as much"),
    ],
)
def test_a_row_is_known_again_by_its_values(check, first, second, same):
    """However its numbers are spelt."""
    rows = [check(f"{HEADER}a1,2026-01-31,{number}\n").rows[0] for number in (first, second)]

    assert (rows[0].fingerprint == rows[1].fingerprint) is same


# -- Parquet


@pytest.mark.parametrize(
    ("day", "value", "text"),
    [
        pytest.param(date(2026, 1, 31), Decimal("1234.50"), "1234.50", id="decimal"),
        pytest.param("2026-01-31", "1234.50", "1234.50", id="text"),
        pytest.param(datetime(2026, 1, 31), 1234, "1234", id="midnight and a whole number"),  # noqa: DTZ001
        pytest.param(datetime(2026, 1, 31, tzinfo=UTC), 1234, "1234", id="midnight in UTC"),
        pytest.param(date(2026, 1, 31), 1234.56, "1234.56", id="double"),
    ],
)
def test_a_parquet_file_is_the_same_rows(check, day, value, text):
    """The row is numbered from 1; every digit that the file has is sent."""
    [row] = check(pa.table({"account_id": ["a1"], "date": [day], "market_value": [value]})).rows

    assert (row.line, row.day) == (1, "2026-01-31")
    assert f'"marketValue":{text}}}'.encode() in row.body


def test_floats_in_parquet_are_sent_with_a_warning(check):
    """The file lost digits before anybody could help it; the operator is told."""
    table = pa.table({"account_id": ["a1"], "date": ["2026-01-31"], "market_value": pa.array([0.1], pa.float32())})

    checked = check(table)

    assert b'"marketValue":0.1}' in checked.rows[0].body
    assert "market_value: binary floating point" in checked.warnings[0]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        pytest.param({"market_value": [float("nan")]}, [(1, "number")], id="not a number"),
        pytest.param({"market_value": [None]}, [(1, "missing")], id="null"),
        pytest.param({"market_value": [True]}, [(0, "type")], id="truth value"),
        pytest.param({"account_id": [["a1"]]}, [(0, "type")], id="list"),
        pytest.param({"account_id": [b"a1"]}, [(0, "type")], id="bytes"),
        pytest.param({"date": [datetime(2026, 1, 31, 12)]}, [(1, "day")], id="noon"),  # noqa: DTZ001
        pytest.param({"value": [1]}, [(0, "header")], id="unknown column"),
    ],
)
def test_a_mistake_in_parquet_is_named_with_its_row(mistakes, columns, expected):
    """Types that are no cells are named once."""
    good = {"account_id": ["a1"], "date": ["2026-01-31"], "market_value": [Decimal("1.5")]}

    assert mistakes(pa.table(good | columns)) == expected


def test_a_damaged_parquet_file_is_a_mistake(mistakes):
    """It begins like one, and is none."""
    assert mistakes(b"PAR1 and no more") == [(0, "file")]


# -- what is wrong


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param("", [(1, "header")], id="empty"),
        pytest.param(GOOD, [(1, "header")] * 6, id="no header"),
        pytest.param("account_id,date\na1,2026-01-31\n", [(1, "header")], id="a column is missing"),
        pytest.param(HEADER.replace("\n", ",note\n") + "a1,2026-01-31,1,x\n", [(1, "header")], id="one too many"),
        pytest.param(HEADER.replace("\n", ",date\n") + "a1,2026-01-31,1,x\n", [(1, "header")], id="one twice"),
        pytest.param(f"{HEADER}a1,2026-01-31\n", [(2, "cells")], id="too few cells"),
        pytest.param(f"{HEADER}a1,2026-01-31,1,234.50\n", [(2, "cells")], id="too many cells"),
        pytest.param(f"{HEADER},2026-01-31,1\n", [(2, "missing")], id="no id"),
        pytest.param(f"{HEADER}a1,,\n", [(2, "missing")] * 2, id="no day, no value"),
        pytest.param(f"{HEADER}a1,31.01.2026,1\n", [(2, "day")], id="a day of another country"),
        pytest.param(f"{HEADER}a1,20260131,1\n", [(2, "day")], id="a day without dashes"),
        pytest.param(f"{HEADER}a1,2026-02-30,1\n", [(2, "day")], id="no day of the calendar"),
        pytest.param(f"{HEADER}a1,0206-01-31,1\n", [(2, "day")], id="a day of long ago"),
        pytest.param(f'{HEADER}a1,2026-01-31,"1,5"\n', [(2, "number")], id="a decimal comma"),
        pytest.param(f'{HEADER}a1,2026-01-31,"1,234.5"\n', [(2, "number")], id="thousands"),
        pytest.param(f"{HEADER}a1,2026-01-31,+1\n", [(2, "number")], id="a plus"),
        pytest.param(f"{HEADER}a1,2026-01-31,.5\n", [(2, "number")], id="no nought before the point"),
        pytest.param(f"{HEADER}a1,2026-01-31,007\n", [(2, "number")], id="leading noughts"),
        pytest.param(f"{HEADER}a1,2026-01-31,NaN\n", [(2, "number")], id="not a number"),
        pytest.param(f"{HEADER}a1,2026-01-31,1e9999\n", [(2, "number")], id="an exponent without end"),
        pytest.param(f"{HEADER}a1,2026-01-31,{'1' * 101}\n", [(2, "number")], id="digits without end"),
        pytest.param(f"{HEADER}a1,2026-01-31,\u0661\n", [(2, "number")], id="digits of another script"),
        pytest.param(f"{HEADER}a\x1b1,2026-01-31,1\n", [(2, "id")], id="an escape in an id"),
        pytest.param(f"{HEADER}{'a' * 201},2026-01-31,1\n", [(2, "id")], id="an id without end"),
        pytest.param(HEADER + GOOD + GOOD, [(3, "duplicate")], id="the same row twice"),
        pytest.param(HEADER + GOOD + "a1,2026-01-31,x\n", [(3, "duplicate"), (3, "number")], id="twice, and wrong"),
        pytest.param(f'{HEADER}"a1,2026-01-31,1\n', [(2, "csv")], id="a quote that never ends"),
        pytest.param((HEADER + "a\xe9,2026-01-31,1\n").encode("latin-1"), [(2, "encoding")], id="not UTF-8"),
        pytest.param((HEADER + GOOD).encode("utf-16"), [(0, "encoding")], id="UTF-16"),
        pytest.param(b"PK\x03\x04 workbook", [(0, "encoding")], id="an Excel workbook"),
    ],
)
def test_a_mistake_is_named_with_its_line(mistakes, content, expected):
    """Line and kind; nothing of such a file is sent."""
    assert sorted(mistakes(content)) == expected


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        pytest.param("i1,eur,", "currency", id="currency"),
        pytest.param("i1,EUR,Stock Instrument", "resource_type", id="type"),
    ],
)
def test_codes_are_checked_by_their_form(mistakes, cell, code):
    """A currency is three capitals, a type is in kebab-case."""
    header = "depository_id,date,units,market_value,instrument_id,reporting_currency_code,instrument_type\n"

    assert mistakes(f"{header}d1,2026-01-31,1,1,{cell}\n", INSTRUMENTS) == [(2, code)]


def test_every_mistake_is_named_not_only_the_first(mistakes):
    """Of each line each, in order; lines within quotes are counted as an editor counts them."""
    content = f'{HEADER}a1,x,y\n"a\n2",2026-01-31,1\n{GOOD}a1,2026-01-31,2\na3,1\n'

    assert mistakes(content) == [(2, "day"), (2, "number"), (3, "id"), (6, "duplicate"), (7, "cells")]


def test_a_file_that_is_not_there_is_a_mistake(tmp_path):
    """With its path and the system's reason."""
    with pytest.raises(FileError) as caught:
        read(tmp_path / "none.csv", ACCOUNTS)

    assert "none.csv cannot be read: No such file" in caught.value.mistakes[0].message
