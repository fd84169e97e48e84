"""Where a warehouse may be kept besides DuckDB: any dlt destination that merges and answers SQL."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeAlias

from dlt.common.configuration.exceptions import ConfigurationException
from dlt.common.destination import Destination
from dlt.common.destination.client import WithStateSync
from dlt.common.destination.exceptions import UnknownDestinationModule
from dlt.common.exceptions import DltException
from dlt.destinations.sql_client import SqlClientBase, WithSqlClient

from sources.aleta.safe_text import first_line

from .dialect import DUCKDB, Dialect
from .postgres.place import POSTGRES, ExactJson

INEXACT = ("csv",)  # an empty text would come back as null
OF_DUCKDB = "dlt.destinations.duckdb"
OF_POSTGRES = "dlt.destinations.postgres"
OF_SQLALCHEMY = "dlt.destinations.sqlalchemy"
STAGING = "staging_%s"  # dlt's own `%s_staging` may be the dataset of another tenant (rule C3)

AnyDestination: TypeAlias = Destination[Any, Any]


class DestinationError(Exception):
    """No warehouse can be kept there: why, and what to do."""

    code = "destination"


def find(name: str) -> AnyDestination:
    """The dlt destination of that name, fit for a warehouse.

    Raises:
        DestinationError: it is unknown, lacks a package, or cannot keep a warehouse.
    """
    try:
        plain = _named(name)
        able = issubclass(plain.client_class, WithSqlClient) and issubclass(plain.client_class, WithStateSync)
    except UnknownDestinationModule as error:
        raise DestinationError(f"destination {name!r}: dlt has no destination of that name") from error
    except (DltException, ImportError) as error:
        raise DestinationError(
            f"destination {name!r}: a package is missing ({first_line(error)}): install it"
        ) from error
    if not able or "delete-insert" not in (plain.capabilities().supported_merge_strategies or ()):
        raise DestinationError(f"destination {name!r} cannot replace and delete rows by key: use a database")
    formats = [kind for kind in plain.capabilities().supported_loader_file_formats or () if kind not in INEXACT]
    options: dict[str, Any] = {"staging_dataset_name_layout": STAGING, "supported_loader_file_formats": formats}
    if plain.destination_type == OF_POSTGRES:
        options["type_mapper"] = ExactJson
    if plain.destination_type == OF_SQLALCHEMY:
        from .sqlalchemy import exact_sqlalchemy  # noqa: PLC0415 - an extra

        return exact_sqlalchemy(destination_name=plain.destination_name, **options)
    return _named(name, **options)


def check_configured(name: str) -> None:
    """Find that destination, and the credentials that it needs: nothing is sent.

    Raises:
        DestinationError: it cannot keep a warehouse; or they are missing, or in the wrong file, or no address.
    """
    found, why = find(name), "its credentials are missing or incomplete"
    try:
        credentials = found.configuration(found.spec(), accept_partial=True).credentials
    except ConfigurationException as error:
        credentials, why = None, first_line(error).rstrip(".")
    if credentials is None or not credentials.is_resolved():
        raise DestinationError(
            f"destination {name!r}: {why}. They belong in secrets.toml, as [destination.{name}.credentials], or in the "
            "environment"
        )
    if "@" in f"{getattr(credentials, 'host', '')}":  # what is read as the host would be shown in messages (rule S1)
        raise DestinationError(
            f"destination {name!r}: what its address has as the host has an @. Write the @ of a password as %40"
        )


def _named(name: str, **options: Any) -> AnyDestination:  # noqa: ANN401 - dlt's own
    found = Destination.from_reference(name, **options)
    assert found is not None
    return found


def dialect_of(destination: AnyDestination, client: SqlClientBase[Any]) -> Dialect:
    """How to speak to *destination*.

    Args:
        client: of it, configured; it need not be open.
    """
    kind, sql = destination.destination_type, client.capabilities.sqlglot_dialect or ""
    if kind == OF_DUCKDB:  # some other file than the private one
        return replace(DUCKDB, name=destination.destination_name, is_proven=False)
    if kind == OF_POSTGRES:
        return POSTGRES
    name = destination.destination_name
    if kind == OF_SQLALCHEMY:
        from .sqlalchemy import BACKEND, SQLITE  # noqa: PLC0415 - an extra

        if sql == BACKEND:
            return SQLITE
        name = f"{name} ({sql})"
    return Dialect(name=name, has_json=sql in {"duckdb", "postgres"})
