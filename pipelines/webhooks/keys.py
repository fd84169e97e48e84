"""The public keys that one tenant's deliveries are signed with: kept, and fetched again when none fits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import msgspec

from ..warehouse.private_file import make_private_folder, replace
from .signatures import Key, public_key

FILE = "webhook_keys.json"
AGAIN_S = 60.0  # between two fetches (a flood of forgeries costs no budget)
OLD_S = 86_400.0  # after so long they are fetched again unasked: a key may have been withdrawn
PATIENCE_S = 8.0  # a delivery waits no longer for a fetch; senders give up after ten seconds
MOST_KEYS = 16

log = logging.getLogger(__name__)


class Coordinates(msgspec.Struct, frozen=True, omit_defaults=True):
    """A public key as it is kept: a point of P-256, unless it says otherwise."""

    kid: str
    x: str
    y: str
    kty: str = "EC"
    crv: str = "P-256"

    @property
    def is_understood(self) -> bool:
        return (self.kty, self.crv) == ("EC", "P-256")


Fetch: TypeAlias = Callable[[], Sequence[Coordinates]]
Fits: TypeAlias = Callable[[Sequence[Key]], bool]


class KeysUnknownError(Exception):
    """No key was ever fetched, so nothing can be said of a signature (503)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySource:
    """Where one tenant's keys come from.

    Args:
        fetch: asks the API; blocks, and raises whatever it likes.
        threads: where it may block.
        monotonic: seconds from an arbitrary start.
    """

    fetch: Fetch
    threads: Executor
    monotonic: Callable[[], float]


class Keys:
    """One tenant's keys. For one event loop.

    Args:
        folder: the tenant's; the keys are kept there from one start to the next.
    """

    def __init__(self, tenant: str, folder: Path, source: KeySource) -> None:
        self._tenant = tenant
        self._file = folder / FILE
        self._source = source
        self._keys = self._kept()
        self._fetched_s = float("-inf")  # nobody knows how old the kept ones are
        self._may_ask_s = float("-inf")
        self._fetching: asyncio.Task[None] | None = None

    async def fit(self, fits: Fits) -> bool:
        """Whether *fits* says so of the keys there are, or of those fetched again because it did not.

        Raises:
            KeysUnknownError: there are none.
        """
        if fits(self._keys):
            self._renew_if_old()
            return True
        if not await self._renewed():
            self._assert_known()
            return False
        self._assert_known()
        if fits(self._keys):
            return True
        self._may_ask_s = self._source.monotonic() + AGAIN_S  # the fetch was for a forgery, whatever else it was for
        return False

    def _assert_known(self) -> None:
        if not self._keys:
            raise KeysUnknownError(f"{self._tenant}: no key of its webhooks could be fetched yet")

    def _renew_if_old(self) -> None:
        if self._source.monotonic() - self._fetched_s >= OLD_S:
            self._begin(again=False)

    async def _renewed(self) -> bool:
        """Whether a fetch that this delivery began, or came into, has ended in time."""
        self._begin(again=bool(self._keys))
        if self._fetching is None:
            return False
        done, _ = await asyncio.wait([self._fetching], timeout=PATIENCE_S)
        return bool(done)

    def _begin(self, *, again: bool) -> None:
        """Fetch, unless that is going on, or was done less than a minute ago; *again*: because none fits."""
        if self._fetching is None and self._source.monotonic() >= self._may_ask_s:
            self._fetching = asyncio.get_running_loop().create_task(self._fetch(again=again))

    async def _fetch(self, *, again: bool) -> None:
        self._may_ask_s = self._source.monotonic() + AGAIN_S
        try:
            loop = asyncio.get_running_loop()
            found = await loop.run_in_executor(self._source.threads, self._fetched)
        except Exception as error:  # noqa: BLE001 - the delivery is refused, the next may ask again; nothing else ends
            log.warning("%s: the keys of its webhooks cannot be fetched: %s", self._tenant, error)
        else:
            log.info("%s: %s keys of its webhooks fetched", self._tenant, len(found))
            self._keys, self._fetched_s = found, self._source.monotonic()
            if found and not again:  # none that fits was lacking: keys exchanged right after it are not waited for
                self._may_ask_s = float("-inf")  # (an empty answer is not that: after it every forgery lacks a key)
        finally:
            self._fetching = None

    def _fetched(self) -> list[Key]:
        """Keys of another kind are for others (RFC 7517, section 5); what is said to be P-256 and is not, is damage."""
        coordinates = [key for key in self._source.fetch() if key.is_understood][:MOST_KEYS]
        keys = [public_key(key.x, key.y) for key in coordinates]
        self._keep(coordinates)
        return keys

    def _kept(self) -> list[Key]:
        try:
            kept = msgspec.json.decode(self._file.read_bytes(), type=list[Coordinates])
            return [public_key(key.x, key.y) for key in kept]
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as error:
            log.warning("%s cannot be read (%s): the keys are fetched again", self._file, error)
            return []

    def _keep(self, coordinates: Sequence[Coordinates]) -> None:
        """Put them into the file, whole or not at all; without it they are only fetched again after a restart."""
        try:
            make_private_folder(self._file.parent)
            replace(self._file, msgspec.json.encode(coordinates))
        except OSError as error:
            log.warning("%s cannot be written (%s): the keys are fetched again after a restart", self._file, error)
