"""A bundle of certificates that cannot be used is named before anything is sent."""

from __future__ import annotations

import pytest

from sources.aleta.errors import (
    CertificatesError,
)
from sources.aleta.transport.exchange.wire import check_certificates


def test_a_bundle_that_is_not_there_is_named_with_its_variable(tmp_path):
    """Requests calls it an OSError, which looks like a disk."""
    with pytest.raises(CertificatesError, match=rf"REQUESTS_CA_BUNDLE names {tmp_path}/no.pem, .*No such file"):
        check_certificates({"REQUESTS_CA_BUNDLE": f"{tmp_path}/no.pem"})


def test_a_bundle_without_certificates_is_named(tmp_path):
    """An empty file."""
    (tmp_path / "empty.pem").write_text("")
    with pytest.raises(CertificatesError, match=r"CURL_CA_BUNDLE names .*empty\.pem"):
        check_certificates({"CURL_CA_BUNDLE": f"{tmp_path}/empty.pem"})


def test_without_a_variable_nothing_is_looked_at():
    """The bundle of the library counts."""
    check_certificates({"REQUESTS_CA_BUNDLE": ""})
