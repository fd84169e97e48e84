"""What could not be loaded, as problems of the report: windows that failed, removals that are too many. Pure."""

from __future__ import annotations

from sources.aleta.catalogue.endpoint import Endpoint
from sources.aleta.reading.fetch import Receipt

from ..compare.differences import Suspicion
from ..report.report import Problem, problem

TOO_MUCH_GONE = "more rows gone at once than max_removed_share allows"


def of_receipt(receipt: Receipt) -> Problem:
    """A window that failed, or whose answer was quarantined."""
    if receipt.error:
        return problem(
            receipt.error,
            resource=receipt.endpoint.name,
            parent_id=receipt.parent_id,
            from_date=receipt.window.first,
            to_date=receipt.window.last,
        )
    return Problem(
        code="quarantined",
        message=receipt.reason,
        resource=receipt.endpoint.name,
        parent_id=receipt.parent_id,
        from_date=f"{receipt.window.first}",
        to_date=f"{receipt.window.last}",
    )


def of_suspicion(suspicion: Suspicion, endpoint: Endpoint) -> Problem:
    """Rows that are gone and were not removed."""
    return Problem(
        code="removals",
        message=f"{suspicion.gone} of {suspicion.rows} rows gone at once: not removed. If that is right, raise "
        "max_removed_share for one run",
        resource=endpoint.name,
        parent_id=suspicion.parent_id,
    )
