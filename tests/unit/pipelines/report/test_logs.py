"""Rule S1: no secret reaches a log line."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from textwrap import dedent

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.report.logs import LogFormat, RedactingHandler, redact, set_up
from pipelines.report.problem_lines import log_problems
from pipelines.report.report import Problem

SECRET = "c2VjcmV0LXNlY3JldC1zZWNyZXQ"
BEARER = f"Bearer {SECRET}"
JWT = f"eyJhbGciOiJFUzI1NiJ9.{SECRET}.{SECRET}"
PEM = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
KEY_LINE = PEM.splitlines()[1]
PLANTED = [
    pytest.param(f"Authorization: Bearer {SECRET}", SECRET, id="header"),
    pytest.param(f"Authorization: Custom one {SECRET}", SECRET, id="header of an unknown scheme"),
    pytest.param(f"sent {{'Authorization': 'Bearer {SECRET}'}}", SECRET, id="headers as Python shows them"),
    pytest.param(f"sent {{b'authorization': b'{SECRET}'}}", SECRET, id="headers as bytes"),
    pytest.param(f"sent ('Authorization', 'Bearer {SECRET}')", SECRET, id="a header as a pair"),
    pytest.param(f"used bearer {SECRET}, again", SECRET, id="bearer in a sentence"),
    pytest.param(f"token {JWT} refused", SECRET, id="JWT"),
    pytest.param(f"x=%22{JWT}", SECRET, id="JWT in an encoded address"),
    pytest.param(f"{JWT[:30]}", JWT[20:30], id="part of a JWT"),
    pytest.param(f"grant_type=jwt-bearer&assertion={SECRET}&x=1", SECRET, id="assertion in a form"),
    pytest.param(json.dumps({"access_token": SECRET}), SECRET, id="access_token in JSON"),
    pytest.param(json.dumps(json.dumps({"access_token": SECRET})), SECRET, id="access_token in JSON in JSON"),
    pytest.param(f"{{'access_token': '{SECRET}'}}", SECRET, id="access_token as Python shows it"),
    pytest.param(f"?access_token={SECRET}", SECRET, id="access_token in an address"),
    pytest.param(json.dumps({"kty": "EC", "d": SECRET}), SECRET, id="JWK"),
    pytest.param(json.dumps(json.dumps({"kty": "EC", "d": SECRET})), SECRET, id="JWK in JSON"),
    pytest.param(f"{{'kty': 'EC', 'd': '{SECRET}'}}", SECRET, id="JWK as Python shows it"),
    pytest.param(f"postgres://loader:{SECRET}@db/aleta", SECRET, id="password in an address"),
    pytest.param(f"postgres://loader:{SECRET}/x@db/aleta", SECRET, id="password with a slash"),
    pytest.param(f"postgres://loader:x@{SECRET}@db/aleta", SECRET, id="password with an @"),
    pytest.param(f'could not translate host name "{SECRET}@db" to address', SECRET, id="its end, taken for a host"),
    pytest.param(f"key is {PEM} there", KEY_LINE, id="PEM"),
    pytest.param(repr(PEM), KEY_LINE, id="PEM as Python shows it"),
    pytest.param(PEM[: len(PEM) // 2], KEY_LINE, id="PEM cut short"),
]


@pytest.fixture(autouse=True)
def _logging_restored() -> Iterator[None]:
    names = ("", "dlt", "urllib3", "pipelines", "sources", "schemas", "sandbox")
    before = {name: (log.handlers[:], log.level, log.propagate) for name in names for log in [logging.getLogger(name)]}
    yield
    for name, (handlers, level, propagate) in before.items():
        log = logging.getLogger(name)
        log.handlers, log.propagate = handlers, propagate
        log.setLevel(level)


@pytest.mark.parametrize(("text", "secret"), PLANTED)
def test_redact_masks_a_secret(text: str, secret: str) -> None:
    """However a secret is written, none of it is left."""
    assert secret in text
    assert secret not in redact(text)
    assert "***" in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("3 accounts read, 12 windows, 2 splits", id="progress"),
        pytest.param("tenants.acme.private_key: expected one key source", id="a setting's name"),
        pytest.param("GET https://platform.aleta.io/api/v2/transactions?accountId=1&fromDate=2024-01-01", id="address"),
        pytest.param('{"id": "d", "data": []}', id="JSON"),
        pytest.param("-----BEGIN PUBLIC KEY-----\nabc\n-----END PUBLIC KEY-----", id="public key"),
    ],
)
def test_redact_leaves_the_rest(text: str) -> None:
    """What is no secret stays readable."""
    assert redact(text) == text


def test_redact_keeps_what_stands_around_a_key() -> None:
    """Only the block of the key is masked."""
    assert redact(f"before {PEM.strip()} after") == "before *** after"


@settings(max_examples=40, deadline=None)
@given(st.text(), st.text(), st.sampled_from([secret.values for secret in PLANTED if secret.id != "PEM cut short"]))
def test_redact_masks_within_any_text(before: str, after: str, planted: tuple[str, str]) -> None:
    """Text around a secret does not hide it, and masking twice changes nothing."""
    text, secret = planted
    masked = redact(f"{before} {text} {after}")
    assert secret not in masked
    assert redact(masked) == masked


def _logged(call: object) -> str:
    stream = io.StringIO()
    logging.getLogger().handlers.clear()  # pytest's own, which would fail on a record that cannot be written
    set_up(debug=False, stream=stream)
    call(logging.getLogger("pipelines.run.sync"))
    return stream.getvalue()


def _raise_and_log(log: logging.Logger) -> None:
    try:
        int(BEARER)
    except ValueError:
        log.exception("failed")


LEAKS = [
    pytest.param(lambda log: log.info(BEARER), id="message"),
    pytest.param(lambda log: log.info("%s", BEARER), id="argument"),
    pytest.param(lambda log: log.info("%(it)s", {"it": {"access_token": SECRET}}), id="argument by name"),
    pytest.param(lambda log: log.info("Bearer %s", SECRET), id="message and argument together"),
    pytest.param(_raise_and_log, id="exception"),
]


@pytest.mark.parametrize("leak", LEAKS)
def test_a_planted_secret_is_masked_in_the_log(leak: object) -> None:
    """Message, arguments and exception text pass the mask."""
    written = _logged(leak)
    assert "***" in written
    assert SECRET not in written


@pytest.mark.parametrize("leak", LEAKS)
def test_without_the_mask_the_planted_secret_is_seen(leak: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sabotage: it is the handler's mask, and nothing else, that hides it."""
    monkeypatch.setattr(RedactingHandler, "format", logging.StreamHandler.format)
    assert SECRET in _logged(leak)


def test_a_line_holds_time_in_utc_level_and_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line a record, led by the UTC time, wherever the machine stands."""
    stream = io.StringIO()
    set_up(debug=False, stream=stream)
    record = {"name": "pipelines.run.sync", "msg": "read", "levelno": logging.INFO, "levelname": "INFO", "created": 0.0}
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    logging.getLogger().handle(logging.makeLogRecord(record))
    monkeypatch.undo()
    time.tzset()
    assert stream.getvalue() == "1970-01-01T00:00:00Z INFO    pipelines.run.sync: read\n"


@pytest.mark.parametrize(
    ("name", "level", "debug", "seen"),
    [
        pytest.param("pipelines.x", logging.INFO, False, True, id="ours, info"),
        pytest.param("sources.aleta.x", logging.DEBUG, False, False, id="ours, debug"),
        pytest.param("sandbox.x", logging.DEBUG, True, True, id="ours, debug with --debug"),
        pytest.param("dlt", logging.INFO, True, False, id="dlt, info"),
        pytest.param("dlt", logging.WARNING, False, True, id="dlt, warning"),
        pytest.param("urllib3.connectionpool", logging.INFO, True, False, id="urllib3, info"),
        pytest.param("urllib3.connection", logging.WARNING, True, False, id="urllib3, which quotes headers"),
        pytest.param("urllib3.connectionpool", logging.ERROR, False, True, id="urllib3, error"),
        pytest.param("azure.core", logging.INFO, True, False, id="another library, info"),
    ],
)
def test_levels(name: str, level: int, debug: bool, seen: bool) -> None:
    """Ours from INFO, DEBUG when asked; the libraries' from WARNING."""
    stream = io.StringIO()
    set_up(debug=debug, stream=stream)
    logging.getLogger(name).log(level, "said")
    assert stream.getvalue().count("said") == int(seen)


def test_the_last_set_up_counts() -> None:
    """A second call replaces the first; no line is written twice."""
    first, second = io.StringIO(), io.StringIO()
    set_up(debug=False, stream=first)
    set_up(debug=False, stream=second)
    logging.getLogger("pipelines").info("said")
    assert (first.getvalue(), second.getvalue().count("said")) == ("", 1)


def test_a_record_that_cannot_be_written_shows_no_argument(capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong format string does not stop a run, nor print the arguments unmasked."""
    written = _logged(lambda log: log.info("%d", BEARER))
    assert "could not be written" in written
    assert SECRET not in written + capsys.readouterr().err


@pytest.mark.parametrize(
    ("debug", "shown"), [pytest.param(False, False, id="plain"), pytest.param(True, True, id="debug")]
)
def test_a_traceback_is_for_debug_only(debug: bool, shown: bool) -> None:
    """Without --debug an exception is its type and its words, on the line of its record."""
    stream = io.StringIO()
    set_up(debug=debug, stream=stream)
    log = logging.getLogger("dlt")
    log.handlers[0].setFormatter(logging.Formatter("{message}", style="{"))  # as dlt does when it starts
    _raise_and_log(log)
    assert ("Traceback" in stream.getvalue()) is shown
    assert stream.getvalue().startswith("20")
    assert shown or stream.getvalue().count("\n") == 1
    assert "ValueError: " in stream.getvalue()


def test_a_traceback_within_a_message_is_left_out_too() -> None:
    """dlt tells of a failed job in its message: what went wrong is kept, where in dlt is not."""
    stream = io.StringIO()
    set_up(debug=False, stream=stream)
    with pytest.raises(ValueError, match="outer") as caught:
        _fail()
    logging.getLogger("dlt").error("job failed: %s", "".join(traceback.format_exception(caught.value)))
    said = stream.getvalue()
    assert "Traceback" not in said
    assert "test_logs.py" not in said
    assert "job failed: KeyError: 'inner'" in said
    assert "ValueError: outer" in said


def _fail() -> None:
    try:
        {}["inner"]
    except KeyError as inner:
        raise ValueError("outer") from inner


def test_a_closed_stream_does_not_stop_a_run(capsys: pytest.CaptureFixture[str]) -> None:
    """Where the log goes is not worth a failed sync, nor a traceback on whatever else is there."""
    stream = io.StringIO()
    set_up(debug=False, stream=stream)
    stream.close()
    logging.getLogger("pipelines").info("said")
    assert capsys.readouterr() == ("", "")


def test_dlt_logs_through_the_mask() -> None:
    """dlt sets up its own logger when it starts; its records are still masked, and written once."""
    script = dedent(f"""
        import sys
        from pipelines.report.logs import set_up
        set_up(debug=True, stream=sys.stderr)
        import dlt
        from dlt.common import logger
        dlt.pipeline("probe")
        assert logger.LOGGER is not None
        logger.LOGGER.warning("Bearer {SECRET}")
    """)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr.count("***") == 1
    assert SECRET not in done.stderr


@pytest.mark.parametrize("debug", [False, True], ids=["info", "debug"])
def test_what_steers_a_terminal_is_made_visible_s2(*, debug: bool) -> None:
    """S2: an id with an escape, a line's end, a link or a change of direction is one line that only shows them."""
    stream = io.StringIO()
    set_up(debug=debug, stream=stream)
    nasty = "acc\x1b[31m\n2026 ERROR forged\x9b2J\u202e\x1b]8;;http://x\x07"
    logging.getLogger("pipelines.x").error("account %s", nasty)
    assert stream.getvalue().count("\n") == 1
    assert stream.getvalue()[:-1].isprintable()
    assert r"acc\x1b[31m" in stream.getvalue()
    assert r"\u202e" in stream.getvalue()


@pytest.mark.parametrize("planted", [secret.values for secret in PLANTED])
def test_a_record_as_json_is_one_object_without_a_secret(planted: tuple[str, str]) -> None:
    """`--log-format json`: still JSON when something in it was masked, and one line."""
    stream = io.StringIO()
    set_up(debug=False, stream=stream, form=LogFormat.JSON)
    logging.getLogger("pipelines.x").error("said %s", planted[0], extra={"tenant": "acme", "parent_id": planted[0]})
    record = json.loads(stream.getvalue())
    assert stream.getvalue().count("\n") == 1
    assert planted[1] not in stream.getvalue()
    assert (record["level"], record["tenant"], record["logger"]) == ("ERROR", "acme", "pipelines.x")
    assert record["message"].startswith("said ")


def test_a_problem_is_one_record_with_its_parts() -> None:
    """What, tenant, resource, parent, window and what to do; apart for a machine, in words for a person."""
    stream = io.StringIO()
    set_up(debug=False, stream=stream, form=LogFormat.JSON)
    problem = Problem(
        code="forbidden",
        message="transactions of a\x1b1: refused",
        resource="transactions",
        parent_id="a\x1b1",
        from_date="2026-01-01",
        to_date="2026-01-31",
    )
    log_problems("acme", [problem])
    record = json.loads(stream.getvalue())
    assert record["message"] == (
        r"acme: [forbidden] transactions of a\x1b1, 2026-01-01 to 2026-01-31: refused. Its rows are kept."
    )
    assert (record["tenant"], record["code"], record["resource"]) == ("acme", "forbidden", "transactions")
    assert (record["parent_id"], record["from_date"]) == (r"a\x1b1", "2026-01-01")
