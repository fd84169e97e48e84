"""What counts as a signature, in every encoding that a sender may choose."""

from __future__ import annotations

import base64
from itertools import product

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from pipelines.webhooks.signatures import MOST_SIGNATURES, decoded, fits, public_key, signed_message

KEY, OTHER = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
KEYS = [OTHER.public_key(), KEY.public_key()]
MESSAGE = signed_message(webhook_id="msg_1", timestamp="1795700000", body=b'{"type":"x"}')
ENCODE = {"standard": base64.b64encode, "url": base64.urlsafe_b64encode}


def der(key=KEY, message=MESSAGE):
    return key.sign(message, ec.ECDSA(SHA256()))


def raw(signature):
    return b"".join(number.to_bytes(32) for number in decode_dss_signature(signature))


def text(signature, alphabet="standard"):
    return ENCODE[alphabet](signature).decode()


def test_the_message_is_id_time_and_body_joined_by_dots():
    """So says Standard Webhooks."""
    assert MESSAGE == b'msg_1.1795700000.{"type":"x"}'


@pytest.mark.parametrize("shape", ["raw", "der"])
@pytest.mark.parametrize("prefix", ["v1,", "v1a,", "v9.any:thing,", ""])
@pytest.mark.parametrize(("alphabet", "padded"), list(product(ENCODE, [True, False])))
def test_every_encoding_fits(shape, prefix, alphabet, padded):
    """r||s and DER, both alphabets, padded or not, whatever stands before the comma; many times, for r and s vary."""
    for _ in range(20):
        signature = text(raw(der()) if shape == "raw" else der(), alphabet)
        assert fits(prefix + (signature if padded else signature.rstrip("=")), MESSAGE, KEYS)


def test_a_small_r_or_s_fits():
    """DER is as short as its numbers are; one of 64 bytes looks like r||s and is none."""
    found = (signature for signature in iter(der, None) if len(signature) < 70)
    assert fits(f"v1,{text(next(found))}", MESSAGE, KEYS)


def test_any_one_of_several_suffices():
    """Senders sign with the old key and with the new one while they rotate."""
    wrong, right = text(raw(der(ec.generate_private_key(ec.SECP256R1())))), text(raw(der()))
    assert fits(f"v1,{wrong} v1a,junk v1,{right}", MESSAGE, KEYS)


@pytest.mark.parametrize("between", [" ", ", ", ",", " , ", "\t"])
@pytest.mark.parametrize("good_first", [True, False])
def test_signatures_that_a_proxy_joined_are_read(between, good_first):
    """RFC 9110, 5.3: lines of one header may be joined by commas."""
    wrong, right = f"v1a,{text(raw(der(message=b'else')))}", f"v1a,{text(raw(der()))}"
    assert fits(between.join([right, wrong] if good_first else [wrong, right]), MESSAGE, KEYS)


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("", id="none"),
        pytest.param("v1,", id="empty"),
        pytest.param("v1,!!!!", id="no-base64"),
        pytest.param(f"v1,{text(b'')}", id="no-bytes"),
        pytest.param(f"v1,{text(bytes(64))}", id="zeros"),
        pytest.param(f"v1,{text(bytes([255]) * 64)}", id="beyond-the-order"),
        pytest.param(f"v1,{text(bytes([0x30]) * 70)}", id="broken-der"),
        pytest.param(f"v1,{text(raw(der()) + b'x')}", id="too-long"),
        pytest.param(f"v1,{text(raw(der(message=MESSAGE + b' ')))}", id="another-body"),
        pytest.param(f"v1,{text(der(ec.generate_private_key(ec.SECP256R1())))}", id="another-key"),
        pytest.param("v1,é", id="not-ascii"),
    ],
)
def test_what_does_not_fit_is_refused_without_an_error(header):
    """A forger chooses the header."""
    assert not fits(header, MESSAGE, KEYS)


def test_one_delivery_costs_a_bounded_number_of_verifications():
    """A header may hold hundreds of signatures; only the first are looked at."""
    wrong = f"v1,{text(raw(der(OTHER, b'else')))}"
    assert fits(" ".join([*[wrong] * (MOST_SIGNATURES - 1), f"v1,{text(der())}"]), MESSAGE, KEYS)
    assert not fits(" ".join([*[wrong] * MOST_SIGNATURES, f"v1,{text(der())}"]), MESSAGE, KEYS)


def test_without_keys_nothing_fits():
    assert not fits(f"v1,{text(der())}", MESSAGE, [])


@pytest.mark.parametrize(("alphabet", "padded"), list(product(ENCODE, [True, False])))
def test_a_key_is_read_in_either_base64(alphabet, padded):
    """The vendor's sample pads, and uses the standard alphabet."""
    point = KEY.public_key().public_numbers()
    x, y = (text(number.to_bytes(32), alphabet).rstrip("" if padded else "=") for number in (point.x, point.y))
    assert public_key(x, y).public_numbers() == point


def test_a_point_that_is_not_on_the_curve_is_no_key():
    with pytest.raises(ValueError):  # noqa: PT011 - cryptography's words are its own
        public_key(text(bytes(31) + b"\x01"), text(bytes(31) + b"\x01"))


def test_text_that_is_not_base64_is_refused():
    with pytest.raises(ValueError):  # noqa: PT011
        decoded("a*b=")
