"""A real S3 server on a local socket, in a process of its own, and where delta-rs finds it."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import requests

KEYS = {"AWS_ACCESS_KEY_ID": "a-key", "AWS_SECRET_ACCESS_KEY": "a-secret-that-nobody-shows", "AWS_REGION": "us-east-1"}
START_S = 60.0


@contextmanager
def serving(port, limit=Path("/nowhere")):
    """The server, with a bucket `bucket`; of its own, as delta-rs holds the interpreter's lock while it waits."""
    command = [sys.executable, f"{Path(__file__).with_name('s3_server.py')}", f"{port}", f"{limit}"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _begin(f"http://127.0.0.1:{port}/bucket")
        yield process
    finally:
        process.kill()
        process.wait()


def _begin(bucket):
    deadline = time.monotonic() + START_S
    while True:
        try:
            requests.put(bucket, timeout=5).raise_for_status()
        except requests.ConnectionError:
            assert time.monotonic() < deadline, "the S3 server did not start"
            time.sleep(0.1)
        else:
            return


def environment(port):
    """What tells delta-rs of the server."""
    return KEYS | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_ALLOW_HTTP": "true"}
