"""The local Aleta: a seeded, merciless stand-in for the API on 127.0.0.1."""

from __future__ import annotations

from .http.server import Sandbox, announce
from .http.wire import Request
from .settings import SandboxSettings
from .state.truth import Truth, named_instruments

__all__ = ["Request", "Sandbox", "SandboxSettings", "Truth", "announce", "named_instruments"]
