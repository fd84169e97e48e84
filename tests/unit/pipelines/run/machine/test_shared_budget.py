"""One budget for one `sub`, whatever the number of processes (rule R4)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines.run.machine.budget import SharedBucket, budget_file

RATE, BURST = 1000 / 60, 300


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return budget_file(tmp_path, "sub-acme")


def granted(buckets: list[SharedBucket], seconds: float) -> list[float]:
    """The instants at which requests go, when every holder asks again as soon as it may."""
    free = [(0.0, place) for place in range(len(buckets))]
    instants = []
    while True:
        now, place = min(free)
        if now >= seconds:
            return instants
        at = now + buckets[place].reserve(now)
        instants.append(at)
        free[place] = (at, place)


def test_r4_four_holders_use_the_whole_budget_and_no_more(file):
    """R4: together they get what one would, to 97 % and more, and never more than burst + rate * t."""
    instants = granted([SharedBucket(file, RATE, BURST, boot="b") for _ in range(4)], 600.0)

    assert len(instants) >= 0.97 * (BURST + RATE * 600)
    for begin in range(0, 600, 20):
        within = [at for at in instants if begin <= at < begin + 60]
        assert len(within) <= BURST + RATE * 60


def test_r4_a_holder_that_dies_costs_the_others_its_own_token(file):
    """R4: what it reserved and did not use is all that is lost."""
    dying, other = (SharedBucket(file, RATE, BURST, boot="b") for _ in range(2))
    while dying.reserve(0.0) == 0.0:
        pass

    assert other.reserve(0.0) == pytest.approx(2 / RATE)


def test_r4_a_pause_is_everybody_s(file):
    """A 429 that one process met stops the others, and makes the tokens void that they wait for."""
    bucket, other = (SharedBucket(file, RATE, BURST, boot="b") for _ in range(2))
    other.reserve(0.0)
    before = other.pauses
    bucket.pause(1.0, 30.0)

    assert other.pauses == before + 1
    assert other.reserve(1.0) >= 30.0
    assert other.paused(2.0)


@pytest.mark.parametrize(
    "text", [b"{", b"\xff\x00", b"[]", b'{"boot":"b","at":1e30,"level":1,"paused_until":0,"pauses":0}']
)
def test_r4_a_damaged_file_is_replaced(file, text):
    """R4: nobody is stopped by it, and no burst is spent that may not be there."""
    file.write_bytes(text)
    bucket = SharedBucket(file, RATE, BURST, boot="b")

    assert bucket.reserve(5.0) == pytest.approx(1 / RATE)
    assert b'"boot":"b"' in file.read_bytes()


def test_r4_a_file_from_before_a_restart_is_stale(file):
    """Its instants are on another scale: whatever was waited for then is over."""
    SharedBucket(file, RATE, BURST, boot="before").pause(9000.0, 60.0)
    written_ago(file, 61.0)

    assert SharedBucket(file, RATE, BURST, boot="after").reserve(3.0) == 0.0


def test_r4_a_file_from_before_a_restart_that_the_system_does_not_tell_of_is_stale(file):
    """Not every system says which start it is; its time went back, so this is another one."""
    SharedBucket(file, RATE, BURST, boot="").reserve(3000.0)
    written_ago(file, 90.0)

    assert SharedBucket(file, RATE, BURST, boot="").reserve(60.0) == 0.0


def written_ago(file: Path, seconds: float) -> None:
    at = time.time() - seconds
    os.utime(file, (at, at))


def test_r4_two_machines_in_one_folder_are_not_both_without_a_bound(file):
    """R4: each start of a machine has a scale of its own; a file that was written just now is in use."""
    here, there = (SharedBucket(file, RATE, BURST, boot=boot) for boot in ("here", "there"))
    here.reserve(0.0)

    waits = [bucket.reserve(now) for _ in range(50) for bucket, now in ((there, 9000.0), (here, 0.0))]

    assert waits[-1] >= 0.9 * 100 / RATE  # as one after the other, but for what passed while they asked


def test_r4_what_was_waited_for_passes_on_another_machine_too(file):
    """R4: by the time since the file was written; a burst that may not be there is not spent."""
    here, there = (SharedBucket(file, RATE, BURST, boot=boot) for boot in ("here", "there"))
    while here.reserve(0.0) < 2.0:
        pass
    written_ago(file, 30.0)

    assert [there.reserve(9000.0) for _ in range(3)] == pytest.approx([1 / RATE, 2 / RATE, 3 / RATE])


@pytest.mark.parametrize("passed_s", [20.0, 200.0])
def test_r4_a_pause_is_another_machine_s_too(file, passed_s):
    """R1, R4: what is left of it, however long nobody wrote because of it."""
    here, there = (SharedBucket(file, RATE, BURST, boot=boot) for boot in ("here", "there"))
    there.reserve(9000.0)
    before = there.pauses
    here.pause(3.0, 600.0)
    written_ago(file, passed_s)

    assert there.pauses == before + 1
    assert there.reserve(9001.0) == pytest.approx(600.0 - passed_s + 1 / RATE, abs=5.0)
    assert there.paused(9001.0)


def test_r4_a_file_of_an_earlier_version_of_another_start_is_taken_without_its_pause(file):
    """It does not say when it was written on the scale of its pause."""
    file.write_bytes(b'{"boot":"before","at":9000,"level":-5,"paused_until":9000,"pauses":3}')

    assert 5 / RATE < SharedBucket(file, RATE, BURST, boot="after").reserve(3.0) <= 6 / RATE


def test_s2_a_link_in_its_place_is_not_followed(file, tmp_path):
    """S2: nothing is written where the link leads."""
    victim = tmp_path / "victim"
    victim.write_text("mine")
    file.symlink_to(victim)

    with pytest.raises(OSError, match="symbolic links"):
        SharedBucket(file, RATE, BURST).reserve(0.0)
    assert victim.read_text() == "mine"


@pytest.mark.parametrize(("sub", "name"), [("sub-acme", "sub-acme.budget"), ("a/../b", "a%2F..%2Fb.budget")])
def test_the_file_is_named_for_the_sub(tmp_path, sub, name):
    """Inside the data folder, whatever the sub is."""
    assert budget_file(tmp_path, sub) == tmp_path / name


def test_a_sub_that_is_longer_than_a_file_s_name_has_one_of_its_own(tmp_path):
    """Percent-encoded, a letter may take nine characters."""
    subs = ["\u20ac" * 100 + end for end in "ab"]
    first, second = [budget_file(tmp_path, sub) for sub in subs]

    first.touch()
    assert first != second
    assert budget_file(tmp_path, subs[0]) == first


HOLDER = """
import sys, time
from pathlib import Path
from pipelines.run.machine.budget import SharedBucket
bucket = SharedBucket(Path(sys.argv[1]), 1000 / 60, 300)
while True:
    bucket.reserve(time.monotonic())
    print("one", flush=True)
"""


def test_r4_a_killed_process_leaves_the_file_usable(file):
    """Killed at any instant, also while it holds the lock: the next one takes its token at once."""
    process = subprocess.Popen([sys.executable, "-c", HOLDER, f"{file}"], stdout=subprocess.PIPE)
    assert process.stdout
    process.stdout.readline()
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()

    bucket = SharedBucket(file, RATE, BURST)
    bucket.reserve(time.monotonic())
    assert file.stat().st_mode & 0o077 == 0
