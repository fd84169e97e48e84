from __future__ import annotations

import pytest


@pytest.fixture
def in_sqlite(tmp_path, monkeypatch) -> str:
    """The name of a destination with an empty database."""
    pytest.importorskip("sqlalchemy")
    monkeypatch.setenv("DESTINATION__SQLALCHEMY__CREDENTIALS", f"sqlite:///{tmp_path / 'aleta.db'}")
    return "sqlalchemy"
