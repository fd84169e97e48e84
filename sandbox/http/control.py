"""The sandbox's own controls under `/_sandbox/`, for programs in other processes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Protocol, TypeAlias

from ..state.computed.resource import Key
from .faults import Faults
from .wire import Call, Reply, Request, plain_json

DONE = {"ok": True}


class Controlled(Protocol):
    """What can be read and changed of a running sandbox from outside."""

    faults: Faults

    @property
    def requests(self) -> Sequence[Request]: ...

    def reset(self) -> None: ...

    def revoke_tokens(self) -> None: ...

    def mutate(self, tenant: str, kind: str, **args: object) -> dict[str, list[str]]: ...

    def schedule(self, tenant: str, kind: str, *, before: str, skip: int = 0, **args: object) -> None: ...

    def deliver(self, tenant: str, url: str, *, times: int = 1, **wanted: object) -> list[int]: ...

    def rotate_webhook_keys(self, tenant: str) -> str: ...

    def set(self, **changes: object) -> None: ...

    def objects(self, tenant: str) -> dict[str, dict[str, str]]: ...

    def table(self, tenant: str, name: str, *expand: str) -> dict[Key | str, str]: ...

    def uploads(self, tenant: str) -> str: ...


Body: TypeAlias = dict[str, object]
Control: TypeAlias = Callable[[Controlled, Body], object]


def handle(box: Controlled, call: Call) -> Reply:
    """Answer one control request; an invalid one gets a 400 that says why."""
    control = CONTROLS.get((call.method, call.path.removeprefix("/_sandbox/")))
    if control is None:
        return plain_json({"error": f"no such control; there are {sorted(map(' '.join, CONTROLS))}"}, status=404)
    try:
        arguments: Body = {**call.query, **json.loads(call.body or b"{}")}
        answer = control(box, arguments)
    except (ValueError, TypeError, KeyError, OSError) as error:
        return plain_json({"error": f"{type(error).__name__}: {error}"}, status=400)
    return _as_text(answer) if isinstance(answer, str) else plain_json(answer)


def _as_text(text: str) -> Reply:
    return Reply(body=text.encode(), headers={"Content-Type": "application/json"})


def _reset(box: Controlled, _: Body) -> object:
    box.reset()
    return DONE


def _revoke(box: Controlled, _: Body) -> object:
    box.revoke_tokens()
    return DONE


def _faults(box: Controlled, arguments: Body) -> object:
    kind = str(arguments["kind"])
    if kind == "clear":
        box.faults.clear()
        return DONE
    path, times = str(arguments.get("path_contains", "")), int(str(arguments.get("times", 1)))
    box.faults.script(kind, path_contains=path, times=times)
    return DONE


def _mutate(box: Controlled, arguments: Body) -> object:
    """At once, or just before the request that `before` is found in, after `skip` of those."""
    args = arguments.get("args") or {}
    if not isinstance(args, dict):
        raise TypeError("args must be an object")
    tenant, kind = str(arguments["tenant"]), str(arguments["kind"])
    if before := arguments.get("before"):
        box.schedule(tenant, kind, before=str(before), skip=int(str(arguments.get("skip", 0))), **args)
        return DONE
    return box.mutate(tenant, kind, **args)


def _deliver(box: Controlled, given: Body) -> object:
    """Send a webhook to `url`; whatever else is given says which one, see `deliveries.Wanted`."""
    tenant, url, times = str(given.pop("tenant")), str(given.pop("url")), int(str(given.pop("times", 1)))
    return {"statuses": box.deliver(tenant, url, times=times, **given)}


def _rotate(box: Controlled, given: Body) -> object:
    return {"kid": box.rotate_webhook_keys(str(given["tenant"]))}


def _settings(box: Controlled, arguments: Body) -> object:
    box.set(**arguments)
    return DONE


def _requests(box: Controlled, _: Body) -> object:
    return [asdict(request) for request in list(box.requests)]


def _truth(box: Controlled, arguments: Body) -> object:
    """JSON text, concatenated so that every number keeps its digits."""
    tables = box.objects(str(arguments["tenant"]))
    return "{" + ",".join(f'"{name}":{{{_members(rows)}}}' for name, rows in tables.items()) + "}"


def _table(box: Controlled, arguments: Body) -> object:
    """A table beyond the crawl as a list of [key, object]; `expand` as in a request."""
    levels = [level for level in str(arguments.get("expand", "")).split(",") if level]
    rows = box.table(str(arguments["tenant"]), str(arguments["name"]), *levels)
    return "[" + ",".join(f"[{json.dumps(key)},{text}]" for key, text in rows.items()) + "]"


def _uploads(box: Controlled, given: Body) -> object:
    return box.uploads(str(given["tenant"]))


def _members(rows: Mapping[str, str]) -> str:
    return ",".join(f'"{ident}":{text}' for ident, text in rows.items())


CONTROLS: Mapping[tuple[str, str], Control] = {
    ("POST", "reset"): _reset,
    ("POST", "revoke"): _revoke,
    ("POST", "faults"): _faults,
    ("POST", "mutate"): _mutate,
    ("POST", "deliver"): _deliver,
    ("POST", "rotate-webhook-keys"): _rotate,
    ("POST", "settings"): _settings,
    ("GET", "requests"): _requests,
    ("GET", "truth"): _truth,
    ("GET", "table"): _table,
    ("GET", "uploads"): _uploads,
}
