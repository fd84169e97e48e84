"""A real Chromium for tests, driven through a pipe; installed where that may be done, and axe-core from its package."""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from time import monotonic

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
PACKAGES = ("chromium", "fonts-liberation")  # without a font there are no letters
INSTALL = ("apt-get", "-o", "DPkg::Lock::Timeout=250", "install", "-y", "--no-install-recommends", *PACKAGES)
HOW = f"run `apt-get update && apt-get install {' '.join(PACKAGES)}` as root"
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-extensions",
    "--disable-component-update", "--disable-sync", "--no-first-run", "--hide-scrollbars", "--force-color-profile=srgb",
    "--font-render-hinting=none", "--remote-debugging-pipe",
)  # fmt: skip
LOAD_S = 60.0  # it takes a tenth of a second; a loaded machine may take longer
AS_3_AND_4 = """
import os, sys
first, second = (os.dup(int(number)) for number in sys.argv[1:3])  # where the numbers are not 3 and 4 themselves
while {first, second} & {3, 4}:
    first, second = os.dup(first), os.dup(second)
os.dup2(first, 3)
os.dup2(second, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
AXE = "axe-core@4.14.1"
AXE_SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"


def executable() -> str:
    """The installed Chromium; on Debian, and for root, it is installed when it is not there. Skips with what to do."""
    if not _found() and shutil.which("apt-get") and os.geteuid() == 0:
        with (Path(tempfile.gettempdir()) / "chromium-for-tests.lock").open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)  # other workers wait, and find it there
            _found() or _apt(*INSTALL) or (_apt("apt-get", "update") and _apt(*INSTALL))
    return _found() or pytest.skip(f"NO BROWSER: the page was not looked at in Chromium. To have it looked at, {HOW}")


def axe(folder: Path) -> str:
    """The source of axe-core, kept in *folder*. Skips where npm cannot bring it; other bytes than the known fail."""
    file = folder / "axe.min.js"
    if not file.exists():
        with tempfile.TemporaryDirectory(dir=folder) as own:  # another worker may do the same
            with tarfile.open(_packed(Path(own))) as package:
                package.extract("package/axe.min.js", own, filter="data")
            (Path(own) / "package" / "axe.min.js").replace(file)
    source = file.read_bytes()
    assert hashlib.sha256(source).hexdigest() == AXE_SHA256, f"{file} is not {AXE}: remove it"
    return source.decode()


@dataclass(slots=True)
class Chromium:
    """A running browser with one tab.

    Attributes:
        requests: what the tab asked for since the last `show`, the page itself apart.
    """

    _to: int
    _from: int
    _session: str = ""
    _rest: bytes = b""
    _ids: Iterator[int] = field(default_factory=lambda: count(1))
    requests: list[str] = field(default_factory=list)

    def show(self, file: Path, *, width: int, dark: bool = False) -> None:
        """Open *file* in a window of *width*, for a reader who likes it light or *dark*."""
        url = file.as_uri()
        self.visit(url, width=width, dark=dark, ready=f"document.readyState + document.URL === {f'complete{url}'!r}")

    def visit(self, url: str, *, width: int, ready: str, dark: bool = False) -> None:
        """The same for an address, whose page is there when the expression *ready* is true."""
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", media="screen", features=features)
        self.call("Page.navigate", url="about:blank")
        self.requests.clear()
        self.call("Page.navigate", url=url)
        deadline = monotonic() + LOAD_S
        while self.run(ready) is not True:
            assert monotonic() < deadline, f"{url} is not shown"
        self.requests = [asked for asked in self.requests if asked != url]

    def run(self, script: str) -> object:
        """The value of an expression, or of its promise, in the tab; the page's own policy does not hold for it."""
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def picture(self) -> bytes:
        """A PNG of the whole page."""
        height = self.run("document.documentElement.scrollHeight")
        width = self.run("innerWidth")
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        return base64.b64decode(self.call("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)["data"])

    def pdf(self) -> bytes:
        """The page as it is printed."""
        self.call("Emulation.setEmulatedMedia", media="", features=[])
        return base64.b64decode(self.call("Page.printToPDF", preferCSSPageSize=True)["data"])

    def call(self, method: str, **params: object) -> dict:
        """What the browser answers to a command of its DevTools protocol."""
        number = next(self._ids)
        message = {"id": number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("method") == "Network.requestWillBeSent":
                self.requests.append(answer["params"]["request"]["url"])
            if answer.get("id") == number:
                assert "error" not in answer, answer
                return answer["result"]

    def open(self) -> None:
        """Make the tab."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network"):
            self.call(f"{domain}.enable")

    def _next(self) -> dict:
        while b"\0" not in self._rest:
            piece = os.read(self._from, 1 << 20)
            assert piece, "the browser is gone"
            self._rest += piece
        text, _, self._rest = self._rest.partition(b"\0")
        return json.loads(text)


@contextmanager
def chromium(folder: Path) -> Iterator[Chromium]:
    """A running browser whose profile is in *folder*."""
    their_in, our_out = os.pipe()
    our_in, their_out = os.pipe()

    argv = [executable(), *OPTIONS, f"--user-data-dir={folder / 'profile'}"]
    with (folder / "chromium.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", AS_3_AND_4, f"{their_in}", f"{their_out}", *argv],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=(their_in, their_out),
        )  # fmt: skip
    os.close(their_in)
    os.close(their_out)
    try:
        browser = Chromium(our_out, our_in)
        browser.open()
        yield browser
    finally:
        os.close(our_out)
        os.close(our_in)
        process.kill()
        process.wait()


def _found() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


def _apt(*command: str) -> bool:
    environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, check=False, capture_output=True, env=environ).returncode == 0


def _packed(folder: Path) -> Path:
    npm = shutil.which("npm") or pytest.skip(f"NO AXE-CORE: install npm, which brings {AXE}")
    done = subprocess.run(
        [npm, "pack", AXE, "--silent", "--pack-destination", f"{folder}"], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        pytest.skip(f"NO AXE-CORE: `npm pack {AXE}` says {done.stderr.strip() or done.returncode}")
    return folder / done.stdout.split()[-1]
