"""What a tenant's rows are called in a remote destination, and which ones are proven. Pure."""

from __future__ import annotations

import hashlib
import re

PROVEN = "duckdb, postgres, and sqlalchemy with SQLite"  # as `dialect_of` has it


def dataset_of(tenant: str) -> str:
    """A dataset for each tenant: two names that databases may fold into one get what tells them apart."""
    plain = re.sub(r"[-_]+", "_", tenant).strip("_")
    return f"aleta_{plain}" if plain == tenant else f"aleta_{plain}_{hashlib.sha256(tenant.encode()).hexdigest()[:6]}"


def place_of(tenant: str, destination: str) -> str:
    """Where a tenant's rows are in a remote destination, for messages."""
    return f"{destination}, dataset {dataset_of(tenant)}"
