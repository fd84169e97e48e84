"""The local Aleta as a server: start and stop in a thread, port 0 by default, 127.0.0.1 only."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import cycle
from pathlib import Path
from threading import Lock, Thread
from typing import Self

from cryptography.hazmat.primitives.asymmetric import ec

from ..settings import SandboxSettings, changed
from ..state.computed.resource import Key
from ..state.mutations import mutate, night
from ..state.store import Store
from ..state.truth import Truth
from ..world.webhook_keys import signing_key
from ..world.world import build
from . import control
from .api import uploads, v1
from .api.routes import serve
from .budget import Budget
from .deliveries import Signed, Wanted, send, sign
from .faults import BEFORE_WRITING, FAULTS, Faults
from .issuer import Issuer, RefusedError, Registration
from .keys import registration, write_config
from .listener import Listener
from .wire import API_TYPE, Call, RefusalError, Reply, Request, Wire, plain_json, refusal, sent

MEDIA_TYPES = (API_TYPE, "application/vnd.json+api")  # the vendor's own samples show both
TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path, not a secret


@dataclass(slots=True, kw_only=True)
class Planned:
    """A mutation that waits for a request."""

    tenant: str
    kind: str
    before: str
    skip: int
    args: Mapping[str, object]


class Sandbox:
    """A running Aleta with one world per tenant; a context manager. It starts at once, `close` stops it.

    Attributes:
        url: serves the API below `/api`, tokens at `/oauth/token`, and its own controls below `/_sandbox/`.
        faults: `script` and `clear` what goes wrong.
        requests: every request but the controls', refused ones included, in order.
    """

    def __init__(self, settings: SandboxSettings | None = None, *, port: int = 0) -> None:
        settings_or_default = settings or SandboxSettings()
        self._start_day = settings_or_default.today or datetime.now(UTC).date()
        self.settings = replace(settings_or_default, today=self._start_day)
        self.faults = Faults(seed=settings_or_default.seed)
        self.requests: list[Request] = []
        self._lock = Lock()
        self._agenda: list[Planned] = []
        self._media = cycle(MEDIA_TYPES)
        self._keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in settings_or_default.tenants}
        self._budget = Budget(per_minute=self.settings.requests_per_minute, burst=self.settings.burst)
        self._stores = self._new_stores()
        self._server = Listener(("127.0.0.1", port), self.answer)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._issuer = Issuer(
            audience=self.url, registered={integrator.kid: integrator for integrator in self._registrations()}
        )
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving; every connection is closed and every thread has ended."""
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()

    # -- for a client

    def write_config(self, folder: Path, **aleta: object) -> Path:
        """Write a configuration that points here, and every tenant's key; *aleta* overrides keys of `[aleta]`."""
        top = {"api_url": self.url, "v1_url": self.url, "auth_url": self.url, "audience": self.url, "data_dir": "data"}
        return write_config(folder, {**top, **aleta}, self._keys)

    # -- for a test

    def truth(self, tenant: str) -> Truth:
        """What the API returns for *tenant* now."""
        with self._lock:
            return self._stores[tenant].truth(self.settings)

    def objects(self, tenant: str) -> dict[str, dict[str, str]]:
        """The same as JSON text: table -> id -> object."""
        with self._lock:
            return self._stores[tenant].objects()

    def table(self, tenant: str, name: str, *expand: str) -> dict[Key | str, str]:
        """Any table beyond the crawl as JSON text, by the keys of `Truth`; *expand*: levels, where it has them."""
        with self._lock:
            return self._stores[tenant].texts(name, self.settings, *expand)

    def uploads(self, tenant: str) -> str:
        """What was uploaded to *tenant*, as JSON text: keys, rows, how often each was taken, how many are doubles."""
        with self._lock:
            return self._stores[tenant].uploads.text()

    def mutate(self, tenant: str, kind: str, **args: object) -> dict[str, list[str]]:
        """Apply a mutation to the world, see `mutations`; return the ids it touched."""
        with self._lock:
            return mutate(self._stores[tenant], kind, args)

    def schedule(self, tenant: str, kind: str, *, before: str, skip: int = 0, **args: object) -> None:
        """Apply a mutation once, just before the API request whose URL contains *before*, after *skip* of those."""
        with self._lock:
            self._agenda.append(Planned(tenant=tenant, kind=kind, before=before, skip=skip, args=args))

    def mutate_night(
        self,
        tenant: str,
        rng_seed: int,
        *,
        late: float = 0.01,
        edited: float = 0.01,
        deleted: float = 0.005,
        within_days: int = 0,
    ) -> dict[str, int]:
        """A night of changes, as shares of all rows; *within_days*: only rows of the last days (0: of all time)."""
        shares = {"late": late, "edited": edited, "deleted": deleted}
        with self._lock:
            return night(self._stores[tenant], rng_seed, shares, within_days=within_days)

    def set(self, **changes: object) -> None:
        """Change settings of the running server; raises ValueError for those that the world is built from."""
        self.settings = changed(self.settings, changes)
        if changes.keys() & {"requests_per_minute", "burst"}:
            self._budget = Budget(per_minute=self.settings.requests_per_minute, burst=self.settings.burst)
        if self.settings.today:
            for store in self._stores.values():
                store.today = self.settings.today.toordinal()

    def signed_delivery(self, tenant: str, **wanted: object) -> Signed:
        """A webhook of *tenant*, not sent; *wanted*: see `deliveries.Wanted`."""
        with self._lock:
            store = self._stores[tenant]
            key = signing_key(store.seed, store.key_rotations)
        return sign(Wanted(**wanted), key, now=datetime.now(UTC))  # type: ignore[arg-type]

    def deliver(self, tenant: str, url: str, *, times: int = 1, **wanted: object) -> list[int]:
        """Send one to *url*, *times* times the same; the statuses of the answers."""
        signed = self.signed_delivery(tenant, **wanted)
        return [send(signed, url) for _ in range(times)]

    def rotate_webhook_keys(self, tenant: str) -> str:
        """Exchange the oldest key for a new one, which signs from now on; its `kid`."""
        with self._lock:
            return self._stores[tenant].rotate_keys()

    def revoke_tokens(self) -> None:
        """Every token issued so far answers 401 from now on."""
        self._issuer.revoke()

    def reset_requests(self) -> None:
        """Forget the requests so far."""
        self.requests.clear()

    def reset(self) -> None:
        """Build the world again from its seed; forget mutations, faults and requests."""
        stores = self._new_stores()
        with self._lock:
            self._stores = stores
            self._agenda.clear()
        self.faults.clear()
        self.reset_requests()

    # -- serving

    def answer(self, call: Call) -> Wire:
        """The response to one request."""
        if call.path.startswith("/_sandbox/"):
            return sent(control.handle(self, call), takes_gzip=call.takes_gzip)
        at_s = time.monotonic()
        tenant, wire = self._answered(call, at_s)
        self.requests.append(Request.of(call, tenant=tenant, status=wire.status, at_s=at_s))
        return wire

    def _answered(self, call: Call, at_s: float) -> tuple[str, Wire]:
        if call.path == TOKEN_PATH:
            tenant, reply = self._token(call)
        elif call.method == "GET":
            tenant, reply = self._api(call, at_s, lambda tenant: self._read(tenant, call))
        else:
            return self._written(call, at_s)
        return tenant, self._faulty(call, reply)

    def _written(self, call: Call, at_s: float) -> tuple[str, Wire]:
        """What changes something: some faults strike before it is done, others lose the answer after it was."""
        struck: list[str | None] = []

        def write(tenant: str) -> Reply:
            struck.append(self.faults.next(call.target, settings=self.settings))
            if struck[0] in BEFORE_WRITING:
                return Reply()
            with self._lock:
                reply = uploads.serve(self._stores[tenant], call)
            return replace(reply, headers={"Content-Type": next(self._media)})

        tenant, reply = self._api(call, at_s, write)
        reply = self._dated(reply)
        fault = struck[0] if struck else None
        wire = FAULTS[fault](reply, call.takes_gzip) if fault else sent(reply, takes_gzip=call.takes_gzip)
        return tenant, replace(wire, delay_s=wire.delay_s + self.settings.latency_s)

    def _faulty(self, call: Call, reply: Reply) -> Wire:
        refused = reply.status in {401, 429} and call.path != TOKEN_PATH
        fault = None if refused else self.faults.next(call.target, settings=self.settings)
        reply = self._dated(reply)
        wire = FAULTS[fault](reply, call.takes_gzip) if fault else sent(reply, takes_gzip=call.takes_gzip)
        return replace(wire, delay_s=wire.delay_s + self.settings.latency_s)

    def _dated(self, reply: Reply) -> Reply:
        """*reply* with a `Date`, as any origin server's has (RFC 9110, 6.6.1), unless the settings leave it out."""
        if self.settings.date_off_s is None:
            return reply
        now = datetime.now(UTC) + timedelta(seconds=self.settings.date_off_s)
        return replace(reply, headers={**reply.headers, "Date": format_datetime(now, usegmt=True)})

    def _api(self, call: Call, at_s: float, respond: Callable[[str], Reply]) -> tuple[str, Reply]:
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        tenant = self._issuer.tenant_of(token.strip(), now=time.time()) if scheme.lower() == "bearer" else None
        if tenant is None:
            return "", refusal(401, "unauthorized", "Bearer token missing, unknown, expired or revoked")
        if wait_s := self._budget.take(tenant, now=at_s):
            late = {"Retry-After": str(wait_s)}
            return tenant, refusal(429, "rate_limited", "Over the budget of this sub", headers=late)
        try:
            return tenant, respond(tenant)
        except RefusalError as error:
            return tenant, v1.problem(error.reply) if call.path.startswith(v1.PREFIX) else error.reply

    def _read(self, tenant: str, call: Call) -> Reply:
        with self._lock:
            self._agenda = [planned for planned in self._agenda if not self._happens(planned, call.target)]
            store = self._stores[tenant]
            if call.path.startswith(v1.PREFIX):
                return v1.answer(store, self.settings, call)
            reply = serve(store, self.settings, path=call.path, query=call.query)
            return reply if reply.headers else replace(reply, headers={"Content-Type": next(self._media)})

    def _happens(self, planned: Planned, target: str) -> bool:
        """Whether *planned* was due before this request; then it is done."""
        planned.skip -= planned.before in target
        if planned.before not in target or planned.skip >= 0:
            return False
        with suppress(KeyError):  # what was to change is gone by now
            mutate(self._stores[planned.tenant], planned.kind, planned.args)
        return True

    def _token(self, call: Call) -> tuple[str, Reply]:
        if call.method != "POST" or not call.is_form:
            error = {"error": "invalid_request", "error_description": "POST a form, application/x-www-form-urlencoded"}
            return "", plain_json(error, status=400)
        try:
            lifetime_s = self.settings.token_lifetime_s
            tenant, token = self._issuer.exchange(call.form, now=time.time(), lifetime_s=lifetime_s)
        except RefusedError as error:
            return "", plain_json({"error": error.code, "error_description": str(error)}, status=400)
        return tenant, plain_json(token)

    # -- building

    def _new_stores(self) -> dict[str, Store]:
        return {name: self._new_store(name) for name in self.settings.tenants}

    def _new_store(self, tenant: str) -> Store:
        world = build(self.settings, tenant=tenant, today=self._start_day)
        return Store(world, seed=f"{self.settings.seed}:{tenant}")

    def _registrations(self) -> list[Registration]:
        return [registration(name, key) for name, key in self._keys.items()]


def announce(box: Sandbox, folder: Path) -> dict[str, str]:
    """What `aleta-sync sandbox` prints: the server's address, and a configuration folder that points to it."""
    return {"url": box.url, "config": str(folder)}
