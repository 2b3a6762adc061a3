"""Run a command that gives way to everybody else's processes (ADR 31).

    python -I -S app/cli/polite.py TURNS PATH ARG…     become another program; its turns are short or ordinary

`nice` alone does not reach far enough: Linux shares its cores among sessions before it shares them within one
(autogroup, sched(7)), and each child of the start command is a session of its own. Both are lowered here. And who gives
way should not finish a long turn first: with short slices it lets go of its core when somebody wakes. None of it needs
a right.
"""

import ctypes
import os
import struct
import sys
import time
from collections.abc import Sequence
from pathlib import Path

STEPS = 10
SESSION = Path("/proc/self/autogroup")
TRIES = 20
# Nobody but root may change a session's place more often than ten times a second, all sessions of a machine together.
TRY_AGAIN_S = 0.05
# The shortest there is (Linux 6.12 and newer; older ones take no notice): a turn is otherwise 1 to 3 ms.
TURNS_NS = {"short": 100_000, "ordinary": 0}
# sched_setattr(2) has a wrapper in newer C libraries only.
SCHED_SETATTR = {"x86_64": 314, "aarch64": 274}.get(os.uname().machine)
# size, policy (ordinary), flags, nice, real-time priority, slice, deadline, period
ATTRIBUTES = struct.Struct("IIQiIQQQ")


def politely(command: Sequence[str]) -> list[str]:
    """The command line that runs this one so, in short turns."""
    return [sys.executable, "-I", "-S", __file__, "short", *command]


def give_way(turn_ns: int) -> None:
    """This process, its children and its session from now on. What a machine knows nothing of is left out."""
    os.nice(STEPS)
    _take_turns_of(turn_ns)
    _lower_session()


def _take_turns_of(turn_ns: int) -> None:
    if SCHED_SETATTR is None or sys.platform != "linux":
        return
    own = os.getpriority(os.PRIO_PROCESS, 0)
    attributes = ATTRIBUTES.pack(ATTRIBUTES.size, 0, 0, own, 0, turn_ns, 0, 0)
    ctypes.CDLL(None).syscall(SCHED_SETATTR, 0, attributes, 0)


def _lower_session() -> None:
    for _ in range(TRIES):
        try:
            SESSION.write_text(str(STEPS))
        except BlockingIOError:
            time.sleep(TRY_AGAIN_S)
        except OSError:  # there are no such places here
            return
        else:
            return


if __name__ == "__main__":
    give_way(TURNS_NS[sys.argv[1]])
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606  # becoming the program is the point
