"""A certificate authority of the tests' own, and a server's certificate that it signed."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Certified:
    """A server's side of TLS, and the file with the authority that a client must trust for it."""

    server: ssl.SSLContext
    authority: Path


def certified(folder: Path, *, host: str = "127.0.0.1", ends: datetime | None = None) -> Certified:
    """A certificate for the address *host*, valid until *ends* (tomorrow)."""
    now = datetime.now(UTC)
    key, own = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))

    def signed(name: str, holder: ec.EllipticCurvePrivateKey, *extensions: x509.ExtensionType) -> bytes:
        made = x509.CertificateBuilder(issuer_name=named("tests"), subject_name=named(name))
        made = made.public_key(holder.public_key())
        made = made.serial_number(x509.random_serial_number())
        made = made.not_valid_before(now - 3 * A_DAY).not_valid_after(ends or now + A_DAY)
        for extension in extensions:
            made = made.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        return made.sign(key, SHA256()).public_bytes(Encoding.PEM)

    authority, chain = folder / "authority.pem", folder / "server.pem"
    authority.write_bytes(signed("tests", key, x509.BasicConstraints(ca=True, path_length=0)))
    private = own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    chain.write_bytes(private + signed(host, own, x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))])))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(chain)
    return Certified(server, authority)


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
