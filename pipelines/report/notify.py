"""Sends messages to Apprise URLs; these may hold passwords, and appear nowhere."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from importlib import import_module

MISSING = "`notify` is set, and the extra for it is not installed: in the clone, pip install '.[notify]'"

log = logging.getLogger(__name__)


def send(urls: Sequence[str], *, title: str, body: str, is_well: bool) -> bool:
    """Tell each of *urls*, and say whether one of them took it; one that did not is a warning, whatever the reason."""
    try:
        apprise = import_module("apprise")
    except ImportError:
        log.warning("%s", MISSING)
        return False
    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its messages quote addresses
    kind = "success" if is_well else "failure"
    taken = [_sent(apprise.Apprise(), url, title=title, body=body, kind=kind) for url in urls]
    for number, (url, is_taken) in enumerate(zip(urls, taken, strict=True), start=1):
        if not is_taken:
            service = url.partition("://")[0]
            log.warning("notify: number %s of %s (%s://) could not be told: %s", number, len(urls), service, title)
    return any(taken)


def _sent(service: object, url: str, *, title: str, body: str, kind: str) -> bool:
    try:
        return bool(service.add(url) and service.notify(title=title, body=body, notify_type=kind))  # type: ignore[attr-defined]
    except Exception as error:  # noqa: BLE001 - any of a hundred services; the run is over and its end stands
        log.debug("notify: %s", type(error).__name__)
        return False
