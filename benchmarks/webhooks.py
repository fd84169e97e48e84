"""How fast deliveries are acknowledged while a sync runs on the same machine, and whether any is lost.

    python -m benchmarks.webhooks [--rate 500] [--seconds 10] [--senders 50] [--quiet]

Deliveries are signed beforehand and sent at fixed times, whether the ones before were answered or not; a latency counts
from the time at which a delivery was to be sent, so a receiver that stalls is not spared. At the end `serve` is killed
with -9, and what it acknowledged is looked for in its inbox. `--quiet`: no sync beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles

from pipelines.webhooks.inbox import Inbox
from sandbox.http.deliveries import Signed, Wanted, sign
from sandbox.world.webhook_keys import signing_key

TENANT, SEED, CLIENTS = "acme", 1, 50
PROGRAM = [sys.executable, "-c", "from pipelines.cli import main; main()"]
WORLD = ["--seed", f"{SEED}", "--accounts", "40", "--rows", "40000"]
STARTED_S = 3.0  # until the sync reads, compares and loads
WARM = 50  # deliveries before the clock runs: keys are fetched, files are made


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What came of it. *cpu_ms*: the receiver's, a delivery; it holds on a busy machine too, where latencies do not."""

    sent: int
    acknowledged: int
    lost: int
    p50_ms: float
    p99_ms: float
    max_ms: float
    took_s: float
    cpu_ms: float
    sync_beside: bool
    load_average: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One answer: the id, whether it was 204, and the seconds since it was to be sent."""

    webhook_id: str
    accepted: bool
    latency_s: float


def deliveries(count: int) -> list[Signed]:
    key, now = signing_key(f"{SEED}:{TENANT}"), datetime.now(UTC)
    return [
        sign(Wanted(client_id=f"c{number % CLIENTS}", webhook_id=f"msg_{number}"), key, now=now)
        for number in range(count)
    ]


def cpu_s(pid: int) -> float:
    """The processor time that a process took so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def request(signed: Signed) -> bytes:
    lines = [f"POST /webhooks/{TENANT} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(signed.body)}"]
    lines += [f"{name}: {value}" for name, value in signed.headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + signed.body


async def fire(port: int, todo: Sequence[Signed], *, rate: float, senders: int) -> list[Answered]:
    """Send them at *rate* a second over *senders* connections that are kept."""
    waiting: asyncio.Queue[tuple[float, Signed]] = asyncio.Queue()
    done: list[Answered] = []

    async def sender() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while True:
            at, signed = await waiting.get()
            writer.write(request(signed))
            head = await reader.readuntil(b"\r\n\r\n")
            accepted = head.startswith(b"HTTP/1.1 204 ")
            latency_s = time.perf_counter() - at
            done.append(Answered(webhook_id=signed.headers["webhook-id"], accepted=accepted, latency_s=latency_s))
            waiting.task_done()

    tasks = [asyncio.create_task(sender()) for _ in range(senders)]
    await asyncio.sleep(0.2)
    began = time.perf_counter()
    for number, signed in enumerate(todo):
        at = began + number / rate
        if (wait_s := at - time.perf_counter()) > 0:
            await asyncio.sleep(wait_s)
        waiting.put_nowait((at, signed))
    await waiting.join()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return done


@contextmanager
def started(*args: str, log: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, object]]]:
    """The program, and the line that it says first; killed at the end."""
    with log.open("w") as file:
        process = subprocess.Popen([*PROGRAM, *args], stdout=subprocess.PIPE, stderr=file, text=True)
        assert process.stdout
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()
            process.communicate()


@contextmanager
def syncing(config: Path, log: Path) -> Iterator[None]:
    """The first load of the whole world goes on; it must not have ended before the last delivery."""
    with log.open("w") as file:
        process = subprocess.Popen([*PROGRAM, "--config", f"{config}", "sync"], stdout=subprocess.DEVNULL, stderr=file)
        try:
            time.sleep(STARTED_S)
            yield
            assert process.poll() is None, "the sync ended before the last delivery: make the world larger"
        finally:
            process.kill()
            process.wait()


def measure(*, rate: float, seconds: float, senders: int, quiet: bool, folder: Path) -> Measured:
    with ExitStack() as stack:
        _, box = stack.enter_context(started("sandbox", *WORLD, log=folder / "sandbox.log"))
        config = Path(str(box["config"]))
        serve = ("--config", f"{config}", "serve", "--port", "0", "--no-sync")
        serving, said = stack.enter_context(started(*serve, log=folder / "serve.log"))
        todo = deliveries(WARM + int(rate * seconds))
        port = int(str(said["port"]))
        asyncio.run(fire(port, todo[:WARM], rate=50, senders=4))
        beside = nullcontext() if quiet else syncing(config, folder / "sync.log")
        with beside:
            began, cpu_before_s = time.perf_counter(), cpu_s(serving.pid)
            done = asyncio.run(fire(port, todo[WARM:], rate=rate, senders=senders))
            took_s, used_s = time.perf_counter() - began, cpu_s(serving.pid) - cpu_before_s
        serving.kill()
        serving.wait()
        with Inbox(config.parent / "data" / TENANT) as inbox:
            kept = {delivery.webhook_id for delivery in inbox.undone()}
    acknowledged = [delivery for delivery in done if delivery.accepted]
    assert acknowledged, f"nothing was accepted: {(folder / 'serve.log').read_text()[:500]}"
    latencies = [delivery.latency_s * 1000 for delivery in done]
    cuts = quantiles(latencies, n=100)
    return Measured(
        sent=len(done),
        acknowledged=len(acknowledged),
        lost=sum(delivery.webhook_id not in kept for delivery in acknowledged),
        p50_ms=round(cuts[49], 1),
        p99_ms=round(cuts[98], 1),
        max_ms=round(max(latencies), 1),
        took_s=round(took_s, 1),
        cpu_ms=round(used_s / len(done) * 1000, 2),
        sync_beside=not quiet,
        load_average=round(os.getloadavg()[0], 1),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=500)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--senders", type=int, default=50)
    parser.add_argument("--quiet", action="store_true", help="no sync beside it")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(
            rate=given.rate, seconds=given.seconds, senders=given.senders, quiet=given.quiet, folder=Path(folder)
        )
    print(json.dumps(asdict(found), indent=2))


if __name__ == "__main__":
    main()
