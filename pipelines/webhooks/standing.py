"""The application of `--status-port`: how each tenant stands, as a page and as metrics. For this machine only."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

LOCAL = ["127.0.0.1", "localhost"]  # another name in `Host` is another site's that was made to lead here
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
HEADERS = {"Cache-Control": "no-store"}


def application(*, page: Callable[[], str], metrics: Callable[[], str]) -> Starlette:
    """Serves what *page* and *metrics* give, asked anew for each request, one after the other in a thread."""
    thread = ThreadPoolExecutor(1, thread_name_prefix="status")

    async def show_page(_: Request) -> Response:
        text = await asyncio.get_running_loop().run_in_executor(thread, page)
        return HTMLResponse(text, headers=HEADERS)

    async def show_metrics(_: Request) -> Response:
        text = await asyncio.get_running_loop().run_in_executor(thread, metrics)
        return Response(text, media_type=METRICS_TYPE, headers=HEADERS)

    routes = [Route("/", show_page, methods=["GET"]), Route("/metrics", show_metrics, methods=["GET"])]
    return Starlette(routes=routes, middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=LOCAL)])
