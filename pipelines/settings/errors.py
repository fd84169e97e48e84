"""What is wrong with a configuration: where, what is expected, what to do."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import NoReturn


class SettingsError(Exception):
    """A configuration that no run can start from (exit 2): where, what is expected, never what was read (rule S1)."""

    def __init__(self, *, file: str, path: str, expected: str, remedy: str) -> None:
        said = f"expected {expected}. {remedy.strip()}".rstrip()
        super().__init__(": ".join(part for part in (file, path, said) if part))
        self.file, self.path, self.expected = file, path, expected


def refuse(file: Path | str, path: str, expected: str, remedy: str) -> NoReturn:
    """Raise what is wrong, without what was read."""
    raise SettingsError(file=str(file), path=path, expected=expected, remedy=remedy) from None  # may quote a value


def did_you_mean(word: str, known: Collection[str]) -> str:
    """A sentence with the closest of *known*; empty where none is close."""
    import difflib  # noqa: PLC0415 - `--help` does without

    close = difflib.get_close_matches(word, sorted(known), n=1)
    return f" Did you mean {close[0]}?" if close else ""
