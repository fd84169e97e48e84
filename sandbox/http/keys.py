"""The key pairs of the tenants, and the configuration files that hold them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from .issuer import Registration


def registration(tenant: str, key: ec.EllipticCurvePrivateKey) -> Registration:
    jwk: Mapping[str, str] = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return Registration(tenant=tenant, kid=f"kid-{tenant}", iss=f"iss-{tenant}", sub=f"sub-{tenant}", jwk=jwk)


def section(name: str, values: Mapping[str, object]) -> str:
    """A section of TOML; JSON spells strings, numbers, booleans and lists of them the same."""
    return "\n".join([f"[{name}]", *(f"{key} = {json.dumps(value, default=str)}" for key, value in values.items()), ""])


def write_private(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)


def write_config(folder: Path, top: Mapping[str, object], keys: Mapping[str, ec.EllipticCurvePrivateKey]) -> Path:
    """Write a configuration with *top* as its `[aleta]`, a section a tenant, and every tenant's key."""
    secrets = folder / "secrets"
    secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
    sections = [section("aleta", top)]
    for name, key in keys.items():
        integrator = registration(name, key)
        write_private(secrets / f"{name}.pem", key)
        tenant = {"kid": integrator.kid, "iss": integrator.iss, "sub": integrator.sub}
        sections.append(section(f"tenants.{name}", tenant | {"private_key_file": f"secrets/{name}.pem"}))
    (folder / "config.toml").write_text("\n".join(sections), encoding="utf-8")
    return folder
