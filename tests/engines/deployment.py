"""A Dagster deployment as docs/orchestration.md has it: the example's instance, a daemon and a web server."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from urllib.error import URLError
from urllib.request import urlopen

from dagster import DagsterInstance, DagsterRunStatus, RunRecord
from dagster_graphql import DagsterGraphQLClient

from tests.ports import free_port

EXAMPLE = Path(__file__).parents[2] / "deploy" / "dagster"
BIN = Path(sys.executable).parent
PATIENCE_S = 240.0
MODULE = """
from pathlib import Path
from pipelines.orchestration.definitions import Night, definitions
defs = definitions(Path({config!r}), night=Night(cron={cron!r}, retries=0))
"""


@dataclass(slots=True)
class Deployment:
    """A running one. *instance* is for looking; what is done goes through the web server, as a person's clicks do."""

    folder: Path
    config: Path
    port: int = 0
    instance: DagsterInstance = field(init=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def launch(self, tenant: str) -> str:
        """Materialize a tenant's asset; the run's id."""
        client = DagsterGraphQLClient("127.0.0.1", port_number=self.port)
        return client.submit_job_execution(
            "aleta_sync", repository_location_name="aleta", asset_selection=[["aleta", tenant]]
        )

    def terminate(self, run_id: str) -> None:
        DagsterGraphQLClient("127.0.0.1", port_number=self.port).terminate_run(run_id)

    def runs(self) -> list[RunRecord]:
        return list(self.instance.get_run_records())

    def status(self, run_id: str) -> DagsterRunStatus:
        return self.instance.get_run_by_id(run_id).status

    def log(self) -> str:
        return "\n".join(file.read_text()[-4000:] for file in sorted(self.folder.glob("*.log")))


def until(true: Callable[[], object], *, log: Callable[[], str], patience_s: float = PATIENCE_S) -> None:
    """Wait for something to become true."""
    deadline = monotonic() + patience_s
    while not true():
        assert monotonic() < deadline, log()
        sleep(0.1)


@contextmanager
def deployed(folder: Path, config: Path, *, cron: str) -> Iterator[Deployment]:
    """Start a deployment of the folder *config* in *folder*, whose night begins at *cron* (UTC)."""
    home = folder / "instance"
    home.mkdir()
    shutil.copy(EXAMPLE / "dagster.yaml", home)
    (folder / "night.py").write_text(MODULE.format(config=f"{config}", cron=cron))
    workspace = (EXAMPLE / "workspace.yaml").read_text().replace("pipelines.orchestration.dagster", "night")
    (folder / "workspace.yaml").write_text(workspace)
    environ = os.environ | {"DAGSTER_HOME": f"{home}", "PYTHONPATH": f"{folder}"}
    subprocess.run([BIN / "dagster", "instance", "migrate"], cwd=folder, env=environ, check=True, capture_output=True)
    deployment = Deployment(folder=folder, config=config, port=free_port())
    with ExitStack() as stack:
        stack.enter_context(_running("daemon", ["dagster-daemon", "run"], folder, environ))
        web = ["dagster-webserver", "--host", "127.0.0.1", "--port", f"{deployment.port}"]
        stack.enter_context(_running("web", web, folder, environ))
        deployment.instance = stack.enter_context(DagsterInstance.from_config(f"{home}"))
        until(lambda: _answers(f"{deployment.url}/server_info"), log=deployment.log)
        yield deployment


@contextmanager
def _running(name: str, command: list[str], folder: Path, environ: Mapping[str, str]) -> Iterator[None]:
    with (folder / f"{name}.log").open("wb") as log:
        argv = [f"{BIN / command[0]}", *command[1:], "--workspace", f"{folder / 'workspace.yaml'}"]
        process = subprocess.Popen(argv, cwd=folder, env=environ, stdout=log, stderr=log, start_new_session=True)
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except (URLError, OSError):
        return False
