"""All views: cash, positions, flows, returns, and changes. Pure.

They are in the published DuckDB file, and in a warehouse in PostgreSQL (`postgres`).
"""

from __future__ import annotations

from . import cash, categories, changes, daily, portfolios, runs, wealth
from .view import View

# A view comes after those it reads.
VIEWS: tuple[View, ...] = (
    cash.ACCOUNT_TREE,
    cash.CASH_MOVEMENTS,
    cash.CASH_BALANCES,
    daily.CASH_BALANCES_DAILY,
    cash.FLOWS_BY_MONTH,
    categories.FLOWS_BY_CATEGORY,
    wealth.POSITIONS,
    wealth.POSITIONS_ON,
    wealth.PERFORMANCE_MONTHLY,
    portfolios.PORTFOLIOS_MONTHLY,
    runs.CHANGES_BY_RUN,
    changes.CHANGES_SINCE,
)
