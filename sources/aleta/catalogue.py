"""CATALOGUE: one row per endpoint, parents first. No code: a new resource is a row here and a schema."""

from __future__ import annotations

from schemas.clients import (
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
from schemas.transactions import TRANSACTIONS

from .endpoint import DateParams, Endpoint, Link, Track, check

CATALOGUE = check(
    [
        Endpoint(
            name="clients",
            track=Track.V2,
            path="/clients",
            schema=CLIENTS,
            mirrors=("children", "legalEntities", "reportingEntities"),
        ),
        Endpoint(
            name="legal_entities",
            track=Track.V2,
            path="/clients/{parent_id}/legal-entities",
            parent="clients",
            parent_column="client_id",
            schema=LEGAL_ENTITIES,
            mirrors=("accounts", "depositories"),
        ),
        Endpoint(
            name="accounts",
            track=Track.V2,
            path="/legal-entities/{parent_id}/accounts",
            parent="legal_entities",
            parent_column="legal_entity_id",
            schema=ACCOUNTS,
            links=(Link(relation="depositories", schema=ACCOUNTS__DEPOSITORIES),),
        ),
        Endpoint(
            name="depositories",
            track=Track.V2,
            path="/legal-entities/{parent_id}/depositories",
            parent="legal_entities",
            parent_column="legal_entity_id",
            schema=DEPOSITORIES,
            mirrors=("accounts",),
        ),
        Endpoint(
            name="reporting_entities",
            track=Track.V2,
            path="/clients/{parent_id}/reporting-entities",
            detail="/reporting-entities/{id}",  # the list leaves the portfolios out
            parent="clients",
            parent_column="client_id",
            schema=REPORTING_ENTITIES,
            mirrors=("portfolios",),
        ),
        Endpoint(
            name="portfolios",
            track=Track.V2,
            path="/portfolios/{id}",
            ids_in="portfolios",
            parent="reporting_entities",
            parent_column="reporting_entity_id",
            schema=PORTFOLIOS,
            links=(
                Link(relation="accounts", schema=PORTFOLIOS__ACCOUNTS),
                Link(relation="depositories", schema=PORTFOLIOS__DEPOSITORIES),
            ),
        ),
        Endpoint(
            name="users",
            track=Track.V2,
            path="/clients/{parent_id}/users",
            parent="clients",
            parent_column="client_id",
            schema=USERS,
            links=(Link(relation="readAccessToReportingEntities", schema=USERS__READ_ACCESS_TO_REPORTING_ENTITIES),),
        ),
        Endpoint(
            name="transactions",
            track=Track.V2,
            path="/transactions",
            parent="accounts",
            parent_param="accountId",
            parent_column="account_id",
            parent_columns=("account_id", "inflow_account_id", "outflow_account_id"),
            schema=TRANSACTIONS,
            dates=DateParams(columns=("trade_date", "value_date")),
        ),
    ]
)
