"""`keys generate`: a private key that only its owner reads, and its public half for Aleta."""

from __future__ import annotations

import json
import stat
from dataclasses import replace


def test_a_generated_key_is_private_and_its_public_half_is_what_aleta_needs(installed):
    """Mode 0600; the JWK has no `d`; once Aleta has it, the key works."""
    file = installed.config / "secrets" / "acme.pem"
    file.unlink()

    ended = installed.run("keys", "generate", "--out", f"{file}")

    jwk = json.loads(ended.out)
    assert ended.exit == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert jwk.keys() >= {"kty", "crv", "x", "y", "alg", "use"}
    assert (jwk["kty"], jwk["crv"], jwk["alg"], "d" in jwk) == ("EC", "P-256", "ES256", False)
    registered = installed.box._issuer.registered
    registered["kid-acme"] = replace(registered["kid-acme"], jwk=jwk)
    assert installed.run("check").exit == 0


def test_a_key_is_never_overwritten(program):
    """Exit 2, and the old key is as it was."""
    file = program.config / "secrets" / "acme.pem"
    before = file.read_bytes()

    ended = program.run("keys", "generate", "--out", f"{file}")

    assert (ended.exit, ended.out) == (2, "")
    assert "never overwritten" in ended.err
    assert file.read_bytes() == before
