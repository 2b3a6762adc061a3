"""Run a command that dies with its parent, and whose own children die with it.

    python -P app/cli/leash.py PARENT_PID SIGNAL module NAME ARG…     run a Python module here, forks included
    python -P app/cli/leash.py PARENT_PID SIGNAL command PATH ARG…    become another program

`setpriv --pdeathsig` would do for the child alone, but the kernel forgets the signal on fork, and gunicorn's
workers and RQ's work-horses are forks. Started as a module under this leash, every os.fork renews it.
It runs before anything else of ours is imported, so that whatever they load is loaded under it.
"""

import ctypes
import os
import runpy
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1


def on_module(name: str, *args: str, death_signal: signal.Signals = signal.SIGKILL) -> list[str]:
    """The command line that runs a Python module on the leash of this process."""
    return _line(death_signal, "module", name, *args)


def on_command(path: str, *args: str, death_signal: signal.Signals = signal.SIGTERM) -> list[str]:
    """The command line that runs a program on the leash of this process."""
    return _line(death_signal, "command", path, *args)


def _line(death_signal: signal.Signals, *rest: str) -> list[str]:
    # -P: this script's directory must not shadow the standard library.
    return [sys.executable, "-P", __file__, str(os.getpid()), death_signal.name, *rest]


def tie(parent_pid: int, death_signal: signal.Signals) -> None:
    """Ask the kernel for `death_signal` when the parent dies; leave at once if it already has.

    The kernel watches the parent's *thread* that forked, so processes must be started from a thread that stays.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal.value)
    if os.getppid() != parent_pid:
        os._exit(1)


def tie_every_fork(death_signal: signal.Signals) -> None:
    """Let each os.fork of this process put its child on the same leash."""
    forking: list[int] = []
    os.register_at_fork(
        before=lambda: forking.append(os.getpid()),
        after_in_parent=forking.clear,
        after_in_child=lambda: tie(forking.pop(), death_signal),
    )


def main(argv: Sequence[str]) -> None:
    """Take the leash, then run what was asked for, as if it had been started by its own name."""
    parent_pid, death_signal, kind, target, *args = argv
    tie(int(parent_pid), signal.Signals[death_signal])
    if kind == "command":
        os.execv(target, [target, *args])  # noqa: S606  # becoming the program is the point
    tie_every_fork(signal.Signals[death_signal])
    sys.path.insert(0, str(Path.cwd()))
    sys.argv = [target, *args]
    runpy.run_module(target, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
