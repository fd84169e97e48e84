"""Endpoints that an API does not have: asked for again at a price that stays small, and named in every report."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sources.aleta.catalogue.endpoint import Endpoint
from sources.aleta.errors import ParentGoneError

from ..ledger.ledger import Ledger
from ..ledger.readings import A_HUNDRED
from ..report.report import Problem, TenantReport
from .events import NotOffered

SEARCH_AGAIN = timedelta(days=7)  # under every name
CODE = "not_offered"
MESSAGE = "the API answers 404 to every request for it: it is not offered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unoffered:
    """What answered 404 for every parent under every name, a few days ago or less: endpoint -> when.

    It may be offered since, or have its first rows: it is asked for every morning under its likely names. But if it has
    many parents, and never answered any of them, that is left to the next search.

    Args:
        read: endpoints of which a run has read something, be it one that was killed: these are offered, and 404 to
            everything is a failure (F2).
    """

    since: Mapping[str, datetime] = field(default_factory=dict)
    read: Collection[str] = ()

    @classmethod
    def lately(cls, ledger: Ledger, *, now: datetime, named: Collection[str]) -> Unoffered:
        """By *ledger*, but for what it found later than *now*: a clock was wrong (M6).

        Args:
            named: what the configuration names is searched for in every run.
        """
        read = {name for name, marks in ledger.marks.items() if not all(mark.blank for mark in marks.values())}
        lately = {name: at for name, at in ledger.unoffered.items() if timedelta(0) <= now - at < SEARCH_AGAIN}
        return cls(since={name: lately[name] for name in lately.keys() - read - set(named)}, read=read)

    def rests(self, endpoint: Endpoint, *, parents: int) -> bool:
        """Whether it is not asked for in this run: each of its many *parents* would be a request."""
        return endpoint.name in self.since and not endpoint.crawled and parents > A_HUNDRED

    def tell(self, found: NotOffered, report: TenantReport, *, named: Collection[str]) -> bool:
        """Put one sentence in place of an error a parent: a warning, unless the configuration names it.

        Returns:
            Whether it was found out in this run, under every name.
        """
        endpoint = found.endpoint.name
        drop_404s(report, endpoint)
        if any(error.resource == endpoint for error in report.errors):
            return False
        if endpoint in named:
            report.errors.append(Problem(code=CODE, message=MESSAGE, resource=endpoint))
        elif found.asked:
            report.warnings.append(f"{endpoint}: {MESSAGE}")
        else:
            at = self.since[endpoint]
            report.warnings.append(
                f"{endpoint}: the API answered 404 to every request for it on {at:%Y-%m-%d}: it is not asked for again "
                f"before {at + SEARCH_AGAIN:%Y-%m-%d}"
            )
        return endpoint not in self.since


def drop_404s(report: TenantReport, endpoint: str) -> None:
    """Take the errors of single parents out of *report*, where none was answered and one sentence says so."""
    gone = (endpoint, ParentGoneError.code)
    report.errors[:] = [error for error in report.errors if (error.resource, error.code) != gone]
