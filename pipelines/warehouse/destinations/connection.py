"""A connection to a destination, and one kind of error where there is none: drivers have none in common."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from dlt.destinations.exceptions import DestinationConnectionError
from dlt.destinations.sql_client import SqlClientBase

Client: TypeAlias = SqlClientBase[Any]


@contextmanager
def connected(client: Client) -> Iterator[Client]:
    """*client*, open for as long as the block takes.

    Raises:
        DestinationConnectionError: it cannot be reached, or refuses.
    """
    try:
        client.open_connection()
    except Exception as error:
        kind, dataset = type(client).__name__, f"{client.dataset_name}"
        raise DestinationConnectionError(kind, dataset, f"{error}", error) from error
    try:
        yield client
    finally:
        client.close_connection()
