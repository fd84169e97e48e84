"""Logging to one stream, one line a record, no secret in any of them (rule S1), nothing that steers a terminal (S2)."""

from __future__ import annotations

import contextlib
import copy
import json
import logging
import re
import time
from datetime import UTC, datetime
from enum import StrEnum
from types import TracebackType
from typing import TextIO, TypeAlias

from sources.aleta.safe_text import printable

OURS = ("pipelines", "sources", "schemas", "sandbox")
MASK = "***"
_FRAMES = re.compile(r"Traceback \(most recent call last\):\n(?: .*\n)+")
_PARTS = ("tenant", "code", "resource", "parent_id", "from_date", "to_date")  # of a record, where it has them
ExcInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

_QUOTE = r"""\\?["']"""  # as Python and JSON show text, also text within text
_NAMES = "assertion|access_token|refresh_token|id_token|client_secret|password"
_SECRETS = tuple(
    re.compile(pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        r"(?P<kept>)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
        r"(?P<kept>)(?-i:eyJ)[\w-]{5,}(?:\.[\w-]*)*",  # a JWT, whole or in part
        rf"(?P<kept>authorization(?:{_QUOTE})?\s*[:=]\s*(?:b?{_QUOTE})?)[^\"'\\\r\n]+",
        r"(?P<kept>\bbearer\s+)[^\s\"'\\,;})]+",
        rf"(?P<kept>(?:{_NAMES})(?:{_QUOTE})?\s*[:=]\s*(?:b?{_QUOTE})?)[^\s\"'\\&,;}})]+",
        rf"(?P<kept>{_QUOTE}d{_QUOTE}\s*:\s*b?{_QUOTE})[\w=+/-]+",  # the private part of a JWK
        r"(?P<kept>://[^/\s:@]*:)[^\s\"'\\]+(?=@)",  # a password in an address, whatever it has in it
        r"(?P<kept>host name \")[^\"]+(?=@)",  # the end of one with an @, which PostgreSQL's driver takes for a host
    )
)


class LogFormat(StrEnum):
    """How a record is written."""

    TEXT = "text"
    JSON = "json"  # one object a line


def redact(text: str) -> str:
    """*text* with every token, assertion, private key and password masked."""
    for secret in _SECRETS:
        text = secret.sub(rf"\g<kept>{MASK}", text)
    return text


def set_up(*, debug: bool, stream: TextIO, form: LogFormat = LogFormat.TEXT) -> None:
    """Send all logging to *stream*: ours from INFO (DEBUG with *debug*), the libraries' from WARNING.

    May be called again; the last call counts.
    """
    levels = dict.fromkeys(OURS, logging.DEBUG if debug else logging.INFO)
    levels["urllib3"] = logging.ERROR  # its warnings quote headers, and a header may quote the bearer (rule S2)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    formatter = _formatter(debug=debug, form=form)
    for name in ("", "dlt"):  # dlt keeps its records from the root, and takes the first handler of its own logger
        _attach(logging.getLogger(name), RedactingHandler(stream, formatter))
    logging.getLogger("dlt").propagate = False


class RedactingHandler(logging.StreamHandler[TextIO]):
    """Masks the finished line, so that message, arguments, exception and any formatter's additions are covered."""

    def __init__(self, stream: TextIO, formatter: logging.Formatter) -> None:
        super().__init__(stream)
        super().setFormatter(formatter)

    def setFormatter(self, fmt: logging.Formatter | None) -> None:  # noqa: N802  (the name is the base's)
        """Keep the one it has: dlt would give it another, which shows tracebacks."""

    def format(self, record: logging.LogRecord) -> str:
        """One line's worth of safe letters (rule S2); with --debug a traceback has lines of its own."""
        return printable(redact(super().format(record)), keep="\n\t")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  (the name is the base's)
        """Name the call that could not be logged, where the base would print its arguments unmasked."""
        with contextlib.suppress(OSError, ValueError):  # the stream itself may be gone
            self.stream.write(f"a log record of {record.name}, line {record.lineno}, could not be written\n")


class ManyLines(logging.Formatter):
    """With tracebacks, for --debug; the message itself stays one line."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  (the name is the base's)
        return printable(super().formatMessage(record))

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802  (the name is the base's)
        return printable(super().formatException(ei), keep="\n")


class OneLine(logging.Formatter):
    """One line a record: of an exception its type and its words, for a traceback is shown with --debug only.

    dlt puts some tracebacks into its messages.
    """

    def format(self, record: logging.LogRecord) -> str:
        record = copy.copy(record)
        record.exc_text = record.stack_info = None  # another handler may have put a traceback there
        return printable(" ".join(_FRAMES.sub("", super().format(record)).split("\n")))

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802  (the name is the base's)
        return f"{type(ei[1]).__name__}: {ei[1]}"


class JsonLine(logging.Formatter):
    """One JSON object a record: `time`, `level`, `logger`, `message`, and of a problem its parts.

    Each text is masked before it is quoted, so that what is masked ends with the text that it stands in.
    """

    def __init__(self, words: logging.Formatter) -> None:
        super().__init__()
        self._words = words

    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": self._words.format(record),
            **{name: getattr(record, name) for name in _PARTS if getattr(record, name, "")},
        }
        return json.dumps({name: printable(redact(f"{value}"), keep="\n") for name, value in fields.items()})


def _attach(logger: logging.Logger, handler: RedactingHandler) -> None:
    logger.handlers = [attached for attached in logger.handlers if not isinstance(attached, RedactingHandler)]
    logger.addHandler(handler)
    logger.setLevel(logging.WARNING)


def _formatter(*, debug: bool, form: LogFormat) -> logging.Formatter:
    kind = ManyLines if debug else OneLine
    if form is LogFormat.JSON:
        return JsonLine(kind("{message}", style="{"))
    formatter = kind("{asctime}Z {levelname:<7} {name}: {message}", "%Y-%m-%dT%H:%M:%S", style="{")
    formatter.converter = time.gmtime
    return formatter
