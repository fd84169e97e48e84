"""How much of the request budget a sync uses, and how often it is refused, over minutes; with enough to ask.

    python -m benchmarks.budget [--minutes 10] [--cases one eight shared four killed]

`one`: one tenant. `eight`: eight side by side, each with a budget of its own. `shared`: one, while another program
sends a third of what its `sub` may. `four`: four processes of one `sub`, a tenant each. `killed`: the same, and one of
them is killed (-9) every tenth of the time, and started again. Counted by the server, from the first request on.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import jwt
import msgspec
import requests

from benchmarks.contenders import PROGRAM
from benchmarks.measure import Usage, run
from benchmarks.results import machine
from sandbox import Sandbox, SandboxSettings
from sandbox.http.server import Request

PER_MINUTE = 1_000
BURST = 300
SPARE = 1.15  # times the accounts that the time allows for: nobody runs out of work
OTHER = {"sentBy": "another"}
KILLS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is played.

    Args:
        tenants: that the API knows; each has a `sub` of its own.
        processes: side by side, each with a tenant of its own; where there are more than tenants, they share a `sub`.
        another: another program spends a third of the budget.
        kills: how often the first process is killed, and started again.
    """

    tenants: int = 1
    processes: int = 1
    another: bool = False
    kills: int = 0


CASES: Mapping[str, Case] = {
    "one": Case(),
    "eight": Case(tenants=8),
    "shared": Case(another=True),
    "four": Case(processes=4),
    "killed": Case(processes=4, kills=KILLS),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What came of one case: the tenant that used least counts.

    Args:
        share: of what the budget allowed; where another program takes part of it, of what that left.
        refused: of our requests, the share answered 429.
    """

    share: float
    refused: float
    requests: int
    usage: Usage


def play(case: Case, minutes: float, folder: Path) -> Used:
    """One case in a folder of its own; the program is killed when the time is over."""
    tenants = tuple(f"tenant{n}" for n in range(case.tenants))
    accounts = int((BURST + PER_MINUTE * minutes) * SPARE)  # a process that finds itself alone has enough to ask, too
    settings = SandboxSettings(tenants=tenants, accounts=accounts, rows=accounts, years=2, plain=True, instruments=1)
    with Sandbox(settings) as box:
        box.write_config(folder / "config", resources=["transactions"], requests_per_minute=PER_MINUTE, burst=BURST)
        box.set(requests_per_minute=PER_MINUTE, burst=BURST)
        with _another(box, folder, every_s=60 / PER_MINUTE * 3 if case.another else 0):
            usage = _run(case, folder, lambda: _seconds(box.requests) / 60 / minutes)
        return _used(box.requests, tenants, minutes, usage)


def _run(case: Case, folder: Path, passed: Callable[[], float]) -> Usage:
    """Run its processes until all of the time has *passed*."""
    names = _share_the_sub(folder / "config", case.processes) if case.processes > 1 else [""]
    kills = [(number + 1) / (case.kills + 1) for number in range(case.kills)]

    def run_one(place: int) -> Usage:
        own = folder / f"process{place}"
        own.mkdir()
        command = [f"{PROGRAM}", "--config", f"{folder / 'config'}", "sync", "--json", *filter(None, [names[place]])]
        for until in [*(kills if place == 0 else []), 1.0]:
            usage = run(command, log=own / "log", enough=lambda until=until: passed() > until)
        return usage

    with ThreadPoolExecutor(len(names)) as pool:
        usages = list(pool.map(run_one, range(len(names))))
    return Usage(
        seconds=max(usage.seconds for usage in usages),
        cpu_s=max(usage.cpu_s for usage in usages),  # each has that of all children that ended while it ran
        megabytes=sum(usage.megabytes for usage in usages),
        exit=usages[-1].exit,
    )


def _share_the_sub(config: Path, count: int) -> list[str]:
    """Put *count* tenants with the same credentials where one is; their names."""
    file, names = config / "config.toml", [f"twin{number}" for number in range(count)]
    before, _, section = file.read_text().partition("[tenants.tenant0]")
    file.write_text(before + "\n".join(f"[tenants.{name}]{section}" for name in names))
    return names


def _seconds(calls: Sequence[Request]) -> float:
    return calls[-1].at_s - calls[0].at_s if calls else 0.0


def _used(calls: Sequence[Request], tenants: Sequence[str], minutes: float, usage: Usage) -> Used:
    began = next(call.at_s for call in calls if call.tenant)
    within = [call for call in calls if call.tenant and call.at_s <= began + 60 * minutes]
    others = sum(call.query == OTHER and call.status != 429 for call in within)
    ours = [call for call in within if call.query != OTHER]
    allowed = BURST + PER_MINUTE * minutes - others
    served = [sum(call.tenant == name and call.status != 429 for call in ours) for name in tenants]
    return Used(
        share=min(served) / allowed,
        refused=sum(call.status == 429 for call in ours) / len(ours),
        requests=len(ours),
        usage=usage,
    )


@contextmanager
def _another(box: Sandbox, folder: Path, *, every_s: float) -> Iterator[None]:
    """Another program with the same credentials, that asks every so many seconds and cares about no answer."""
    done = threading.Event()

    def ask() -> None:
        token = _token(box, folder)
        began, sent = time.monotonic(), 0
        while not done.wait(max(0.0, began + sent * every_s - time.monotonic())):
            headers = {"Authorization": f"Bearer {token}"}
            requests.get(f"{box.url}/api/v2/webhooks/keys", OTHER, headers=headers, timeout=10)
            sent += 1

    thread = threading.Thread(target=ask, daemon=True)
    if every_s:
        thread.start()
    try:
        yield
    finally:
        done.set()
        if every_s:
            thread.join()


def _token(box: Sandbox, folder: Path) -> str:
    """One token, by a signed assertion (RFC 7523, section 2.1)."""
    tenant = _registered(folder)
    now = int(time.time())
    claims = {"iss": tenant["iss"], "sub": tenant["sub"], "aud": box.url, "iat": now, "exp": now + 60}
    key = (folder / "config" / tenant["private_key_file"]).read_text()
    assertion = jwt.encode(claims, key, algorithm="ES256", headers={"kid": tenant["kid"]})
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}
    return str(requests.post(f"{box.url}/oauth/token", form, timeout=10).json()["access_token"])


def _registered(folder: Path) -> dict[str, str]:
    config = msgspec.toml.decode((folder / "config" / "config.toml").read_bytes())
    return dict(next(iter(config["tenants"].values())))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--cases", nargs="+", choices=list(CASES), default=list(CASES))
    asked = parser.parse_args()
    print(f"{asked.minutes:g} minutes each, on {machine()}\n")
    print("| case | budget used | refused | requests | CPU s | MB |\n| --- | ---: | ---: | ---: | ---: | ---: |")
    for case in asked.cases:
        with tempfile.TemporaryDirectory(prefix="budget-") as folder:
            used = play(CASES[case], asked.minutes, Path(folder))
        print(
            f"| {case} | {used.share:.1%} | {used.refused:.2%} | {used.requests:,} | {used.usage.cpu_s:.0f} "
            f"| {used.usage.megabytes:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
