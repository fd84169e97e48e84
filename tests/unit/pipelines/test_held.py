"""What is freed while a run loads goes back to the system."""

from __future__ import annotations

import subprocess
import sys


def test_arrow_keeps_no_allocator_of_its_own() -> None:
    """In a process that begins with a command, all that Arrow allocates comes from the system."""
    script = "import pipelines.cli; import pyarrow; print(pyarrow.default_memory_pool().backend_name)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "system"
