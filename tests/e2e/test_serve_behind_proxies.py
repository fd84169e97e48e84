"""`serve` behind nginx and Caddy, as docs/webhooks.md has them; where these are installed."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.serving import ROOT, Serving, until

PAGE = (ROOT / "docs" / "webhooks.md").read_text()
TOO_LARGE = "x" * (300 << 10)
BOXES = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def shown(language: str) -> str:
    """The page's only block of *language*."""
    [block] = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return block


def replaced(text: str, **places: tuple[str, str]) -> str:
    for old, new in places.values():
        assert old in text
        text = text.replace(old, new)
    return text


def nginx(folder: Path, port: int, target: str) -> Sequence[str]:
    """Without TLS; its files below *folder*."""
    server = replaced(
        re.sub(r" *ssl_certificate.*\n", "", shown("nginx")),
        listen=("listen 443 ssl;", f"listen 127.0.0.1:{port};"),
        target=("http://127.0.0.1:8300", target),
    )
    boxes = " ".join(f"{name}_temp_path {folder / name};" for name in BOXES)
    http = f"http {{ access_log off; {boxes}\n{server} }}"
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder / 'pid'}; error_log {folder / 'error.log'}; events {{}}\n{http}"
    )
    return ["nginx", "-e", f"{folder / 'error.log'}", "-c", f"{folder / 'nginx.conf'}"]


def caddy(folder: Path, port: int, target: str) -> Sequence[str]:
    site = replaced(
        shown("caddy"),
        address=("hooks.example.com {", f"http://127.0.0.1:{port} {{"),
        target=("127.0.0.1:8300", target.removeprefix("http://")),
    )
    (folder / "Caddyfile").write_text("{\nadmin off\nauto_https off\n}\n" + site)
    return ["caddy", "run", "--adapter", "caddyfile", "--config", f"{folder / 'Caddyfile'}"]


@contextmanager
def in_front(command: Sequence[str], folder: Path, port: int) -> Iterator[None]:
    with (folder / "proxy.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | {"HOME": f"{folder}"})
        try:
            until(lambda: listens(port), within_s=30)
            yield
        finally:
            process.terminate()
            process.wait(30)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def got(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.parametrize("proxy", [nginx, caddy])
def test_what_the_page_puts_in_front_lets_deliveries_through_and_nothing_else(program, tmp_path, proxy):
    """Signed: 204. Forged, too large: what `serve` says of it. No other path, no other method."""
    if shutil.which(proxy.__name__) is None:
        pytest.skip(f"{proxy.__name__} is not here")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    serving = Serving(program, "--no-sync")
    with in_front(proxy(tmp_path, port, serving.said["url"]), tmp_path, port):
        url = f"http://127.0.0.1:{port}/webhooks/acme"

        assert program.box.deliver("acme", url, client_id="c1") == [204]
        assert program.box.deliver("acme", url, client_id="c1", forged=True) == [401]
        assert program.box.deliver("acme", url, client_id="c1", body=TOO_LARGE) == [413]
        assert got(port, "/webhooks/acme") in {403, 404, 405}
        assert {got(port, path) for path in ("/healthz", "/metrics", "/")} == {404}
    assert serving.terminate() == 143
