"""Typed settings, resolved once: the only reader of the configuration files and of the environment."""

from .configuration import Settings, load, point_dlt_at
from .errors import SettingsError
from .sources import DLT_SECTIONS
from .tenant import DEFAULTS, KEY_RULES, REQUIRED, KeySource, TenantSettings

__all__ = [
    "DEFAULTS",
    "DLT_SECTIONS",
    "KEY_RULES",
    "REQUIRED",
    "KeySource",
    "Settings",
    "SettingsError",
    "TenantSettings",
    "load",
    "point_dlt_at",
]
