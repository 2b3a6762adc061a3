"""CPU seconds of whole process trees, from the kernel's accounting (/proc/PID/stat): what serving really cost.

A tree's sum is user and system time of every living process in it, plus what each has inherited from children that
are gone: so a database backend that lived for one query, or a worker that was replaced, is counted. Wall time, and
the load generator beside it, have no part in it. The kernel counts in ticks of 10 ms a process.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
# Fields of /proc/PID/stat behind the command's name: parent; utime, stime, cutime, cstime.
PARENT, FIRST, LAST = 1, 11, 15


@dataclass(frozen=True)
class Process:
    """One process: its parent, and the seconds it and its ended children have used."""

    parent: int
    used_s: float


def processes() -> dict[int, Process]:
    """Every process of this machine."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
            except OSError:  # it ended while we looked; its parent has inherited what it used
                continue
            found[int(entry.name)] = Process(int(fields[PARENT]), sum(map(int, fields[FIRST:LAST])) / TICKS)
    return found


def tree(root: int, everybody: Mapping[int, Process]) -> list[int]:
    """The process and all that come from it. Raises LookupError when it is gone."""
    if root not in everybody:
        raise LookupError(f"process {root} is gone: its CPU time cannot be told")
    children = defaultdict(list)
    for pid, process in everybody.items():
        children[process.parent].append(pid)
    found, todo = [], [root]
    while todo:
        found.append(pid := todo.pop())
        todo += children[pid]
    return found


def used_s(roots: Iterable[int]) -> float:
    """CPU seconds so far of these trees."""
    everybody = processes()
    return sum(everybody[pid].used_s for root in roots for pid in tree(root, everybody))


class Meter:
    """What named trees use between two looks, in seconds: `{"web": …, "redis": …, "database": …}`."""

    def __init__(self, roots: Mapping[str, int]) -> None:
        """Look for the first time."""
        self._roots = dict(roots)
        self._before = self._look()

    def spent_s(self) -> dict[str, float]:
        """CPU seconds since the first look."""
        now = self._look()
        return {name: now[name] - self._before[name] for name in self._roots}

    def _look(self) -> dict[str, float]:
        return {name: used_s([root]) for name, root in self._roots.items()}
