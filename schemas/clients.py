"""Clients and what hangs below them: who owns, where it is held, how it is viewed. Pure."""

from __future__ import annotations

from .table import EXTRA, FIRST_SEEN, REMOVED, flag, link_table, resource_id, table, text, to_one

CLIENTS = table(
    "clients",
    "The people and families whose wealth is administered, parents and children together",
    [
        resource_id("Aleta's id of the client"),
        text("name", "Display name"),
        to_one("parent_id", "The client above this one; null at the top", api="parent"),
        FIRST_SEEN,
        REMOVED,
        EXTRA,
    ],
)

LEGAL_ENTITIES = table(
    "legal_entities",
    "Persons, companies and trusts in law: the owners of accounts and depositories",
    [
        resource_id("Aleta's id of the legal entity"),
        text("name", "Display name"),
        to_one("client_id", "The client it belongs to"),
        FIRST_SEEN,
        REMOVED,
        EXTRA,
    ],
)

ACCOUNTS = table(
    "accounts",
    "Cash accounts: one currency, one legal entity; every transaction is booked on one",
    [
        resource_id("Aleta's id of the account"),
        text("name", "Display name, where one was given"),
        text("external_identifier", "The bank's own number; not unique over banks, and it may be edited"),
        text("ccy_code", "Currency of the account, ISO 4217"),
        flag("exclude_from_reporting", "Whether reports leave the account out"),
        to_one("legal_entity_id", "The legal entity that owns it"),
        to_one("depository_id", "The one depository of the older API; deprecated there, see accounts__depositories"),
        FIRST_SEEN,
        REMOVED,
        EXTRA,
    ],
)

DEPOSITORIES = table(
    "depositories",
    "Custody accounts: they hold instruments as accounts hold cash",
    [
        resource_id("Aleta's id of the depository"),
        text("name", "Display name, where one was given"),
        text("external_identifier", "The custodian's own number"),
        to_one("legal_entity_id", "The legal entity that owns it"),
        FIRST_SEEN,
        REMOVED,
        EXTRA,
    ],
)

REPORTING_ENTITIES = table(
    "reporting_entities",
    "How a client wants its wealth viewed: the unit of holdings, performance and limits",
    [
        resource_id("Aleta's id of the reporting entity"),
        text("name", "Display name"),
        to_one("client_id", "The client it belongs to"),
        FIRST_SEEN,
        REMOVED,
        EXTRA,
    ],
)

PORTFOLIOS = table(
    "portfolios",
    "Parts of a reporting entity: sets of accounts and depositories",
    [
        resource_id("Aleta's id of the portfolio"),
        text("name", "Display name"),
        to_one("reporting_entity_id", "The reporting entity it is part of"),
        FIRST_SEEN,
        REMOVED,
        EXTRA,
    ],
)

USERS = table(
    "users",
    "People who may log in",
    [
        resource_id("Aleta's id of the user"),
        text("first_name", "First name"),
        text("last_name", "Last name"),
        text("contact_email", "Where they are written to"),
        to_one("client_id", "The client that owns the login; grants no access by itself"),
        FIRST_SEEN,
        REMOVED,
        EXTRA,
    ],
)

ACCOUNTS__DEPOSITORIES = link_table(
    "account", "depositories", "depository", "Which depositories settle over which accounts: many to many"
)
PORTFOLIOS__ACCOUNTS = link_table("portfolio", "accounts", "account", "The accounts in a portfolio")
PORTFOLIOS__DEPOSITORIES = link_table(
    "portfolio", "depositories", "depository", "The depositories in a portfolio"
)
USERS__READ_ACCESS_TO_REPORTING_ENTITIES = link_table(
    "user",
    "read_access_to_reporting_entities",
    "reporting_entity",
    "Which reporting entities a user may read",
)
