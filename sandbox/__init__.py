"""The local Aleta: a seeded, merciless stand-in for the API on 127.0.0.1."""

from __future__ import annotations

from .http.server import Request, Sandbox, announce
from .settings import SandboxSettings
from .state.truth import Truth, met

__all__ = ["Request", "Sandbox", "SandboxSettings", "Truth", "announce", "met"]
