"""An Aleta in memory behind the port of the transport's client: for walk, fetch and reader, without a socket."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar

import pyarrow as pa

from sources.aleta.errors import ParentGoneError
from sources.aleta.jsonapi.answer import Answer

T = TypeVar("T")
NOTHING: list[Mapping[str, object]] = []
NOWHERE = ParentGoneError("this API speaks v2")
Said = Exception | bytes | Sequence[Mapping[str, object]] | Mapping[str, object]


def thing(own_id: str, **relations: object) -> dict[str, object]:
    """A resource; *relations* as ids (to-many) or one id (to-one)."""
    linked = {
        name: {"data": {"id": said} if isinstance(said, str) else [{"id": resource_id} for resource_id in said]}
        for name, said in relations.items()
    }
    return {"type": "thing", "id": own_id, "relationships": linked}


def booked(own_id: str, day: date) -> dict[str, object]:
    """A transaction of one day."""
    return {"type": "fee-transaction", "id": own_id, "attributes": {"tradeDate": f"{day}", "valueDate": f"{day}"}}


def answered(batch: pa.RecordBatch, at: datetime) -> Answer:
    """A response with these rows."""
    return Answer(batch=batch, links={}, related={}, drift=Counter(), fetched_at=at)


@dataclass
class FakeApi:
    """Answers by path; what is not there is an empty list, and on v3 nothing is.

    Args:
        says: per path: resources (a list or one), a raw body, or an exception to raise.
        rows: per account: its transactions.
        cap: rows a transaction list holds at most, silently.
        max_days: the widest window it takes.
        trouble: called with account, first and last day before transactions are read; may raise.
    """

    says: dict[str, Said] = field(default_factory=dict)
    rows: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    cap: int = 10**9
    trouble: Callable[[str, date, date], None] = lambda *_: None
    seen: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(
        self,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        parse: Callable[[bytes], T],
        hear: object = None,
        resource: str,
        parent_id: str = "",
    ) -> T:
        full = path.replace("{parent_id}", parent_id)
        with self._lock:
            self.seen.append((full, dict(params or {})))
        said = (
            self._booked(params)
            if full == "/v2/transactions" and params
            else self.says.get(full, NOTHING if full.startswith("/v2") else NOWHERE)
        )
        if isinstance(said, Exception):
            raise said
        return parse(said if isinstance(said, bytes) else json.dumps({"data": said}).encode())

    def _booked(self, params: Mapping[str, str]) -> Said:
        account, first, last = params["accountId"], params["fromDate"], params["toDate"]
        self.trouble(account, date.fromisoformat(first), date.fromisoformat(last))
        if account in self.says:
            return self.says[account]
        inside = [row for row in self.rows.get(account, []) if first <= str(_day(row)) <= last]
        return inside[-self.cap :]

    @property
    def asked(self) -> Counter[str]:
        return Counter(path for path, _ in self.seen)


class DayByDay(FakeApi):
    """Whose days are asked for one by one."""

    def _booked(self, params: Mapping[str, str]) -> Said:
        return super()._booked({**params, "fromDate": params["date"], "toDate": params["date"]})


def _day(row: Mapping[str, object]) -> object:
    attributes = row["attributes"]
    assert isinstance(attributes, dict)
    return attributes["tradeDate"]


def threads_of(prefix: str) -> list[threading.Thread]:
    """Threads alive whose name begins so."""
    return [thread for thread in threading.enumerate() if thread.name.startswith(prefix)]


def all_end(prefix: str, timeout_s: float = 10) -> bool:
    """Whether those threads come to their end by themselves."""
    for thread in threads_of(prefix):
        thread.join(timeout_s)
    return not threads_of(prefix)
