"""Typed settings, resolved once: the only reader of the configuration files and of the environment."""

from .configuration import Settings, load
from .dlt_settings import point_dlt_at
from .errors import SettingsError, did_you_mean
from .key_files import check_key_files, loose_key_file
from .owners import reason_of, user, whose_is
from .sources import DLT_SECTIONS, TENANT_NAME, has_section
from .template import section, template
from .tenant import DEFAULTS, KEY_RULES, REQUIRED, KeySource, TenantSettings

__all__ = [
    "DEFAULTS",
    "DLT_SECTIONS",
    "KEY_RULES",
    "REQUIRED",
    "TENANT_NAME",
    "KeySource",
    "Settings",
    "SettingsError",
    "TenantSettings",
    "check_key_files",
    "did_you_mean",
    "has_section",
    "load",
    "loose_key_file",
    "point_dlt_at",
    "reason_of",
    "section",
    "template",
    "user",
    "whose_is",
]
