"""Which platform is certified against: one that runs, or one that is started for it and ended afterwards."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from loadtest.certify.sandbox import Terminal
from loadtest.replay.house import CannotPlay, House
from loadtest.replay.wire import HOST

ROLE = "sandbox"


@contextmanager
def terminal(given: argparse.Namespace, scratch: Path) -> Iterator[Terminal]:
    """A test terminal of the platform that was named; without a name, of one that runs inside only.

    Raises CannotPlay where it cannot be found or started.
    """
    if given.host or given.data_dir or given.logins:
        yield _running(given)
        return
    if given.key:
        raise CannotPlay("KEY 须与 HOST 同用 needs HOST")
    house = House(scratch / "platform")
    house.clear()
    print("启动平台 starting the platform", flush=True)
    with house.running():
        yield _by_logins(f"http://{HOST}:{house.port}", house.data_dir / "demo.json")


def _running(given: argparse.Namespace) -> Terminal:
    data_dir = Path(given.data_dir) if given.data_dir else None
    url = (given.host or _address(data_dir)).rstrip("/")
    address = urlsplit(url)
    if address.scheme not in ("http", "https") or not address.hostname or address.path:
        raise CannotPlay(f"HOST is http://HOST:PORT, not {url!r}")
    if given.key:
        if not given.secret_file:
            raise CannotPlay("KEY 须与 SECRET_FILE 同用 needs SECRET_FILE")
        return Terminal(url, given.key, _text(Path(given.secret_file)).strip())
    if not given.logins and data_dir is None:
        raise CannotPlay("HOST 须与 KEY 和 SECRET_FILE、LOGINS 或 DATA_DIR 同用 needs one of them beside it")
    return _by_logins(url, Path(given.logins) if given.logins else _in(data_dir, "demo.json"))


def _address(data_dir: Path | None) -> str:
    """Where the platform of this directory listens."""
    state = _json(_in(data_dir, "run.json"))
    if not isinstance(state, dict) or "port" not in state:
        raise CannotPlay(f"no platform is running on {data_dir}")
    return f"http://{HOST}:{state['port']}"


def _by_logins(url: str, logins: Path) -> Terminal:
    """The first sandbox terminal of a logins file."""
    rows = _json(logins)
    found = [row for row in rows if isinstance(row, dict) and row.get("role") == ROLE]
    if not found:
        raise CannotPlay(f"{logins} names no terminal of the role {ROLE}")
    return Terminal(url, str(found[0]["login"]), str(found[0]["password"]))


def _in(data_dir: Path | None, name: str) -> Path:
    if data_dir is None:
        raise CannotPlay("LOGINS 须与 HOST 同用 needs HOST")
    return data_dir / name


def _json(path: Path) -> Any:
    try:
        return json.loads(_text(path))
    except ValueError as error:
        raise CannotPlay(f"{path}: {error}") from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise CannotPlay(f"{path}: {error.strerror}") from None
