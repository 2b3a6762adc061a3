"""A wire to PostgreSQL that can lose the reply of a COMMIT: the server has committed, the client never hears of it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress

from sqlalchemy import make_url

COMMIT = b"COMMIT\0"  # the whole statement: "BEGIN ISOLATION LEVEL READ COMMITTED" is another


class LossyWire:
    """Listens on a port of its own and passes everything on, both ways, until told to lose something."""

    def __init__(self, database_url: str) -> None:
        self._url = make_url(database_url)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._armed = threading.Event()
        self.lost = 0
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        """The same database, by way of this wire."""
        port = self._listener.getsockname()[1]
        return self._url.set(host="127.0.0.1", port=port).render_as_string(hide_password=False)

    def lose_the_next_commit_reply(self) -> None:
        """Forward the next COMMIT, wait until the server has answered, and cut the line instead of passing it on."""
        self._armed.set()

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):  # closed
            while True:
                client, _ = self._listener.accept()
                self._connect(client)

    def _connect(self, client: socket.socket) -> None:
        server = socket.create_connection((self._url.host or "", self._url.port or 0))
        losing = threading.Event()

        def forth(data: bytes) -> bool:
            if COMMIT in data and self._armed.is_set():
                self._armed.clear()
                losing.set()
            server.sendall(data)
            return True

        def back(data: bytes) -> bool:
            if losing.is_set():
                self.lost += 1
                return False
            client.sendall(data)
            return True

        for source, pass_on in ((client, forth), (server, back)):
            threading.Thread(target=_pump, args=(source, pass_on, (client, server)), daemon=True).start()


def _pump(
    source: socket.socket, pass_on: Callable[[bytes], bool], both: tuple[socket.socket, socket.socket]
) -> None:
    with suppress(OSError):  # the other side was faster
        while (data := source.recv(65_536)) and pass_on(data):
            pass
    for end in both:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
    source.close()
