"""Every table of a warehouse, parents before children, the books of the pipeline last. Pure."""

from __future__ import annotations

import pyarrow as pa

from .clients import (
    ACCOUNTS,
    ACCOUNTS__DEPOSITORIES,
    CLIENTS,
    DEPOSITORIES,
    LEGAL_ENTITIES,
    PORTFOLIOS,
    PORTFOLIOS__ACCOUNTS,
    PORTFOLIOS__DEPOSITORIES,
    REPORTING_ENTITIES,
    USERS,
    USERS__READ_ACCESS_TO_REPORTING_ENTITIES,
)
from .ledger import SYNC_MARKS, SYNC_RUNS, SYNC_WINDOWS
from .transactions import TRANSACTION_CHANGES, TRANSACTIONS

TABLES: tuple[pa.Schema, ...] = (
    CLIENTS,
    LEGAL_ENTITIES,
    ACCOUNTS,
    DEPOSITORIES,
    ACCOUNTS__DEPOSITORIES,
    REPORTING_ENTITIES,
    PORTFOLIOS,
    PORTFOLIOS__ACCOUNTS,
    PORTFOLIOS__DEPOSITORIES,
    USERS,
    USERS__READ_ACCESS_TO_REPORTING_ENTITIES,
    TRANSACTIONS,
    TRANSACTION_CHANGES,
    SYNC_RUNS,
    SYNC_WINDOWS,
    SYNC_MARKS,
)
