"""A local Aleta: a seeded simulation of the API on 127.0.0.1, with all the faults a client must survive."""

from __future__ import annotations

from .http.server import Sandbox, announce
from .http.wire import Request
from .settings import SandboxSettings
from .state.truth import Truth, named_instruments

__all__ = ["Request", "Sandbox", "SandboxSettings", "Truth", "announce", "named_instruments"]
