"""Every table of a warehouse: parents before children, the books of the pipeline last; and those to come. Pure."""

from __future__ import annotations

import pyarrow as pa

from . import clients, holdings, instruments, ledger, performance, platform, transactions

TABLES: tuple[pa.Schema, ...] = (
    clients.CLIENTS,
    clients.LEGAL_ENTITIES,
    clients.ACCOUNTS,
    clients.DEPOSITORIES,
    clients.ACCOUNTS__DEPOSITORIES,
    clients.REPORTING_ENTITIES,
    clients.PORTFOLIOS,
    clients.PORTFOLIOS__ACCOUNTS,
    clients.PORTFOLIOS__DEPOSITORIES,
    clients.USERS,
    clients.USERS__READ_ACCESS_TO_REPORTING_ENTITIES,
    transactions.TRANSACTIONS,
    transactions.TRANSACTION_CHANGES,
    ledger.SYNC_RUNS,
    ledger.SYNC_WINDOWS,
    ledger.SYNC_MARKS,
)
# What no run fills yet: an empty table would say that there is nothing.
PLANNED: tuple[pa.Schema, ...] = (
    clients.CUSTODIAN_AUTH_FLOWS,
    clients.CUSTODIAN_AUTHORITIES,
    clients.LIMITS,
    clients.LIMIT_CONDITIONS,
    holdings.HOLDINGS,
    holdings.HOLDINGS__PORTFOLIOS,
    holdings.HOLDINGS__DEPOSITORIES,
    holdings.HOLDINGS__INSTRUMENT_CLASSES,
    holdings.HOLDINGS__INSTRUMENT_CLASSES_DETAILED,
    holdings.INSTRUMENT_HOLDINGS,
    holdings.CUSTODIAN_HOLDINGS,
    performance.PERFORMANCE,
    performance.PERFORMANCE__PORTFOLIOS,
    performance.PERFORMANCE__DEPOSITORIES,
    performance.PERFORMANCE__INSTRUMENTS,
    performance.PERFORMANCE__INSTRUMENT_CLASSES,
    performance.PERFORMANCE__INSTRUMENT_CLASSES_DETAILED,
    performance.PRIVATE_MARKET_PERFORMANCE,
    performance.LIMIT_STATUS,
    instruments.INSTRUMENTS,
    instruments.PRICES,
    instruments.INTEREST_RATES,
    instruments.INDEX_FACTORS,
    instruments.NET_ASSET_VALUES,
    instruments.COMMITMENTS,
    instruments.INSTRUMENT_CLASSES,
    instruments.INSTRUMENT_CLASSES_DETAILED,
    platform.WEBHOOK_KEYS,
)
