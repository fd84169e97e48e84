"""The rows of a warehouse that hang below one client, and those that do not."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from tests.e2e.program import Program

PARENTS = {
    "legal_entities": ("clients", "client_id"),
    "reporting_entities": ("clients", "client_id"),
    "users": ("clients", "client_id"),
    "limits": ("clients", "client_id"),
    "accounts": ("legal_entities", "legal_entity_id"),
    "depositories": ("legal_entities", "legal_entity_id"),
    "custodian_authorities": ("legal_entities", "legal_entity_id"),
    "portfolios": ("reporting_entities", "reporting_entity_id"),
    "holdings": ("reporting_entities", "reporting_entity_id"),
    "instrument_holdings": ("reporting_entities", "reporting_entity_id"),
    "performance": ("reporting_entities", "reporting_entity_id"),
}
ACCOUNTS = ("account_id", "inflow_account_id", "outflow_account_id")
Rows = Mapping[str, list[tuple]]


def below(program: Program, client: str) -> dict[str, set[str]]:
    """Ids of the objects below a client, in the analyst's copy."""
    found = {"clients": {client}}
    for table, (parent, column) in PARENTS.items():
        if table.endswith("holdings") or table == "performance":
            continue
        rows = program.rows(f"SELECT id, {column} FROM aleta.{table}")
        found[table] = {own_id for own_id, parent_id in rows if parent_id in found[parent]}
    return found


def outside(program: Program, client: str) -> Rows:
    """Every row that does not hang below *client*, its mark and its receipts."""
    inside = below(program, client)
    everybody = set().union(*inside.values())
    with duckdb.connect(f"{program.warehouse()}", read_only=True) as copy:

        def kept(table: str, where: str) -> list[tuple]:
            ids = [sorted(everybody)]
            return sorted(copy.execute(f"SELECT * FROM aleta.{table} WHERE {where}", ids).fetchall(), key=repr)

        found = {"clients": kept("clients", "NOT list_contains($1, id)")}
        for table, (_, column) in PARENTS.items():
            found[table] = kept(table, f"NOT list_contains($1, {column})")
        owned = " OR ".join(f"coalesce(list_contains($1, {column}), false)" for column in ACCOUNTS)
        found["transactions"] = kept("transactions", f"NOT ({owned})")
        ours = "'instruments', 'prices', 'interest_rates', 'index_factors', 'net_asset_values', 'commitments'"
        found["sync_marks"] = kept(
            "sync_marks", f"NOT list_contains($1, parent_id) AND resource NOT IN ({ours}) AND parent_id <> ''"
        )
    return found
