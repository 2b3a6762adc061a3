"""Keeps the platform's processes alive: starts them, listens to them, brings them back, stops them in order.

One event loop, one process per program. Why not a ready-made supervisor: docs/adr/0003-own-supervisor.md.
"""

from __future__ import annotations

import asyncio
import math
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from app.cli.child_log import ChildLog
from app.cli.words import CannotStart, say, say_as

FIRST_DELAY_S = 0.2
LONGEST_DELAY_S = 5.0
# A child that has lived this long is healthy: its next death starts again at the first delay.
HEALTHY_S = 10.0
# A process that cannot import its code or read its settings dies sooner than this.
SETTLED_S = 1.5
# Before the platform has once been ready, a child that dies this often will not come up by itself.
HOPELESS_DEATHS = 5
# What a shell answers for a command it cannot run.
CANNOT_SPAWN = 126


@dataclass(frozen=True, kw_only=True)
class Program:
    """What to run: a command line on the leash (app/cli/leash.py), the descriptors it inherits, its patience."""

    name: str
    command: Sequence[str]
    fds: tuple[int, ...] = ()
    grace_s: float = 8.0
    # A step that must not be cut in the middle (a migration) gets its grace to end by itself.
    let_it_finish: bool = False


class Child:
    """One program that is started again whenever it dies."""

    def __init__(self, program: Program, house: Supervisor) -> None:
        self.program = program
        self.pid: int | None = None
        self.deaths = 0
        self._born = math.inf
        self._house = house
        self._log = ChildLog(program.name, house.logs / f"{program.name}.log")
        self._process: asyncio.subprocess.Process | None = None
        self._leaving = asyncio.Event()
        self._keeper = asyncio.create_task(self._keep())

    @property
    def lived_s(self) -> float:
        """Seconds this life has lasted; nothing to be proud of before the first process exists."""
        return time.monotonic() - self._born

    async def stop(self) -> None:
        """TERM, then KILL after the grace (at once when the house is in a hurry); returns when it is gone."""
        self._leaving.set()
        self._signal(signal.SIGTERM)
        hurry = asyncio.create_task(self._house.hurry.wait())
        await asyncio.wait(
            {self._keeper, hurry}, timeout=self.program.grace_s, return_when=asyncio.FIRST_COMPLETED
        )
        hurry.cancel()
        if not self._keeper.done():
            say(f"{self.program.name} 没有按时退出，强制结束 / did not stop in time, killed")
            self._signal(signal.SIGKILL)
        await self._keeper
        self._log.close()

    async def _keep(self) -> None:
        delay = FIRST_DELAY_S
        while not self._leaving.is_set():
            self._born = time.monotonic()
            code = await self._live()
            lived_s, self._born = self.lived_s, math.inf
            if self._leaving.is_set():
                return
            delay = FIRST_DELAY_S if lived_s >= HEALTHY_S else delay
            self._report(code, lived_s, delay)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._leaving.wait(), delay)
            delay = min(delay * 2, LONGEST_DELAY_S)

    async def _live(self) -> int:
        """One life, from start to death. Returns the exit code, negative for a signal."""
        hear, speak = os.pipe()
        with _Listening(hear, self._log.feed):
            try:
                self._process = await self._house.spawn(self.program, speak)
            except OSError as error:
                say(f"{self.program.name} 无法启动 / cannot be started: {error}")
                return CANNOT_SPAWN
            finally:
                os.close(speak)
            return await self._wait(self._process)

    async def _wait(self, process: asyncio.subprocess.Process) -> int:
        self.pid = process.pid
        self._house.changed()
        if self._leaving.is_set():  # stop() came while the process was being made and found nobody to tell
            self._signal(signal.SIGTERM)
        code = await process.wait()
        self._process = self.pid = None
        return code

    def _report(self, code: int, lived_s: float, delay_s: float) -> None:
        self.deaths += 1
        name = self.program.name
        say(
            f"{name} 退出（{how_it_died(code, zh=True)}，已运行 {lived_s:.1f} 秒），{delay_s:g} 秒后重启 / "
            f"died ({how_it_died(code)} after {lived_s:.1f} s), starting again in {delay_s:g} s"
        )
        words = self._log.last_words()
        if -code not in (
            signal.SIGKILL,
            signal.SIGTERM,
        ):  # whoever was killed from outside has nothing to explain
            for line in words:
                say_as(name, line)

    def _signal(self, number: signal.Signals) -> None:
        """To the whole session the child leads, so that its own children hear it too."""
        if self._process and self._process.returncode is None:
            with suppress(ProcessLookupError):
                (os.killpg if number == signal.SIGKILL else os.kill)(self._process.pid, number)


class Supervisor:
    """All children, in the order they were started, with the environment they share."""

    def __init__(self, root: Path, env: Mapping[str, str], logs: Path, changed: Callable[[], None]) -> None:
        self.root = root
        self.env = env
        self.logs = logs
        self.changed = changed
        self.hurry = asyncio.Event()
        self.children: dict[str, Child] = {}

    def start(self, program: Program) -> None:
        """Start a program and keep it alive until it is stopped."""
        self.children[program.name] = Child(program, self)

    async def stop(self, *names: str) -> None:
        """Stop these children together; returns when all of them are gone. A name that is not there is stopped."""
        there = [self.children.pop(name) for name in names if name in self.children]
        await asyncio.gather(*(child.stop() for child in there))

    async def run_step(self, program: Program, *, aloud: bool = False) -> None:
        """Run one program to its end. `aloud` leaves it the terminal. Raises CannotStart with its last words."""
        log = ChildLog(program.name, self.logs / f"{program.name}.log")
        hear, speak = os.pipe()
        process = await self.spawn(program, None if aloud else speak)
        os.close(speak)
        try:
            with _Listening(hear, log.feed):
                code = await process.wait()
        finally:
            await _end(process, program)
            words = log.last_words()
            log.close()
        if code != 0:
            self._give_up(program.name, code, words)

    def settled(self) -> bool:
        """True when every child has lived long enough to have failed over its settings."""
        return all(child.lived_s >= SETTLED_S for child in self.children.values())

    def check_hope(self) -> None:
        """Raise CannotStart when a child keeps dying before the platform has ever been ready."""
        for child in self.children.values():
            if child.deaths >= HOPELESS_DEATHS:
                raise CannotStart(
                    f"{child.program.name} 连续启动失败 {child.deaths} 次，放弃启动 / "
                    f"failed {child.deaths} times in a row, giving up; see {self.logs / child.program.name}.log"
                )

    async def spawn(self, program: Program, speak: int | None) -> asyncio.subprocess.Process:
        """Start the process in a session of its own (Ctrl-C is ours to handle); `speak` takes its output."""
        return await asyncio.create_subprocess_exec(
            *program.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=speak,
            stderr=speak,
            pass_fds=program.fds,
            cwd=self.root,
            env=self.env,
            start_new_session=True,
        )

    @staticmethod
    def _give_up(name: str, code: int, words: list[str]) -> None:
        for line in words:
            say_as(name, line)
        raise CannotStart(
            f"{name} 失败（{how_it_died(code, zh=True)}），停止启动 / failed ({how_it_died(code)})"
        )


class _Listening:
    """While open, hands everything that arrives in a pipe to `hear`; takes the rest and closes it at the end."""

    def __init__(self, pipe: int, hear: Callable[[bytes], None]) -> None:
        self._pipe = pipe
        self._hear = hear

    def __enter__(self) -> None:
        os.set_blocking(self._pipe, False)
        asyncio.get_running_loop().add_reader(self._pipe, self._read)

    def __exit__(self, *_: object) -> None:
        while self._read():
            pass
        asyncio.get_running_loop().remove_reader(self._pipe)
        os.close(self._pipe)

    def _read(self) -> bool:
        try:
            chunk = os.read(self._pipe, 65536)
        except BlockingIOError:
            return False
        if chunk:
            self._hear(chunk)
        else:
            asyncio.get_running_loop().remove_reader(self._pipe)
        return bool(chunk)


async def _end(process: asyncio.subprocess.Process, program: Program) -> None:
    """Leave nothing of a step behind that was interrupted; a second interruption ends the grace."""
    try:
        if process.returncode is None and program.let_it_finish:
            say(f"等待 {program.name} 完成 / waiting for it to finish")
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), program.grace_s)
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


def how_it_died(code: int, *, zh: bool = False) -> str:
    """The words for an exit code as asyncio gives it: negative means killed by a signal."""
    if code < 0:
        name = signal.Signals(-code).name
        return f"被 {name} 结束" if zh else f"killed by {name}"
    return f"退出码 {code}" if zh else f"exit code {code}"
