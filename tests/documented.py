"""The commands that the documentation shows, block by block."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = sorted([*(ROOT / "docs").glob("*.md"), *(ROOT / "docs/adr").glob("*.md"), ROOT / "benchmarks/README.md"])
SHELLS = {"", "console", "bash", "sh"}
PROGRAMS = {
    *("aleta-sync", "chmod", "chown", "curl", "cd", "dbt", "docker", "export", "make", "marimo", "mkdocs", "mv"),
    *("pip", "pytest", "python", "systemctl"),
}
NOT_RUN = re.compile(r"<!-- not run: (.+?) -->")
NONE_IS_RUN = re.compile(r"<!-- none is run: (.+?) -->")
CRON = re.compile(r"^(?:[\d*/,-]+\s+){5}")
OPERATORS = {"|", ">", ">>", "2>>", "2>", "&&", ";", "#", "&"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block of code on a page, with the reason why it is not run, if one is given."""

    page: Path
    line: int
    language: str
    text: str
    reason: str = ""

    @property
    def place(self) -> str:
        return f"{self.page.name}:{self.line}"

    def commands(self) -> Iterator[list[str]]:
        """The words of each command in it; of a block with prompts, only what follows a prompt."""
        lines = self.text.splitlines()
        if any(line.startswith("$ ") for line in lines):
            lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
        for line in lines if self.language in SHELLS else ():
            words = command_in(line)
            if words:
                yield words


def command_in(line: str) -> list[str]:
    """The words of a command, up to a pipe, a redirection or a comment; nothing if *line* is none."""
    try:
        words = shlex.split(CRON.sub("", line.strip()), comments=False)
    except ValueError:
        return []
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        words = words[1:]
    if not words or words[0].rpartition("/")[2] not in PROGRAMS:
        return []
    end = next((place for place, word in enumerate(words) if word in OPERATORS), len(words))
    return [words[0].rpartition("/")[2], *words[1:end]]


def blocks(page: Path, text: str | None = None) -> Iterator[Block]:
    """Every block of code of *page*, fenced or indented."""
    said = page.read_text(encoding="utf-8") if text is None else text
    everywhere = found[1] if (found := NONE_IS_RUN.search(said)) else ""
    lines = said.splitlines()
    place, reason = 0, ""
    while place < len(lines):
        line = lines[place]
        if fence := re.match(r"^( *)```(\w*)", line):
            end = next(at for at in range(place + 1, len(lines)) if lines[at].strip() == "```")
            text_of = "\n".join(inside.removeprefix(fence[1]) for inside in lines[place + 1 : end])
            yield Block(page=page, line=place + 1, language=fence[2], text=text_of, reason=reason or everywhere)
            place, reason = end + 1, ""
        elif line.startswith("    ") and (place == 0 or not lines[place - 1].strip()) and not in_list(lines, place):
            end = next(
                (at for at in range(place, len(lines)) if lines[at].strip() and lines[at][:4] != "    "), len(lines)
            )
            text_of = "\n".join(inside[4:] for inside in lines[place:end])
            yield Block(page=page, line=place + 1, language="", text=text_of, reason=reason or everywhere)
            place, reason = end, ""
        else:
            marked = NOT_RUN.search(line)
            reason = marked[1] if marked else reason if not line.strip() else ""
            place += 1


def in_list(lines: list[str], place: int) -> bool:
    """Whether what is indented belongs to a list."""
    above = (line for line in reversed(lines[:place]) if line.strip())
    first = next((line for line in above if not line.startswith("    ")), "")
    return bool(re.match(r"^(\d+\.|-) ", first))


def python_blocks(page: Path) -> list[str]:
    return [block.text for block in blocks(page) if block.language == "python"]


def sql_blocks(page: Path) -> list[str]:
    return [block.text for block in blocks(page) if block.language == "sql"]
