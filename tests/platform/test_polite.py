"""What gives way to the tills: its nice value, its session and its turns (ADR 31)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from app.cli import polite

# What a process says of itself: nice, its session's place, and the slice it asked for.
SAYS = """
import ctypes, json, os, pathlib, platform, struct
place = pathlib.Path("/proc/self/autogroup")
attributes = ctypes.create_string_buffer(48)
getattr_ = {"x86_64": 315, "aarch64": 275}[platform.machine()]
assert ctypes.CDLL(None).syscall(getattr_, 0, attributes, 48, 0) == 0
print(json.dumps({
    "nice": os.getpriority(os.PRIO_PROCESS, 0),
    "session": place.read_text().split()[-1] if place.exists() else None,
    "slice_ns": struct.unpack("IIQiIQQQ", attributes.raw)[5],
}))
"""
SLICES_SINCE = (6, 12)


def _said_by(command: list[str]) -> dict[str, int | str | None]:
    done = subprocess.run(command, capture_output=True, text=True, check=True, start_new_session=True)
    said: dict[str, int | str | None] = json.loads(done.stdout)
    return said


def test_a_polite_process_gives_way_by_its_nice_value_its_session_and_its_short_turns() -> None:
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SAYS!r}], check=True)"
    ordinary = _said_by([sys.executable, "-c", SAYS])
    said = _said_by(polite.politely([sys.executable, "-c", child]))  # a child takes after it

    assert said["nice"] == min(int(ordinary["nice"] or 0) + 10, 19)
    assert (ordinary["session"], said["session"]) in {("0", "10"), (None, None)}
    release = tuple(int(part) for part in os.uname().release.split(".")[:2])
    assert said["slice_ns"] == (100_000 if release >= SLICES_SINCE else ordinary["slice_ns"])


def test_it_becomes_the_program_and_stays_the_same_process() -> None:
    with subprocess.Popen(
        polite.politely(["/bin/sh", "-c", "echo $$"]), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.communicate()[0].split() == [str(process.pid)]


def test_a_session_that_may_not_be_lowered_yet_is_asked_again() -> None:
    """The kernel takes ten changes a second from those who are not root, and many processes start at once."""
    as_anybody = ["setpriv", "--bounding-set", "-sys_admin"] if os.geteuid() == 0 else []
    command = [*as_anybody, *polite.politely([sys.executable, "-c", SAYS])]
    started = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) for _ in range(4)
    ]
    places = [json.loads(process.communicate()[0])["session"] for process in started]
    assert set(places) == {"10" if Path("/proc/self/autogroup").exists() else None}
