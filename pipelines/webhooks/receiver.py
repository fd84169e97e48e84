"""The public application: `POST /webhooks/TENANT` and `GET /healthz`, and nothing else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from .delivery import BodyError, Delivery, Envelope, UnsignedError, envelope, event
from .inbox import InboxError
from .keys import Keys, KeysUnknownError
from .recorder import Recorder
from .refusals import Refusals
from .signatures import Key, fits, signed_message

LARGEST_BODY = 256 << 10
BODY_S = 10.0  # for the whole body to arrive

log = logging.getLogger(__name__)


class RefusedError(Exception):
    """A delivery that is not accepted: the status, and the reason as the sender is told it."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Receiver:
    """Accepts deliveries.

    Args:
        keys: those of each tenant; their names are the tenants there are.
        recorder: keeps what is accepted.
        accepted: told the tenant of each new delivery that is on the disk.
        now: the time of day.
    """

    def __init__(
        self,
        keys: Mapping[str, Keys],
        recorder: Recorder,
        *,
        accepted: Callable[[str], None],
        now: Callable[[], datetime],
    ) -> None:
        self._keys = keys
        self._recorder = recorder
        self._accepted = accepted
        self._now = now
        self._refusals = Refusals(now)

    def application(self) -> Starlette:
        routes = [
            Route("/webhooks/{tenant}", self._deliver, methods=["POST"]),
            Route("/healthz", self._healthz, methods=["GET"]),
        ]
        application = Starlette(routes=routes)
        application.router.redirect_slashes = False
        return application

    async def _healthz(self, _: Request) -> Response:
        able = await self._recorder.able()
        return PlainTextResponse("ok\n") if able else PlainTextResponse("the disk refuses\n", status_code=503)

    async def _deliver(self, request: Request) -> Response:
        tenant = request.path_params["tenant"]
        try:
            await self._accept(tenant, request)
        except RefusedError as refused:
            self._refusals.note(tenant if tenant in self._keys else "", refused.status, f"{refused}")
            return PlainTextResponse(f"{refused}\n", status_code=refused.status)
        except ClientDisconnect:
            self._refusals.note(tenant, 0, "the sender hung up")
            return Response(status_code=400)
        return Response(status_code=204)

    async def _accept(self, tenant: str, request: Request) -> None:
        """Put the delivery on the disk.

        Raises:
            RefusedError: it is not accepted.
        """
        if tenant not in self._keys:
            raise RefusedError(404, "no such tenant")
        body = await _body(request)
        try:
            signed = envelope(request.headers, now=self._now())
            await self._assert_signed(tenant, signed, body)
            said = event(body)
            delivery = Delivery(
                webhook_id=signed.webhook_id, type=said.type, client_id=said.client_id, received_at=self._now()
            )
            await self._keep(tenant, delivery)
        except UnsignedError as error:
            raise RefusedError(401, f"{error}") from None
        except BodyError as error:
            raise RefusedError(400, f"{error}") from None
        except KeysUnknownError as error:
            raise RefusedError(503, f"{error}") from None
        except InboxError as error:
            log.error("%s: a delivery is refused: %s", tenant, error)  # noqa: TRY400 - its words say it all
            raise RefusedError(503, "the delivery cannot be kept now; send it again") from None

    async def _assert_signed(self, tenant: str, signed: Envelope, body: bytes) -> None:
        message = signed_message(webhook_id=signed.webhook_id, timestamp=signed.timestamp, body=body)
        check: Callable[[Sequence[Key]], bool] = partial(fits, signed.signatures, message)
        if not signed.signatures or not await self._keys[tenant].fit(check):
            raise UnsignedError("no signature fits")

    async def _keep(self, tenant: str, delivery: Delivery) -> None:
        new = await self._recorder.record(tenant, delivery)
        who = f", client {delivery.client_id}" if delivery.client_id else ""
        unknown = "" if delivery.wants_sync else ", of a type that announces nothing to sync"
        end = f"accepted{unknown}" if new else "received again"
        log.info("%s: delivery %s (%s%s) %s", tenant, delivery.webhook_id, delivery.type, who, end)
        if new:
            self._accepted(tenant)


async def _body(request: Request) -> bytes:
    """The whole body, within its bounds.

    Raises:
        RefusedError: it is too large, or takes too long.
        ClientDisconnect: the sender hung up.
    """
    declared = request.headers.get("content-length", "0")
    if int(declared) > LARGEST_BODY:  # the server has checked that it is a number
        raise RefusedError(413, "more than 256 KiB")
    pieces, size = [], 0
    try:
        async with asyncio.timeout(BODY_S):
            async for piece in request.stream():
                pieces.append(piece)
                size += len(piece)
                if size > LARGEST_BODY:
                    raise RefusedError(413, "more than 256 KiB")
    except TimeoutError:
        raise RefusedError(408, f"the body did not arrive within {BODY_S:.0f} s") from None
    return b"".join(pieces)
