"""All views: cash, positions, flows, returns, and changes. Pure.

They are in the published DuckDB file, and in a warehouse in PostgreSQL (`postgres`).
"""

from __future__ import annotations

from . import cash, changes, wealth
from .view import View

# A view comes after those it reads.
VIEWS: tuple[View, ...] = (
    cash.ACCOUNT_TREE,
    cash.CASH_MOVEMENTS,
    cash.CASH_BALANCES,
    cash.FLOWS_BY_MONTH,
    wealth.POSITIONS,
    wealth.PERFORMANCE_MONTHLY,
    changes.CHANGES_SINCE,
)
