"""What a cell of an uploaded file must look like, by the form of its column. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

LONGEST_NUMBER = 100
LONGEST_ID = 200
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")  # RFC 8259 section 6
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
CURRENCY = re.compile(r"[A-Z]{3}")
RESOURCE_TYPE = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2099, 12, 31)


class Form(StrEnum):
    """What the cells of a column hold."""

    ID = "id"
    DAY = "day"
    NUMBER = "number"
    CURRENCY = "currency"
    RESOURCE_TYPE = "resource_type"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """What is wrong with a file: *line* as an editor counts them, in Parquet the row; 0: the file as a whole."""

    line: int
    code: str
    message: str


def flaw(form: Form, text: str) -> str:
    """What is wrong with a cell that is not empty; nothing when all is well."""
    return FLAWS[form](text)


def canonical_number(text: str) -> str:
    """One spelling for all JSON numbers of the same value: `1.50`, `1.5` and `15e-1` are one."""
    mantissa, _, exponent = text.lower().partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, decimals = mantissa.lstrip("-").partition(".")
    digits = (whole + decimals).lstrip("0")
    significant = digits.rstrip("0")
    power = int(exponent or 0) - len(decimals) + len(digits) - len(significant)
    return f"{sign}{significant}e{power}" if significant else "0"


def _id(text: str) -> str:
    if not text.isprintable():
        return f"{text!r} has characters that cannot be printed"
    return f"an id of more than {LONGEST_ID} characters" if len(text) > LONGEST_ID else ""


def _day(text: str) -> str:
    if not DAY.fullmatch(text):
        return f"{text[:40]!r} is no ISO day, like 2026-01-31"
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return f"{text} is no day of the calendar"
    return "" if FIRST_DAY <= found <= LAST_DAY else f"{text} lies outside {FIRST_DAY} to {LAST_DAY}"


def _number(text: str) -> str:
    if len(text) > LONGEST_NUMBER:
        return f"a number of more than {LONGEST_NUMBER} characters"
    if NUMBER.fullmatch(text):
        return ""
    hint = ": decimals follow a point, and nothing separates thousands" if "," in text else ""
    return f"{text!r} is no number as JSON spells them, like 1234.50{hint}"


def _currency(text: str) -> str:
    return "" if CURRENCY.fullmatch(text) else f"{text[:40]!r} is no ISO 4217 code, like EUR"


def _resource_type(text: str) -> str:
    return "" if RESOURCE_TYPE.fullmatch(text) else f"{text[:40]!r} is no type of instrument, like stock-instrument"


FLAWS: Mapping[Form, Callable[[str], str]] = {
    Form.ID: _id,
    Form.DAY: _day,
    Form.NUMBER: _number,
    Form.CURRENCY: _currency,
    Form.RESOURCE_TYPE: _resource_type,
}
