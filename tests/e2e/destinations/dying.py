"""A sync that dies where dlt would do a job again: between the commit of a job and the note of it."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.e2e.program import Program

DIES = """
import os, sys
from fnmatch import fnmatch
from dlt.common.storages.load_package import PackageStorage

last, note = sys.argv.pop(1), PackageStorage.save_pending_transition

def noted(self, load_id, job, *args, **kwargs):
    if fnmatch(job, last):
        os._exit(9)
    note(self, load_id, job, *args, **kwargs)

PackageStorage.save_pending_transition = noted
from pipelines.cli import main
main()
"""


def sync_that_dies(program: Program, *, before_note_of: str) -> int:
    """The exit code of a `sync` that dies once a job of such a name was committed."""
    command = [sys.executable, "-c", DIES, before_note_of, "--config", f"{program.config}", "sync"]
    environ = os.environ | {"DLT_CONFIG_FOLDER": f"{program.config}"}
    return subprocess.run(command, cwd=program.folder, env=environ, check=False).returncode
