"""Each peer's own environment under `.venvs/`, made from its lock file when it is first asked for."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
LOCKS = HERE / "peers" / "requirements"
HOME = HERE / ".venvs"
UV = Path(sys.executable).with_name("uv")


def python(name: str) -> Path:
    """The interpreter of the environment *name*, which is what its lock file says.

    Raises:
        subprocess.CalledProcessError: it cannot be made; uv said why.
    """
    lock = LOCKS / f"{name}.lock"
    place = HOME / f"{name}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    found = place / "bin" / "python"
    if not (place / "made.ok").exists():
        print(f"setting up benchmarks/.venvs/{place.name} (once) ...", file=sys.stderr, flush=True)
        _run(f"{UV}", "venv", "--quiet", "--clear", "--python", sys.executable, f"{place}")
        wanted = ("--require-hashes", "--compile-bytecode", "-r", f"{lock}")
        _run(f"{UV}", "pip", "install", "--quiet", "--no-config", "--python", f"{found}", *wanted)
        (place / "made.ok").touch()
    return found


def versions(name: str) -> str:
    """What the environment *name* is asked to hold, as its input file says."""
    return ", ".join((LOCKS / f"{name}.in").read_text().split())


def _run(*command: str) -> None:
    subprocess.run(command, check=True)
