"""The examples in deploy/: each as the tool that reads it would, as far as that can be without it."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest
import yaml

from pipelines.cli import COMMANDS, main
from pipelines.settings import load

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
CRON_LINE = re.compile(r"(\S+ \S+ \S+ \S+ \S+)  (\w+)  (.+)")
CONFIG_MAP, VOLUME, CRON_JOB = yaml.safe_load_all((DEPLOY / "kubernetes" / "cronjob.yaml").read_text())
POD = CRON_JOB["spec"]["jobTemplate"]["spec"]["template"]["spec"]


def taken(words: list[str]) -> bool:
    """Whether the program takes *words*: its command and options are known, and what an option needs is there."""
    at = next(place for place, word in enumerate(words) if word in COMMANDS)
    main.make_context("aleta-sync", [*words[:at], "--help"], resilient_parsing=True)
    command = main.get_command(click.Context(main), words[at])
    command.make_parser(click.Context(command)).parse_args(words[at + 1 :])
    return True


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not here")
def test_the_units_are_such_as_systemd_takes(tmp_path):
    """With a program and a user that are here."""
    for unit in UNITS:
        text = re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", unit.read_text()).replace("User=aleta\n", "")
        (tmp_path / unit.name).write_text(text)
        (tmp_path / unit.name).chmod(0o644)  # whatever the umask is
    command = ["systemd-analyze", "verify", *(f"{tmp_path / unit.name}" for unit in UNITS)]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_a_stop_of_the_receiver_is_no_failure():
    """SIGTERM ends it with 143, which systemd takes for a failure unless it is told."""
    assert "SuccessExitStatus=143\n" in (DEPLOY / "systemd" / "aleta-serve.service").read_text()


def test_a_stop_of_the_receiver_signals_its_sync_once():
    """systemd would signal both, and the receiver its sync again: the second SIGTERM ends that in its commit."""
    assert "KillMode=mixed\n" in (DEPLOY / "systemd" / "aleta-serve.service").read_text()


def test_the_page_of_webhooks_has_the_unit_that_is_here():
    unit = (DEPLOY / "systemd" / "aleta-serve.service").read_text()
    assert f"```ini\n{unit}```" in (ROOT / "docs" / "webhooks.md").read_text()


def test_systemd_would_say_what_is_wrong(tmp_path):
    """Sabotage: a mistake in a unit is found, by whoever looks."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not here")
    unit = tmp_path / "wrong.timer"
    unit.write_text("[Timer]\nOnCalendar=every night\n")

    done = subprocess.run(["systemd-analyze", "verify", f"{unit}"], capture_output=True, text=True, check=False)

    assert "every night" in done.stderr


def test_the_programs_of_all_examples_are_called_as_they_can_be():
    """systemd, cron, compose and Kubernetes."""
    calls = [line for unit in UNITS for line in re.findall(r"ExecStart=\S+/aleta-sync (.+)", unit.read_text())]
    calls += re.findall(r"/aleta-sync ([^>\n]+?) +>", (DEPLOY / "cron" / "aleta-sync").read_text())
    words = [call.split() for call in calls]
    words += [service["command"] for service in COMPOSE["services"].values()]
    words += [container["args"] for container in POD["containers"]]

    assert len(words) == 2 + 2 + 2 + 1
    assert all(map(taken, words))
    with pytest.raises(click.NoSuchOption):
        taken(["sync", "--jason"])  # the measure tells


def test_cron_has_a_time_a_user_and_no_bare_percent():
    """A % ends a command of cron's; a line without a user is none of /etc/cron.d."""
    lines = (DEPLOY / "cron" / "aleta-sync").read_text().splitlines()
    jobs = [line for line in lines if not line.startswith("#") and "=" not in line.split("  ")[0]]

    assert len(jobs) == 2
    for job in jobs:
        _, user, command = CRON_LINE.fullmatch(job).groups()
        assert user == "aleta"
        assert "%" not in command


def test_compose_keeps_the_receiver_on_this_machine_and_restarts_no_night():
    """What is published is the loopback's; the receiver is asked whether it can accept."""
    services = COMPOSE["services"]

    assert [port.rpartition(":")[0] for port in services["serve"]["ports"]] == ["127.0.0.1:8300"]
    assert services["sync"]["restart"] == "no"
    assert services["sync"]["volumes"] == services["serve"]["volumes"] == ["./config:/config:ro", "./data:/data"]
    assert "/healthz" in services["serve"]["healthcheck"]["test"]


def test_compose_runs_as_whoever_owns_the_folders():
    """`.env` says who; a health check is one text, since Podman takes a list apart at every space."""
    services = COMPOSE["services"].values()

    assert {service["user"] for service in services} == {"${ALETA_USER:-10001}"}
    assert all(isinstance(service["healthcheck"]["test"], str) for service in services if "healthcheck" in service)
    assert 'echo "ALETA_USER=$(id -u):$(id -g)" > .env' in (ROOT / "docs" / "orchestration.md").read_text()
    assert ".env\n" in (ROOT / ".gitignore").read_text()


def test_the_configuration_of_the_cron_job_is_one_that_the_program_takes(tmp_path):
    """With the key of its secret in the environment, under the name that it has there."""
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "config.toml").write_text(CONFIG_MAP["data"]["config.toml"])
    environ = {value["name"]: "a key" for value in POD["containers"][0]["env"]}

    settings = load(folder, environ=environ)

    assert [(tenant.name, tenant.data_dir) for tenant in settings.tenants] == [("acme", tmp_path / "data")]
    assert settings.warnings == ()


def test_the_cron_job_has_one_writer_and_time_to_stop():
    """Its volumes are those that it mounts; a job that overlaps is not begun."""
    container = POD["containers"][0]

    assert CRON_JOB["spec"]["concurrencyPolicy"] == "Forbid"
    assert POD["terminationGracePeriodSeconds"] >= 600
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in POD["volumes"]}
    assert VOLUME["metadata"]["name"] in f"{POD['volumes']}"


def test_the_dag_of_airflow_is_python_and_brings_nothing_but_airflow():
    """`make engines` runs it in Airflow."""
    tree = ast.parse((DEPLOY / "airflow" / "aleta_sync.py").read_text())
    modules = {node.module.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}

    assert modules - {*sys.stdlib_module_names} == {"airflow"}


def test_the_dockerfile_has_no_finding_of_hadolint():
    """Docker's linter, from its wheel; a Dockerfile that it dislikes is told of."""
    hadolint = [f"{Path(sys.executable).parent / 'hadolint'}", "--no-color"]

    done = subprocess.run([*hadolint, f"{ROOT / 'Dockerfile'}"], capture_output=True, text=True, check=False)
    bad = subprocess.run([*hadolint, "-"], input="FROM debian\n", capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "")
    assert "DL3006" in bad.stdout


def test_the_image_can_have_any_extra_of_the_program():
    """The lock file brings `serve`; who writes to PostgreSQL or is to be told of a bad night builds with more."""
    text, project = (ROOT / "Dockerfile").read_text(), tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    shown = re.findall(r"EXTRAS=([a-z,]+)", text + (ROOT / "README.md").read_text())

    assert '\nRUN if [ -n "$EXTRAS" ]; then pip install --no-build-isolation ".[$EXTRAS]"; fi\n' in text
    assert text.index("\nARG EXTRAS=\n") > text.index(" AS build\n")  # an argument ends with its stage
    assert shown
    assert {name for names in shown for name in names.split(",")} <= project["optional-dependencies"].keys()


def test_the_build_is_given_what_it_reads():
    """All but that is kept from it by .dockerignore."""
    allowed = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    text, project = (ROOT / "Dockerfile").read_text(), tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = {name.rstrip("*") for name in project["tool"]["setuptools"]["packages"]["find"]["include"]}
    copied = {name for names in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE) for name in names.split()}

    assert set(allowed) == {"LICENSE", "README.md", "pyproject.toml", *packages, *copied - {"."}}
    assert all((ROOT / name).exists() for name in allowed)


def test_the_image_is_asked_how_old_the_last_complete_night_is():
    """And runs as a user of its own."""
    text = (ROOT / "Dockerfile").read_text()

    assert re.search(r'HEALTHCHECK .*\\\n\s+CMD aleta-sync status --max-age "\$ALETA_SYNC_MAX_AGE"', text)
    assert "\nUSER 10001\n" in text
    assert taken(["status", "--max-age", "26"])
