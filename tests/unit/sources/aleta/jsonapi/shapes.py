"""Resources to decode, and tables with columns for members of their values."""

import pyarrow as pa

from schemas.table import nested, number, resource_id, table, text
from schemas.transactions import TRANSACTIONS
from sources.aleta.jsonapi.decode import decode
from sources.aleta.jsonapi.envelope import read_list

SHAPED = table(
    "shaped", "with a nested column", [resource_id("id"), nested("steps", "how"), TRANSACTIONS.field("extra")]
)
OPENED = table(
    "opened",
    "with columns for members of objects that are no column",
    [
        resource_id("id"),
        number("low", "from", api="attributes/range/values/min attributes/min"),
        text("sort", "which", api="attributes/range/sort"),
        TRANSACTIONS.field("extra"),
    ],
)


def row(attributes: str = "{}", relationships: str = "{}", *, kind: str = "fee", schema: pa.Schema = TRANSACTIONS):
    """One resource, as columns that are not null."""
    body = f'{{"data":[{{"type":"{kind}","id":"1","attributes":{attributes},"relationships":{relationships}}}]}}'
    (found,) = decode(read_list(body.encode()), schema=schema).batch.to_pylist()
    return {name: value for name, value in found.items() if value is not None and name != "id"}
