"""The program as its users run it: a process of its own, its report, and the files it leaves."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from sandbox import Sandbox
from tests import truth
from tests.e2e import warm

SCRIPT = Path(sys.executable).parent / "aleta-sync"
TIMEOUT_S = 300.0  # of a run that takes seconds; a loaded machine may take longer
DEFAULTS = {"requests_per_minute": 0, "publish": ["duckdb"], "resources": truth.CRAWL}
OVERRIDES = ("ALETA", "TENANTS__", "DLT", "RUNTIME__", "DESTINATION__", "NORMALIZE__", "LOAD__")

Running = subprocess.Popen[str] | warm.Process


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A program that ended: its exit code, its report and its log."""

    exit: int
    out: str
    err: str

    @property
    def report(self) -> dict:
        return json.loads(self.out)

    def tenant(self, name: str = "acme") -> dict:
        return self.report["tenants"][name]

    def counts(self, resource: str = "transactions", tenant: str = "acme") -> dict[str, int]:
        return self.tenant(tenant)["resources"][resource]

    def errors(self, tenant: str = "acme") -> list[dict[str, str]]:
        return self.tenant(tenant)["errors"]


class Program:
    """`aleta-sync` with a configuration folder that points to *box*; everything it writes goes below *folder*.

    Attributes:
        cold: whether each process is the installed script, started by the system; else it is forked from a warm one.
    """

    cold = False

    def __init__(self, box: Sandbox, folder: Path, **aleta: object) -> None:
        self.box = box
        self.folder = folder
        self.config = box.write_config(folder / "config", **DEFAULTS | aleta)
        self.home = folder / "home"
        self.home.mkdir(exist_ok=True)

    def configure(self, **aleta: object) -> None:
        """Write the configuration again, with other keys of `[aleta]`."""
        self.__init__(self.box, self.folder, **aleta)

    def rewrite(self, old: str, new: str) -> None:
        """Put *new* where *old* is in `config.toml`."""
        file = self.config / "config.toml"
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))

    def known(self, tenant: str = "acme") -> dict[str, str]:
        """A tenant's section of `config.toml`."""
        return tomllib.loads((self.config / "config.toml").read_text())["tenants"][tenant]

    def named(self, words: str) -> str:
        """How a message names a command, when the program was told its folder by `--config`."""
        return f"aleta-sync --config {shlex.quote(f'{self.config}')} {words}"

    def start(self, *args: str, config: bool = True, **environ: str) -> Running:
        """Start it, and do not wait."""
        plain = {name: value for name, value in os.environ.items() if not name.startswith(OVERRIDES)}
        argv = [f"{SCRIPT}", *(["--config", f"{self.config}"] if config else []), *args]
        environ = plain | {"HOME": f"{self.home}"} | environ
        if not self.cold:
            return warm.Process(warm.Order(argv=argv, cwd=f"{self.folder}", environ=environ))
        pipe = subprocess.PIPE
        return subprocess.Popen(argv, stdout=pipe, stderr=pipe, text=True, cwd=self.folder, env=environ)

    def end(self, process: Running, *, timeout_s: float = TIMEOUT_S) -> Ended:
        """Wait for a process; whatever it was to do, it printed no secret and no traceback."""
        try:
            out, err = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        found = self.indiscretions(out + err)
        assert found == [], f"printed {found}\n{out}\n{err}"
        return Ended(exit=process.returncode, out=out, err=err)

    def run(self, *args: str, timeout_s: float = TIMEOUT_S, config: bool = True, **environ: str) -> Ended:
        """Run it to its end."""
        return self.end(self.start(*args, config=config, **environ), timeout_s=timeout_s)

    def sync(self, *args: str, expect: int = 0, timeout_s: float = TIMEOUT_S) -> Ended:
        """`sync --json`, which is to end with *expect*."""
        ended = self.run("sync", "--json", *args, timeout_s=timeout_s)
        assert ended.exit == expect, f"exit {ended.exit}\n{ended.out}\n{ended.err}"
        return ended

    def indiscretions(self, text: str) -> list[str]:
        """What *text* should not say: keys, tokens, assertions, tracebacks."""
        keys = [
            line for pem in self.config.glob("secrets/*.pem") for line in pem.read_text(errors="replace").splitlines()
        ]
        tokens = list(self.box._issuer._tokens)
        return [secret for secret in (*keys, *tokens, "Traceback", "eyJ", "Bearer ") if secret in text]

    def tenant_folder(self, tenant: str = "acme") -> Path:
        return self.folder / "data" / tenant

    def warehouse(self, tenant: str = "acme") -> Path:
        """The analyst's copy."""
        return self.tenant_folder(tenant) / "warehouse.duckdb"

    def differences(self, tenant: str = "acme") -> list[str]:
        """Every way in which the analyst's copy is not what the API shows now."""
        return truth.differences(self.warehouse(tenant), self.box.truth(tenant))

    def rows(self, sql: str, tenant: str = "acme") -> list[tuple]:
        return truth.rows(self.warehouse(tenant), sql)

    def column(self, sql: str, tenant: str = "acme") -> list:
        return [row[0] for row in self.rows(sql, tenant)]
