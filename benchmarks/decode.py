"""Pages of 1,000 transactions to Arrow: CPU time of our decoder, and of parsers that do less, in turns on one page.

.venv/bin/python -m benchmarks.decode [--unknown 0.05] [--seconds 10] [--profile]

Pages: `plain` are boring rows. `documented` are rows of every documented kind, and one number in eight is spelt to be
misread. `as served` has undocumented kinds too: one row in ten brings nested values that no schema names.
In all of them *unknown* is the share of rows with one more attribute that no schema names.

A profile by function: --profile. By line: py-spy record -- .venv/bin/python -m benchmarks.decode
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import json
import statistics
import time
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from io import BytesIO
from random import Random

import msgspec
import pyarrow as pa
import pyarrow.json

from sandbox.http.wire import data
from sandbox.settings import SandboxSettings
from sandbox.world.kinds import FX_SPOT, KINDS, TRANSFER
from sandbox.world.world import build
from schemas.table import fact
from schemas.transactions import TRANSACTIONS
from sources.aleta.jsonapi.decode import decode
from sources.aleta.jsonapi.envelope import read_list

ROWS = 1000
TURN = 20
TODAY = date(2026, 11, 24)
DOCUMENTED = {f'{{"type": "{kind.name}"'.replace(": ", ":").encode() for kind in (*KINDS[:-2], TRANSFER, FX_SPOT)}


def ours(body: bytes) -> int:
    return int(decode(read_list(body), schema=TRANSACTIONS).batch.num_rows)


def pyarrow_json(body: bytes) -> int:
    """Exact, or it fails; what no schema names is lost, days are text, and ids are not columns yet."""
    options = pyarrow.json.ParseOptions(explicit_schema=DOCUMENT, unexpected_field_behavior="ignore")
    whole = pyarrow.json.ReadOptions(use_threads=False, block_size=len(body) + 1)
    return len(pyarrow.json.read_json(BytesIO(body), whole, options)["data"].combine_chunks().flatten())


def stdlib_json(body: bytes) -> int:
    """Exact, but the parse alone."""
    return len(json.loads(body, parse_float=Decimal)["data"])


def untyped_msgspec(body: bytes) -> int:
    """The parse alone, and numbers as floats: a measure of the machine."""
    return len(msgspec.json.decode(body)["data"])


CONTENDERS: Mapping[str, Callable[[bytes], int]] = {
    "decode": ours,
    "pyarrow.json, loses the unknown": pyarrow_json,
    "json with Decimal, parse alone": stdlib_json,
    "msgspec with floats, parse alone": untyped_msgspec,
}


def _document() -> pa.Schema:
    types: dict[str, dict[str, pa.DataType]] = {"attributes": {}, "relationships": {}}
    for column in TRANSACTIONS:
        for part, name in (path.split("/")[:2] for path in fact(column, "api").split() if "/" in path):
            kind = pa.string() if column.type == pa.date32() else column.type
            types[part][name] = kind if part == "attributes" else LINK
    parts = {part: pa.struct([*members.items()]) for part, members in types.items()}
    return pa.schema([("data", pa.list_(pa.struct([("type", pa.string()), ("id", pa.string()), *parts.items()])))])


LINK = pa.struct([("data", pa.struct([("type", pa.string()), ("id", pa.string())]))])
DOCUMENT = _document()


def pages(unknown: float) -> Mapping[str, bytes]:
    rng = Random(1)
    odd = _bodies(plain=False)
    documented = [body for body in odd if body[: body.index(b",")] in DOCUMENTED]
    worlds = {"plain": _bodies(plain=True), "documented": documented, "as served": odd}
    return {name: data(_with_unknown(rng, body, unknown) for body in bodies[:ROWS]) for name, bodies in worlds.items()}


def _bodies(*, plain: bool) -> list[bytes]:
    """Of one account, as an answer has them, in no order."""
    settings = SandboxSettings(accounts=4, rows=6 * ROWS, plain=plain, skew=0.0)
    rows = build(settings, tenant="acme", today=TODAY).rows
    bodies = [row.body for row in rows if rows[0].accounts[0] in row.accounts]
    Random(1).shuffle(bodies)
    return bodies


def _with_unknown(rng: Random, body: bytes, share: float) -> bytes:
    if rng.random() >= share:
        return body
    head, attributes, tail = body.partition(b'"attributes":{')
    return b"%b%b%b%b" % (head, attributes, b'"settlementCode":"T%d",' % rng.randrange(10), tail)


def race(body: bytes, seconds: float) -> dict[str, list[float]]:
    """Microseconds a row of each contender that can read the page, in turns of some pages."""
    able = {name: contender for name, contender in CONTENDERS.items() if _can(contender, body)}
    times: dict[str, list[float]] = {name: [] for name in able}
    until = time.process_time() + seconds
    while time.process_time() < until:
        for name, contender in able.items():
            gc.collect()  # nobody pays for another's garbage
            began = time.process_time()
            rows = sum(contender(body) for _ in range(TURN))
            times[name].append((time.process_time() - began) / rows * 1e6)
    return times


def _can(contender: Callable[[bytes], int], body: bytes) -> bool:
    try:
        return contender(body) == ROWS
    except pa.ArrowInvalid:
        if contender is ours:
            raise
        return False


def table(name: str, times: Mapping[str, list[float]]) -> str:
    lines = [f"{name:36}{'rows/s':>12}{'best':>12}{'time to ours':>14}"]
    for contender in CONTENDERS:
        taken = times.get(contender)
        if taken is None:
            lines.append(f"  {contender:34}{'fails':>12}")
            continue
        ratio = statistics.median(their / our for their, our in zip(taken, times["decode"], strict=True))
        lines.append(f"  {contender:34}{1e6 / statistics.median(taken):12,.0f}{1e6 / min(taken):12,.0f}{ratio:14.2f}")
    return "\n".join(lines)


def main() -> None:
    """Race on each page, or profile our part in it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--unknown", type=float, default=0.05)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--profile", action="store_true")
    arguments = parser.parse_args()
    for name, body in pages(arguments.unknown).items():
        if arguments.profile:
            cProfile.runctx("for _ in range(100): ours(body)", globals(), {"body": body}, sort="tottime")
        else:
            print(table(name, race(body, arguments.seconds)), flush=True)


if __name__ == "__main__":
    main()
