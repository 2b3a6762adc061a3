"""A proxy that lets every redemption wait before it passes it on: `python -m tests.loadtest.delay PORT TO SECONDS`.

Bytes pass unchanged, each connection leaves from the address it came from, so signatures and limits hold.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any

import gevent
from gevent import socket
from gevent.server import StreamServer

HOST = "127.0.0.1"
REDEMPTION = b"POST /merchant/v1/redemptions "


def main() -> None:
    """Serve until killed."""
    port, to, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])

    def serve(client: Any, address: tuple[str, int]) -> None:
        platform = socket.create_connection((HOST, to), source_address=(address[0], 0))
        back = gevent.spawn(pump, platform, client, 0.0)
        pump(client, platform, seconds)
        back.join()

    StreamServer((HOST, port), serve, backlog=1024).serve_forever()


def pump(source: Any, target: Any, redemption_s: float) -> None:
    """Hand on until one side ends. A client sends nothing before it has its answer, so a request begins a piece."""
    with suppress(OSError):
        while piece := source.recv(65536):
            if redemption_s and piece.startswith(REDEMPTION):
                gevent.sleep(redemption_s)
            target.sendall(piece)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    main()
