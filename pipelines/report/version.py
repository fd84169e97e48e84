"""The version, as `sync_runs` and statements give it."""

from importlib.metadata import version

VERSION = version("aleta-sync")
