"""The vendor's client as a command: it takes the words of `python -m merchant_api.client`, and prints final answers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadtest.certify.sandbox import Terminal

SHIPPED = (sys.executable, "-m", "merchant_api.client")
DONE, REFUSED, NOT_FINAL = 0, 1, 3
PATIENCE_S = 25
KILLED_AFTER_S = PATIENCE_S + 15.0


class BadClient(Exception):
    """The command did what no client may; the text says what."""


@dataclass(frozen=True)
class Said:
    """How one call ended: exit code, and the last JSON object that was printed; `lines`: all of them."""

    exit_code: int
    lines: list[dict[str, Any]]

    @property
    def body(self) -> dict[str, Any]:
        """The final answer; empty where none was printed."""
        return self.lines[-1] if self.lines else {}

    @property
    def code(self) -> str:
        """The refusal's stable code; empty for an effect."""
        return str(self.body.get("code", "")) if self.exit_code == REFUSED else ""


@dataclass(frozen=True)
class Client:
    """One terminal's client with its journal. `url` is the proxy in front of the platform."""

    command: Sequence[str]
    url: str
    terminal: Terminal
    secret_file: Path
    journal: Path

    def run(self, *words: str) -> Said:
        """One call until it ends. Raises BadClient where it does not, or prints no JSON."""
        process = self._start(words)
        try:
            out, err = process.communicate(timeout=KILLED_AFTER_S)
        except subprocess.TimeoutExpired:
            raise BadClient(f"{words[0]} 超时 did not end within {KILLED_AFTER_S:g} s") from None
        finally:
            if process.returncode is None:
                _kill(process)
        said = Said(process.returncode, _objects(out, words[0]))
        if said.exit_code not in (DONE, REFUSED, NOT_FINAL) or (said.exit_code == REFUSED and not said.lines):
            last = (err.strip().splitlines() or ["(silent)"])[-1]
            raise BadClient(
                f"{words[0]} 异常退出 ended with exit code {said.exit_code}, no answer: {last[:200]}"
            )
        return said

    def killed(self, until: Callable[[], bool], *words: str) -> bool:
        """Start a call and kill it (SIGKILL) once `until` returns; its word, whether that came about, is returned."""
        process = self._start(words)
        try:
            return until()
        finally:
            _kill(process)

    def _start(self, words: Sequence[str]) -> subprocess.Popen[str]:
        who = ("--url", self.url, "--key", self.terminal.key_id, "--secret-file", str(self.secret_file))
        more = ("--journal", str(self.journal), "--patience", str(PATIENCE_S))
        return subprocess.Popen(
            [*self.command, *who, *more, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )


def _kill(process: subprocess.Popen[str]) -> None:
    """The process and what it started: they are a group of their own."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def _objects(out: str, act: str) -> list[dict[str, Any]]:
    """One JSON document, or one a line."""
    try:
        whole = [json.loads(out)] if out.strip() else []
    except ValueError:
        try:
            whole = [json.loads(line) for line in out.splitlines() if line.strip()]
        except ValueError:
            raise BadClient(f"{act} 输出不是 JSON printed no JSON: {out.strip()[:120]!r}") from None
    return [each for each in whole if isinstance(each, dict)]
