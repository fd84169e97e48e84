"""How much of the request budget a sync uses, and how often it is refused, over minutes; with enough to ask.

    python -m benchmarks.budget [--minutes 10] [--cases one eight shared]

`one`: one tenant. `eight`: eight side by side, each with a budget of its own. `shared`: one, while another program
sends a third of what its `sub` may. Counted by the server, from the first request for transactions on.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
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
CASES = {"one": 1, "eight": 8, "shared": 1}


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


def play(case: str, minutes: float, folder: Path) -> Used:
    """One case in a folder of its own; the program is killed when the time is over."""
    tenants = tuple(f"tenant{n}" for n in range(CASES[case]))
    accounts = int((BURST + PER_MINUTE * minutes) * SPARE)
    settings = SandboxSettings(tenants=tenants, accounts=accounts, rows=accounts, years=2, plain=True, instruments=1)
    with Sandbox(settings) as box:
        box.write_config(folder / "config", resources=["transactions"], requests_per_minute=PER_MINUTE, burst=BURST)
        box.set(requests_per_minute=PER_MINUTE, burst=BURST)
        with _another(box, folder, every_s=60 / PER_MINUTE * 3 if case == "shared" else 0):
            command = [f"{PROGRAM}", "--config", f"{folder / 'config'}", "sync", "--json"]
            usage = run(command, log=folder / "log", enough=lambda: _seconds(box.requests) > 60 * minutes)
        return _used(box.requests, tenants, minutes, usage)


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
            used = play(case, asked.minutes, Path(folder))
        print(
            f"| {case} | {used.share:.1%} | {used.refused:.2%} | {used.requests:,} | {used.usage.cpu_s:.0f} "
            f"| {used.usage.megabytes:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
