"""Looks at the configuration and at each tenant, and says of each thing that it is well, or what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

from sources.aleta.catalogue.catalogue import CATALOGUE
from sources.aleta.catalogue.endpoint import Track
from sources.aleta.errors import SourceError
from sources.aleta.reading.connection import Connection
from sources.aleta.safe_text import printable
from sources.aleta.transport.skew import MOST_SKEW_S, skew

from ..report.figures import counted
from ..report.progress import Progress
from ..report.report import Exit, Json, most_severe
from ..run.connect import Connector
from ..run.errors.failures import as_problem
from ..run.selection import check_names
from ..settings import Settings, SettingsError, TenantSettings, check_key_files, load
from . import probes


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the doctor's."""

    tenant: str
    what: str
    ok: bool
    text: str
    exit: Exit = Exit.COMPLETE

    def __str__(self) -> str:
        return printable(f"{'ok     ' if self.ok else 'PROBLEM'}  {self.tenant:<12}  {self.what:<9}  {self.text}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup:
    """All findings, and the exit code they amount to."""

    findings: Sequence[Finding]

    @property
    def exit(self) -> Exit:
        return most_severe(finding.exit for finding in self.findings)

    def to_json(self) -> Json:
        return {"ok": self.exit is Exit.COMPLETE, "checks": [asdict(finding) for finding in self.findings]}

    def text(self) -> str:
        return "\n".join(map(str, self.findings))


Look: TypeAlias = Callable[[], str]  # returns what is well, raises what is not
_LOCAL: Mapping[str, Callable[[TenantSettings], str]] = {
    "disk": probes.disk,
    "lock": probes.lock,
    "warehouse": probes.warehouse,
    "published": probes.published,
    "notify": probes.notify,
}


def run(
    folder: Path,
    names: Sequence[str],
    connector: Connector,
    observe: Callable[[TenantSettings], Progress],
    *,
    environ: Mapping[str, str],
) -> Checkup:
    """Look at the configuration in *folder*, and at each tenant named; at most three requests a tenant."""
    try:
        settings: Settings = load(folder, environ=environ)
        tenants = settings.select(names)
        check_names(settings, tenants)
    except SettingsError as error:
        return Checkup(findings=[Finding(tenant="", what="config", ok=False, text=f"{error}", exit=Exit.USAGE)])
    doctor = _Doctor(settings, connector, observe)
    warnings = [Finding(tenant="", what="config", ok=True, text=f"warning: {warning}") for warning in settings.warnings]
    found = [finding for tenant in tenants for finding in doctor.look_at(tenant)]
    return Checkup(findings=[Finding(tenant="", what="config", ok=True, text=f"{folder}"), *warnings, *found])


class _Doctor:
    def __init__(self, settings: Settings, connector: Connector, observe: Callable[[TenantSettings], Progress]) -> None:
        self._settings = settings
        self._connector = connector
        self._observe = observe

    def look_at(self, tenant: TenantSettings) -> Iterator[Finding]:
        for what, look in _LOCAL.items():
            yield _finding(tenant, what, partial(look, tenant))
        key = self._key(tenant)
        yield key
        if key.ok:
            yield from self._online(tenant)

    def _key(self, tenant: TenantSettings) -> Finding:
        """A file that is missing is a mistake of the configuration; a key that is none is refused like a wrong one."""
        try:
            check_key_files(self._settings, [tenant])
        except SettingsError as error:
            return Finding(tenant=tenant.name, what="key", ok=False, text=f"{error}", exit=Exit.USAGE)
        return _finding(tenant, "key", partial(probes.key, tenant), fatal=Exit.AUTH)

    def _online(self, tenant: TenantSettings) -> Iterator[Finding]:
        try:
            connection = self._connector(tenant, self._observe(tenant))
        except Exception as error:  # noqa: BLE001 - a doctor reports whatever it finds
            yield _unwell(tenant, "token", error, fatal=Exit.AUTH)
            return
        try:
            token = _finding(tenant, "token", lambda: _token(connection, tenant), fatal=Exit.AUTH)
            yield token
            api = _finding(tenant, "api", lambda: _api(connection, tenant), fatal=Exit.AUTH) if token.ok else None
            yield _finding(tenant, "clock", lambda: _clock(connection))
            if api:
                yield api
        finally:
            connection.close()


def _finding(tenant: TenantSettings, what: str, look: Look, *, fatal: Exit = Exit.FAILED) -> Finding:
    try:
        return Finding(tenant=tenant.name, what=what, ok=True, text=look())
    except Exception as error:  # noqa: BLE001 - a doctor reports whatever it finds
        return _unwell(tenant, what, error, fatal=fatal)


def _unwell(tenant: TenantSettings, what: str, error: Exception, *, fatal: Exit) -> Finding:
    auth = isinstance(error, SourceError) and error.code in {"auth", "key"}
    code = fatal if auth else Exit.FAILED
    return Finding(tenant=tenant.name, what=what, ok=False, text=as_problem(error).message, exit=code)


def _token(connection: Connection, tenant: TenantSettings) -> str:
    connection.tokens.get()
    return f"{tenant.auth_url} gives tokens to {tenant.sub}"


def _clock(connection: Connection) -> str:
    """This machine's clock against the API's and the token endpoint's, which takes less of an error."""
    off_api, off_tokens = connection.clocks.seconds, connection.endpoint.ahead_s
    if off := skew(off_api, tolerated_s=MOST_SKEW_S) or skew(off_tokens):
        raise probes.UnwellError(off)
    named = {"the API's": off_api, "the token endpoint's": off_tokens}
    agreed = [name for name, off_s in named.items() if off_s is not None]
    return f"agrees with {' and '.join(agreed)}" if agreed else "not compared: no answer had a Date"


def _api(connection: Connection, tenant: TenantSettings) -> str:
    clients = connection.reader.list_of(CATALOGUE["clients"])()
    address = tenant.v1_url if clients.track == Track.V1 else tenant.api_url
    return f"{address} shows {counted(clients.batch.num_rows, 'client')}"
