"""What `aleta_source` is told is checked before anything is asked: a wrong value could leave rows out unsaid. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import get_args

from .options import OnFailure

MOST_DAYS = 36_500
LEAST = {"workers": 1, "burst": 1}  # of the others, none


def tables(resources: Sequence[str], there_are: Collection[str]) -> list[str]:
    """Those to read, each once.

    Raises:
        ValueError: it names none, or one that there is not.
    """
    known = f"There are {', '.join(there_are)}"
    if isinstance(resources, str) or not resources:
        raise ValueError(f"resources: expected a list of tables, not {resources!r}. {known}")
    if unknown := set(resources) - {*there_are, "*"}:
        raise ValueError(f"resources: no table is called {', '.join(sorted(unknown))}. {known}")
    return [*there_are] if "*" in resources else [*dict.fromkeys(resources)]


def day(name: str, given: object) -> date:
    """A day, or its text; of a moment, its day.

    Raises:
        ValueError: it is none.
    """
    try:
        if isinstance(given, datetime):
            return given.date()
        return given if isinstance(given, date) else date.fromisoformat(f"{given}")
    except ValueError:
        raise ValueError(f"{name}: expected a day as YYYY-MM-DD, not {given!r}") from None


def check_numbers(**given: object) -> None:
    """Of each argument, by its name, that it is a whole number that makes sense; of days, no more than a century's.

    Raises:
        ValueError: one is none.
    """
    for name, value in given.items():
        least, most = LEAST.get(name, 0), MOST_DAYS if name.endswith("_days") else None
        if type(value) is not int or value < least or (most is not None and value > most):
            bound = f"{least} or more" if most is None else f"{least} to {most}"
            raise ValueError(f"{name}: expected a whole number, {bound}, not {value!r}")


def check_choice(on_failure: object) -> None:
    """That it is one of what may be done.

    Raises:
        ValueError: it is none.
    """
    if on_failure not in get_args(OnFailure):
        raise ValueError(f"on_failure: expected {' or '.join(get_args(OnFailure))}, not {on_failure!r}")
