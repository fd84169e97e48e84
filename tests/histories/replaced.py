"""Which planted bugs replace what the program does not have (any more), so that they would break nothing.

As a script: a line for each of them. Each bug is planted in a fork.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
import traceback
from types import ModuleType

import pipelines
import sources.aleta
from tests.histories.bugs import BUGS, plant

Owner = ModuleType | type
EXTRAS = ("keyvault", "orchestration", "sqlalchemy")
"""In the names of modules that bring an extra; no bug is planted there."""


def owners() -> list[Owner]:
    """Every module of the program, and every class."""
    modules = [
        importlib.import_module(module.name)
        for package in (pipelines, sources.aleta)
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        if not any(extra in module.name for extra in EXTRAS)
    ]
    return modules + [value for module in modules for value in vars(module).values() if isinstance(value, type)]


def strangers(name: str, known: list[Owner]) -> list[str]:
    """What a bug adds to the program instead of replacing it; or how it fails to be planted."""
    before = {part: set(vars(part)) for owner in known for part in lineage(owner)}
    try:
        plant(name)
    except Exception:  # noqa: BLE001  whatever it is, the test shows it
        return [f"{name}: {traceback.format_exc()}"]
    return [
        f"{name} adds {part.__name__}.{added}"
        for part, names in before.items()
        for added in vars(part).keys() - names
        if not any(added in before[base] for base in lineage(part)[1:])
    ]


def lineage(owner: Owner) -> tuple[Owner, ...]:
    """It, and of a class all that it inherits from: to override what is inherited is to replace it."""
    return owner.__mro__ if isinstance(owner, type) else (owner,)


def main() -> None:
    known = owners()
    for name in BUGS:
        if not os.fork():
            for line in strangers(name, known):
                print(line, flush=True)  # noqa: T201  its output is the answer
            os._exit(0)
        os.wait()
    sys.exit(0)


if __name__ == "__main__":
    main()
