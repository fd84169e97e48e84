"""How far each table is proven complete, over all parents that the API shows. Pure: SQL."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from sources.aleta.catalogue.catalogue import CATALOGUE

KINDS = {name: endpoint.parent for name, endpoint in CATALOGUE.items() if endpoint.dates}
PARENTS: Mapping[str, pa.Schema] = {
    kind: pa.schema([(schema := CATALOGUE[kind].schema).field("id"), schema.field("removed_at")], schema.metadata)
    for kind in KINDS.values()
}

_OBJECTS = " UNION ALL ".join(f"SELECT '{kind}' AS kind, id, removed_at FROM {{{kind}}}" for kind in PARENTS)
ASKED = f"""(
    WITH parents AS ({_OBJECTS}), kinds(resource, kind) AS (VALUES {", ".join(f"{pair}" for pair in KINDS.items())})
    SELECT resource, id AS parent_id, removed_at FROM parents JOIN kinds USING (kind))"""
MARKS = f"""(
    SELECT resource, parent_id, from_date, through_date, verified_at
    FROM {ASKED} FULL JOIN {{sync_marks}} USING (resource, parent_id)
    WHERE removed_at IS NULL AND resource IN (SELECT resource FROM {{sync_marks}}))"""
# those of parents that are there, and nulls for those of which nothing was ever read
COVERAGE = """
    SELECT resource, count(*) AS parents, min(from_date) AS from_date,
        CASE WHEN count(through_date) = count(*) THEN min(through_date) END AS all_through,
        max(through_date) AS through_date, min(verified_at) AS oldest_verified_at,
        count(*) FILTER (verified_at IS NULL) AS never_read_whole
    FROM {marks} GROUP BY ALL ORDER BY ALL"""
