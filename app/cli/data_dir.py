"""The directory a run lives in: one run at a time, its secrets, its state file, its environment for other commands."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shlex
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from app.cli.words import CannotStart

EXIT_SECOND_START = 3
KEY_BYTES = 32


class DataDir:
    """Paths and small files under DATA_DIR. Everything in it is for its owner's eyes only."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = path / "ankang.db"
        self.redis = path / "redis"
        self.logs = path / "logs"
        self.sms = path / "sms.jsonl"
        self.notices = path / "notices"
        self.demo = path / "demo.json"
        self.environment = path / "env"
        self.metrics = path / "metrics"
        self._secrets = path / "secrets.json"
        self._state = path / "run.json"

    def take(self) -> None:
        """Make the directory and hold its lock until this process ends. Raises CannotStart when another run has it."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.logs.mkdir(mode=0o700, exist_ok=True)
        # Never closed: the kernel frees the lock when the process ends, however it ends.
        lock = os.open(self.path / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(lock, 32).decode().strip()
            os.close(lock)
            raise CannotStart(
                f"数据目录 {self.path} 正由进程 {holder} 使用：先停止它，或用 DATA_DIR=… 另选目录 / "
                f"is in use by process {holder}: stop it first, or choose another with DATA_DIR=…",
                EXIT_SECOND_START,
            ) from None
        os.ftruncate(lock, 0)
        os.write(lock, f"{os.getpid()}\n".encode())

    def left_behind(self) -> dict[str, Any] | None:
        """The state file of a run that could not clean up after itself, if there is one."""
        try:
            return dict(json.loads(self._state.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except ValueError:  # cut off in the middle of writing
            return {}

    def write_state(self, state: Mapping[str, Any]) -> None:
        """Say who runs here: {"pid", "port", "children": {name: pid}}."""
        _write_private(self._state, json.dumps(state))

    def clear_state(self) -> None:
        """The run ended by itself."""
        with suppress(FileNotFoundError):
            self._state.unlink()

    def keys(self) -> dict[str, str]:
        """The demo's keys, made once. Raises CannotStart when they are gone but the data they protect is not."""
        if not self._secrets.exists():
            if self.database.exists():
                raise CannotStart(
                    f"{self._secrets} 不见了，而 {self.database} 还在：没有密钥就读不出数据 / is missing although its "
                    "database is there: put the file back, or start on an empty DATA_DIR"
                )
            _write_private(self._secrets, json.dumps(_new_keys(), indent=1))
        try:
            return {str(name): str(key) for name, key in json.loads(self._secrets.read_text()).items()}
        except (ValueError, AttributeError):
            raise CannotStart(
                f"{self._secrets} 无法读取 / is not readable JSON: restore it from a copy"
            ) from None

    def empty_metrics(self) -> None:
        """What a run counts begins at zero; within a run it survives every restart of a process."""
        shutil.rmtree(self.metrics, ignore_errors=True)
        self.metrics.mkdir(mode=0o700)

    def write_environment(self, env: Mapping[str, str]) -> None:
        """Leave the run's settings as a shell file, so that `flask` in another terminal sees the same platform."""
        _write_private(
            self.environment, "".join(f"{name}={shlex.quote(text)}\n" for name, text in env.items())
        )


def _new_keys() -> dict[str, str]:
    names = ("SECRET_KEY", "DATA_KEY", "INDEX_KEY")
    return {name: secrets.token_hex(KEY_BYTES) for name in names} | {
        "ANKANG_KEYS": f"1:{secrets.token_hex(KEY_BYTES)}"
    }


def _write_private(path: Path, text: str) -> None:
    """Replace the file in one step and make it last: a power cut leaves the old one or the new one, mode 0600."""
    draft = path.with_name(path.name + ".new")
    with suppress(FileNotFoundError):
        draft.unlink()
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(file)
    draft.replace(path)
