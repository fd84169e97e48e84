"""Credentials that are refused: exit 3, the endpoint's message, and what to check."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from sandbox import Sandbox, SandboxSettings
from sandbox.http import server
from sandbox.http.keys import write_private
from tests.e2e.refusals import api_requests, one_error


def test_a_key_that_aleta_does_not_have_is_refused_with_the_endpoint_s_words(program, tmp_path):
    """Exit 3: what the token endpoint said, and what to check; nothing is asked of the API."""
    with Sandbox(SandboxSettings(accounts=1, rows=0)) as other:
        write_private(program.config / "secrets" / "acme.pem", other._keys["acme"])

    ended = program.sync(expect=3)

    error = one_error(ended)
    assert error["code"] == "auth"
    assert "signature does not match the registered key" in error["message"]
    assert "check kid kid-acme" in error["message"]
    assert ended.report["status"] == "failed"
    assert api_requests(program) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param("kid-acme", "kid-acne", "kid is unknown", id="kid"),
        pytest.param("iss-acme", "iss-acne", "iss is not the one registered", id="iss"),
        pytest.param("sub-acme", "sub-acne", "sub is not the one registered", id="sub"),
    ],
)
def test_a_wrong_name_in_the_assertion_is_refused_with_the_endpoint_s_words(program, old, new, message):
    """Exit 3, and the claim that is wrong."""
    program.rewrite(old, new)

    error = one_error(program.sync(expect=3))

    assert error["code"] == "auth"
    assert message in error["message"]
    assert api_requests(program) == []


@pytest.mark.parametrize(
    ("ahead_s", "message"),
    [pytest.param(-600, "iat lies in the future", id="fast"), pytest.param(600, "expired", id="slow")],
)
def test_a_clock_that_is_wrong_is_refused_with_the_endpoint_s_words(program, monkeypatch, ahead_s, message):
    """Exit 3: this machine's clock is ten minutes off the endpoint's."""
    theirs = SimpleNamespace(time=lambda: time.time() + ahead_s, monotonic=time.monotonic)
    monkeypatch.setattr(server, "time", theirs)

    error = one_error(program.sync(expect=3))

    assert error["code"] == "auth"
    assert message in error["message"]


def test_a_key_file_that_is_no_key_is_named(program):
    """Exit 3: the file, and how to make a key."""
    (program.config / "secrets" / "acme.pem").write_text("not a key\n")

    error = one_error(program.sync(expect=3))

    assert error["code"] == "key"
    assert "secrets/acme.pem" in error["message"]
    assert program.box.requests == []


def test_a_key_file_that_cannot_be_read_as_text_is_a_mistake_of_the_configuration(program):
    """Exit 2 before any request: contract, a missing or unreadable key file."""
    file = program.config / "secrets" / "acme.pem"
    file.write_bytes(b"\x80\xff\x00")

    for command in (("sync", "--json"), ("check", "--json")):
        ended = program.run(*command)
        assert ended.exit == 2
        assert f"{file}: it is not text" in ended.err + ended.out
    assert program.box.requests == []


def test_a_key_file_that_is_not_there_is_a_mistake_of_the_configuration(start):
    """Exit 2 before any request, also of the other tenants: the path in the file, the file, and how to make a key."""
    program = start(tenants=("acme", "beta"))
    (program.config / "secrets" / "acme.pem").unlink()

    for command in (
        ("sync", "--json"),
        ("verify",),
        ("plan", "--json"),
        ("backfill", "--from", "2025-01-01", "--to", "2025-01-02"),
    ):
        ended = program.run(*command)
        assert (ended.exit, ended.out) == (2, "")
        assert "tenants.acme.private_key_file" in ended.err
        assert f"{program.config / 'secrets' / 'acme.pem'}" in ended.err
        assert "keys generate" in ended.err
    assert program.box.requests == []
    assert program.run("status").exit == 0


def test_an_api_that_refuses_every_token_is_an_authentication_failure_f2(synced):
    """F2: one new token, once; then exit 3, and the warehouse is as it was."""
    synced.box.faults.script("401", path_contains="/api/", times=10_000)

    error = one_error(synced.sync(expect=3))

    assert error["code"] == "auth"
    assert synced.differences() == []
