"""Which start of this machine it is."""

from __future__ import annotations

from pathlib import Path

FILE = Path("/proc/sys/kernel/random/boot_id")


def boot_id() -> str:
    """What the kernel drew when it started (proc_sys_kernel(5), `random/boot_id`); empty where it does not say."""
    try:
        return FILE.read_text(encoding="ascii").strip()
    except OSError:
        return ""
