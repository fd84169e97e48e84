"""Clients and the objects below them: legal entities, accounts, depositories, reporting entities, limits. Pure."""

from __future__ import annotations

from .table import (
    EXTRA,
    FIRST_SEEN,
    OBJECT,
    REMOVED,
    day,
    flag,
    link_table,
    nested,
    number,
    own_json,
    own_text,
    resource_id,
    table,
    text,
    to_one,
)

CLIENTS = table(
    "clients",
    "The people and families whose wealth is managed; parents and children are in one table",
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
    "Legal persons (people, companies, trusts) that own accounts and depositories",
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
        text("name", "Display name; may be null"),
        text("external_identifier", "The bank's own number; not unique over banks, and it may be edited"),
        text("ccy_code", "Currency of the account, ISO 4217"),
        flag("exclude_from_reporting", "Whether reports leave the account out"),
        to_one("legal_entity_id", "The legal entity that owns it"),
        to_one("depository_id", "The single depository of the older API; deprecated, use accounts__depositories"),
        FIRST_SEEN,
        REMOVED,
        EXTRA,
    ],
)

DEPOSITORIES = table(
    "depositories",
    "Custody accounts, which hold instruments (accounts hold cash)",
    [
        resource_id("Aleta's id of the depository"),
        text("name", "Display name; may be null"),
        text("external_identifier", "The custodian's own number"),
        to_one("legal_entity_id", "The legal entity that owns it"),
        FIRST_SEEN,
        REMOVED,
        EXTRA,
    ],
)

REPORTING_ENTITIES = table(
    "reporting_entities",
    "Views of a client's wealth, for which holdings, performance and limits are computed",
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
        text("contact_email", "E-mail address"),
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
PORTFOLIOS__DEPOSITORIES = link_table("portfolio", "depositories", "depository", "The depositories in a portfolio")
USERS__READ_ACCESS_TO_REPORTING_ENTITIES = link_table(
    "user",
    "read_access_to_reporting_entities",
    "reporting_entity",
    "Which reporting entities a user may read",
)

CUSTODIAN_AUTH_FLOWS = table(
    "custodian_auth_flows",
    "Procedures to authorise a custodian to send data: one row per custodian and version",
    [
        resource_id("The flow's name, such as nordea-20260630"),
        nested("expected_files", "Files to submit: a list of {name, description, fileType}"),
        nested("supported_consent_types", "Scopes that a consent may have: a list of all, specific"),
        to_one("custodian_id", "The custodian; the API has no list of custodians"),
        *OBJECT,
    ],
)

CUSTODIAN_AUTHORITIES = table(
    "custodian_authorities",
    "Authorisations of a custodian to send a legal entity's data, with their status",
    [
        resource_id("Aleta's id of the authority"),
        text("status", "waiting-for-files, ..., active, ..., revoked or cancelled; more values may appear"),
        nested("pending_files", "Files still missing: a list of names, empty unless status is waiting-for-files"),
        nested("linked_depositories", "Depositories it covers: a list of {depositoryNumber, depositoryId, status}"),
        to_one("legal_entity_id", "The legal entity that gives it"),
        to_one("custodian_id", "The custodian that is to send data"),
        to_one("custodian_auth_flow_id", "The procedure it follows"),
        *OBJECT,
    ],
)

# `limit_type` is stored twice: complete, as the contract has nested values, and as columns, because DuckDB reads
# numbers in JSON as doubles. The columns have the names of the vendor's other dialect, which has no `limitType`.
LIMITS = table(
    "limits",
    "Investment limits of clients, as a tree: groups have limits below them",
    [
        resource_id("Aleta's id of the limit"),
        text("name", "Display name"),
        text("ccy_code", "Currency of an absolute limit, ISO 4217"),
        day("start_date", "The day it holds from"),
        nested("limit_type", "The three columns below, as the API returned them"),
        text(
            "kind",
            "limit-group: a group of limits. proportional: to the limit above. absolute: in its currency",
            api="attributes/limitType/type attributes/kind",
        ),
        number(
            "min",
            "Lower bound",
            unit="fraction of the limit above, or limit currency: see kind",
            api="attributes/limitType/values/min attributes/min",
        ),
        number(
            "max",
            "Upper bound",
            unit="fraction of the limit above, or limit currency: see kind",
            api="attributes/limitType/values/max attributes/max",
        ),
        nested(
            "limit_filter",
            "Which positions count, as the API returned it; limit_conditions has it as rows",
            api="attributes/limitFilter attributes/filter",
        ),
        to_one("parent_limit_id", "The limit above; null at the top"),
        to_one("client_id", "The client it belongs to"),
        *OBJECT,
    ],
)

LIMIT_CONDITIONS = table(
    "limit_conditions",
    "Conditions of limits: limits.limit_filter as rows, one per node of the tree",
    [
        own_text("limit_id", "The limit"),
        own_text("path", "Position in the tree: 0 is the root, 0.1 its second child (counted from 0), and so on"),
        own_text("parent_path", "The path of the node above; null at the root"),
        own_text("operator", "and, or; for a condition its type, as in the API (country-code-is-not)"),
        own_text("field", "For a condition: the member that has its values (country-code); null for and, or"),
        own_json(
            "values",
            "For a condition: a list of its values; if it has more than one member, a list of one object with all of "
            "them, and field is null; null for and, or",
        ),
        FIRST_SEEN,
        REMOVED,
    ],
    key=("limit_id", "path"),
)
