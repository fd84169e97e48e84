"""A package is loaded under the lease from its begin to its end."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pipelines.warehouse.destinations.lease import LeaseLostError
from pipelines.warehouse.warehouse import Warehouse


def test_a_lease_that_is_lost_while_a_package_is_loaded_ends_the_run() -> None:
    """A machine that slept in the middle: what it wrote may lie over what another wrote since."""
    done: list[str] = []

    def renew() -> None:
        done.append("renewed")
        if "loaded" in done:
            raise LeaseLostError("here", None)

    warehouse = SimpleNamespace(
        _lease=SimpleNamespace(renew=renew),
        _pipeline=SimpleNamespace(run=lambda _: done.append("loaded")),
        _dialect=SimpleNamespace(has_json=True),
    )
    with pytest.raises(LeaseLostError, match="verify --all"):
        Warehouse._load(warehouse, [], {})
    assert done == ["renewed", "loaded", "renewed"]
