"""CATALOGUE: one row per endpoint, parents first. No code: a new resource is a row here and a schema.

An endpoint that is read by id comes after the endpoints whose rows name its ids. Computed rows are recomputed upstream
when a transaction is booked late or a price is replaced, so their look-back is longer than that of custodians' reports.
"""

from __future__ import annotations

import pyarrow as pa

from schemas import clients, holdings, instruments, performance, platform, transactions
from schemas.table import name_of

from .endpoint import By, DateParams, Endpoint, Form, Link, Track, Tree, check

QUARTER_DAYS = 92
WEEK_DAYS = 7
ON_DATE = DateParams(columns=("date",))
COMPUTED = DateParams(columns=("date",), look_back_days=QUARTER_DAYS)  # few rows a day: a quarter fits in one response
SNAPSHOT = DateParams(columns=("date",), by=By.DAY, look_back_days=3)
SERIES = DateParams(by=By.WHOLE, every_days=WEEK_DAYS, skip_empty_parents=True)


def _of_reporting_entity(schema: pa.Schema, path: str, *, dates: DateParams, expand: str = "") -> Endpoint:
    return Endpoint(
        name=name_of(schema),
        track=Track.V2,
        path=f"/{path}/reporting-entities/{{parent_id}}",
        params={"expand": expand} if expand else {},
        parent="reporting_entities",
        parent_column="reporting_entity_id",
        schema=schema,
        dates=dates,
    )


def _of_instrument(schema: pa.Schema, path: str, *, dates: DateParams = SERIES) -> Endpoint:
    return Endpoint(
        name=name_of(schema),
        track=Track.V3,
        path=f"/instruments/{{parent_id}}/{path}",
        parent="instruments",
        parent_column="instrument_id",
        schema=schema,
        dates=dates,
        none_is_404=True,
    )


CATALOGUE = check(
    [
        Endpoint(
            name="clients",
            track=Track.V2,
            path="/clients",
            schema=clients.CLIENTS,
            mirrors=("children", "legalEntities", "reportingEntities"),
            required=True,
        ),
        Endpoint(
            name="legal_entities",
            track=Track.V2,
            path="/clients/{parent_id}/legal-entities",
            parent="clients",
            parent_column="client_id",
            schema=clients.LEGAL_ENTITIES,
            mirrors=("accounts", "depositories"),
            required=True,
        ),
        Endpoint(
            name="accounts",
            track=Track.V2,
            path="/legal-entities/{parent_id}/accounts",
            parent="legal_entities",
            parent_column="legal_entity_id",
            schema=clients.ACCOUNTS,
            links=(Link(relation="depositories", schema=clients.ACCOUNTS__DEPOSITORIES),),
            required=True,
        ),
        Endpoint(
            name="depositories",
            track=Track.V2,
            path="/legal-entities/{parent_id}/depositories",
            parent="legal_entities",
            parent_column="legal_entity_id",
            schema=clients.DEPOSITORIES,
            mirrors=("accounts",),
        ),
        Endpoint(
            name="reporting_entities",
            track=Track.V2,
            path="/clients/{parent_id}/reporting-entities",
            detail="/reporting-entities/{id}",  # the list leaves the portfolios out
            parent="clients",
            parent_column="client_id",
            schema=clients.REPORTING_ENTITIES,
            mirrors=("portfolios",),
        ),
        Endpoint(
            name="portfolios",
            track=Track.V2,
            path="/portfolios/{id}",
            ids_in="portfolios",
            parent="reporting_entities",
            parent_column="reporting_entity_id",
            schema=clients.PORTFOLIOS,
            links=(
                Link(relation="accounts", schema=clients.PORTFOLIOS__ACCOUNTS),
                Link(relation="depositories", schema=clients.PORTFOLIOS__DEPOSITORIES),
            ),
        ),
        Endpoint(
            name="users",
            track=Track.V2,
            path="/clients/{parent_id}/users",
            parent="clients",
            parent_column="client_id",
            schema=clients.USERS,
            links=(
                Link(
                    relation="readAccessToReportingEntities",
                    schema=clients.USERS__READ_ACCESS_TO_REPORTING_ENTITIES,
                ),
            ),
        ),
        Endpoint(
            name="limits",
            track=Track.V2,
            path="/clients/{parent_id}/limits",
            parent="clients",
            parent_column="client_id",
            schema=clients.LIMITS,
            trees=(Tree(attributes=("limitFilter", "filter"), schema=clients.LIMIT_CONDITIONS),),
        ),
        Endpoint(
            name="custodian_authorities",
            track=Track.V2,
            path="/legal-entities/{parent_id}/custodian-authorities",
            parent="legal_entities",
            parent_column="legal_entity_id",
            schema=clients.CUSTODIAN_AUTHORITIES,
        ),
        Endpoint(
            name="custodian_auth_flows",
            track=Track.V3,
            path="/custodian-auth-flows",
            schema=clients.CUSTODIAN_AUTH_FLOWS,
        ),
        Endpoint(
            name="webhook_keys",
            track=Track.V2,
            path="/webhooks/keys",
            form=Form.KEYS,
            schema=platform.WEBHOOK_KEYS,
        ),
        Endpoint(
            name="transactions",
            track=Track.V2,
            path="/transactions",
            parent="accounts",
            parent_param="accountId",
            parent_column="account_id",
            parent_columns=("account_id", "inflow_account_id", "outflow_account_id"),
            schema=transactions.TRANSACTIONS,
            dates=DateParams(columns=("trade_date", "value_date")),
            feed=transactions.TRANSACTION_CHANGES,
            guarded=True,
            required=True,
        ),
        _of_reporting_entity(holdings.HOLDINGS, "holdings", dates=COMPUTED),
        _of_reporting_entity(holdings.HOLDINGS__PORTFOLIOS, "holdings", dates=ON_DATE, expand="portfolios"),
        _of_reporting_entity(holdings.HOLDINGS__DEPOSITORIES, "holdings", dates=ON_DATE, expand="depositories"),
        _of_reporting_entity(
            holdings.HOLDINGS__INSTRUMENT_CLASSES, "holdings", dates=ON_DATE, expand="instrumentClasses"
        ),
        _of_reporting_entity(
            holdings.HOLDINGS__INSTRUMENT_CLASSES_DETAILED,
            "holdings",
            dates=ON_DATE,
            expand="instrumentClassesDetailed",
        ),
        Endpoint(
            name="instrument_holdings",
            track=Track.V3,
            path="/instrument-holdings/reporting-entities/{parent_id}",
            parent="reporting_entities",
            parent_column="reporting_entity_id",
            schema=holdings.INSTRUMENT_HOLDINGS,
            dates=ON_DATE,
        ),
        Endpoint(
            name="custodian_holdings",
            track=Track.V2,
            path="/custodian-holdings/legal-entities/{parent_id}",
            parent="legal_entities",
            parent_column="legal_entity_id",
            schema=holdings.CUSTODIAN_HOLDINGS,
            dates=SNAPSHOT,
        ),
        _of_reporting_entity(performance.PERFORMANCE, "performance", dates=COMPUTED),
        _of_reporting_entity(performance.PERFORMANCE__PORTFOLIOS, "performance", dates=ON_DATE, expand="portfolios"),
        _of_reporting_entity(
            performance.PERFORMANCE__DEPOSITORIES, "performance", dates=ON_DATE, expand="depositories"
        ),
        _of_reporting_entity(performance.PERFORMANCE__INSTRUMENTS, "performance", dates=ON_DATE, expand="instruments"),
        _of_reporting_entity(
            performance.PERFORMANCE__INSTRUMENT_CLASSES, "performance", dates=ON_DATE, expand="instrumentClasses"
        ),
        _of_reporting_entity(
            performance.PERFORMANCE__INSTRUMENT_CLASSES_DETAILED,
            "performance",
            dates=ON_DATE,
            expand="instrumentClassesDetailed",
        ),
        Endpoint(
            name="private_market_performance",
            track=Track.V2,
            path="/performance/reporting-entities/{parent_id}/private-markets",
            parent="reporting_entities",
            parent_column="reporting_entity_id",
            schema=performance.PRIVATE_MARKET_PERFORMANCE,
            dates=SNAPSHOT,
        ),
        Endpoint(
            name="limit_status",
            track=Track.V2,
            path="/limits/{parent_id}/status",
            form=Form.EITHER,
            parent="limits",
            parent_column="limit_id",
            schema=performance.LIMIT_STATUS,
            dates=SNAPSHOT,
            none_is_404=True,
        ),
        Endpoint(
            name="instruments",
            track=Track.V3,
            path="/instruments/{id}",
            named_in=(
                "transactions.instrument_id",
                "instrument_holdings.instrument_id",
                "custodian_holdings.instrument_id",
                "performance__instruments.instrument_id",
                "private_market_performance.instrument_id",
            ),
            every_days=WEEK_DAYS,
            schema=instruments.INSTRUMENTS,
            mirrors=("commitments",),
        ),
        _of_instrument(instruments.PRICES, "prices", dates=DateParams(columns=("date",), skip_empty_parents=True)),
        _of_instrument(instruments.INTEREST_RATES, "interest-rates"),
        _of_instrument(instruments.INDEX_FACTORS, "index-factors"),
        _of_instrument(instruments.NET_ASSET_VALUES, "net-asset-values"),
        _of_instrument(instruments.COMMITMENTS, "commitments"),
        Endpoint(
            name="instrument_classes_detailed",
            track=Track.V2,
            path="/instrument-classes-detailed/{id}",
            named_in=(
                "holdings__instrument_classes_detailed.instrument_class_detailed_id",
                "performance__instrument_classes_detailed.instrument_class_detailed_id",
                "instrument_holdings.instrument_class_detailed_id",
            ),
            every_days=WEEK_DAYS,
            schema=instruments.INSTRUMENT_CLASSES_DETAILED,
        ),
        Endpoint(
            name="instrument_classes",
            track=Track.V2,
            path="/instrument-classes/{id}",
            named_in=(
                "holdings__instrument_classes.instrument_class_id",
                "performance__instrument_classes.instrument_class_id",
                "instrument_holdings.instrument_class_id",
                "instrument_classes_detailed.instrument_class_id",
            ),
            every_days=WEEK_DAYS,
            schema=instruments.INSTRUMENT_CLASSES,
        ),
    ]
)
