"""The bench's tills: what they send is what was written, signed, and different every time."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from loadtest.bench.apps.drawing import by_library
from loadtest.bench.arrivals import arrived, on_time
from loadtest.bench.fire import UNTIL_READY, NoNumber, Shots, _interrupt, fire
from loadtest.bench.open_loop import OpenLoop
from loadtest.bench.platform import Release
from loadtest.bench.till import CODE, LEAST_FEN, TILLS, TOKEN, Line, Shops, Till
from loadtest.replay.wire import Reply
from merchant_api import pinned, signature

PORT = 20_001


class Registry:
    """An organizer who grants everything."""

    def __init__(self) -> None:
        self.made = 0

    def post(self, what: str, _body: Any = None) -> Reply:
        """A new number of each kind."""
        self.made += 1
        names = ("merchant_id", "store_id", "terminal_id", "key_id")
        return Reply(201, {name: f"{name}_{self.made}" for name in names} | {"secret": "s" * 43})


@dataclass
class Place:
    """A platform that knows which scan is whose."""

    data_dir: Path
    rows: list[tuple[str, str, str]]
    port: int = PORT
    organizer: Registry = field(default_factory=Registry)

    @contextmanager
    def looking(self) -> Iterator[Any]:
        """Every query finds the same."""
        yield self

    def execute(self, *_: Any) -> list[tuple[str, str, str]]:
        """The rows."""
        return self.rows


@pytest.fixture
def line(tmp_path: Path) -> Line:
    """Twelve scanned customers."""
    place = Place(tmp_path, [])
    shops = Shops(place, 100)  # type: ignore[arg-type]  # it has what they need
    terminals = list(shops.tills)
    place.rows = [(f"scn_{n}", terminals[n % TILLS], f"vch_{n}") for n in range(12)]
    scanned = Line(shops, Release("bat_1", "cmp_1", 0.0, 12))
    scanned.take_in([f"scn_{n}.abc" for n in range(12)])
    return scanned


def _bodies(requests: list[str]) -> list[dict[str, Any]]:
    return [json.loads(each.partition("\r\n\r\n")[2]) for each in requests]


def test_no_two_orders_share_number_or_amount(line: Line):
    """The same customer may come again at once, and nobody asks whether that was meant."""
    orders = _bodies(line.orders(PORT, 0, 12) + line.orders(PORT, 0, 12))
    assert len({order["order_no"] for order in orders}) == len({order["gross_fen"] for order in orders}) == 24
    assert min(order["gross_fen"] for order in orders) >= LEAST_FEN
    assert [order["voucher_ids"] for order in orders[:2]] == [["vch_0"], ["vch_1"]]


def test_an_order_is_sent_by_the_till_that_scanned(line: Line):
    """A token is good at no other terminal."""
    keys = list(line.shops.tills.values())
    for n, request in enumerate(line.orders(PORT, 0, 3)):
        assert f'keyid="{keys[n].key_id}"' in request


def test_citizens_come_in_turn_and_then_from_the_beginning(line: Line):
    """A hundred of them; a piece of the line is never torn in two."""
    assert [line.shops.next_citizens(40) for _ in range(4)] == [0, 40, 0, 40]


def test_the_platform_takes_the_signature():
    """By its short way, which lets nothing in that it has not verified."""
    till = Till("trm_1", "live_1", b"s" * 43)
    head, _, body = till.request(
        PORT, "POST", "/merchant/v1/scans", "scan-00000001", {"code": "1"}
    ).partition("\r\n\r\n")
    lines = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
    covered = (*signature.ALWAYS, "content-digest", "idempotency-key")
    message = pinned.Message("POST", lines["Host"], "/merchant/v1/scans", "", body.encode(), lines.get)
    assert pinned.key_id(message, covered, lambda _: "s" * 43, time.time(), 5) == "live_1"


@pytest.fixture
def echo() -> Iterator[tuple[int, list[str]]]:
    """A server that remembers every request's body, and answers with a code that it has made of it."""
    heard: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            heard.append(f"{self.path} {self.headers['X-Till']} {body}")
            answer = f'{{"code":"{body}","scan_token": "scn_{body}.ff"}}'.encode()
            whole = b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer
            for piece in (whole[:11], whole[11:60], whole[60:]) if "-" in self.path else (whole,):
                self.wfile.write(piece)
                time.sleep(0.02 if len(piece) < len(whole) else 0)

        def log_message(self, *_: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 256  # open arrivals dial all their connections at once

    server = Server(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1], heard
    server.shutdown()
    thread.join()
    server.server_close()


def _requests(wanted: int) -> list[str]:
    return [
        f"POST /n/{n} HTTP/1.1\r\nHost: x\r\nX-Till: {n}\r\nContent-Length: 3\r\n\r\n{n:03d}"
        for n in range(wanted)
    ]


@pytest.mark.parametrize("clients", [1, 8])
def test_whole_requests_go_out_as_they_were_written(echo, line: Line, clients: int):
    """Each once, byte for byte, and of each answer what was asked for is kept."""
    port, heard = echo
    for keep, form in ((CODE, "{:03d}"), (TOKEN, "scn_{:03d}.ff")):
        hits = fire(port, line.shops.written(_requests(30), keep=keep), clients)
        assert hits.statuses == {201: 30}
        assert sorted(hits.kept) == [form.format(n) for n in range(30)]
    assert sorted(heard) == sorted(2 * [f"/n/{n} {n} {n:03d}" for n in range(30)])


def test_nothing_is_kept_unasked(echo, line: Line):
    """The generator has better things to do."""
    port, _ = echo
    assert fire(port, line.shops.written(_requests(4)), 2).kept == ()


def test_an_interruption_that_comes_too_early_is_not_the_last():
    """The generator forgets what it hears just before it begins to wait; one like it has ended in time."""
    forgets = "import signal; heard = []; signal.signal(signal.SIGINT, lambda *_: heard.append(1)); print(flush=True)"
    forgets += "\nwhile len(heard) < 2: signal.pause()"
    with subprocess.Popen([sys.executable, "-c", forgets], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "\n"
        interrupting = Thread(target=_interrupt, args=(process,), daemon=True)
        interrupting.start()
        interrupting.join(10)
        assert process.returncode == 0


def test_the_generator_is_deaf_until_it_is_ready():
    """An interruption before it says what it does then would end it without a result."""
    hears = "import signal; print(signal.getsignal(signal.SIGINT) == signal.SIG_IGN)"
    said = subprocess.run(
        [*UNTIL_READY, sys.executable, "-c", hears], capture_output=True, check=True, text=True
    )
    assert said.stdout == "True\n"


@pytest.mark.alone
def test_open_arrivals_keep_their_instants(echo):
    """Two kinds of requests with rates of their own, in one line."""
    port, heard = echo
    visits = arrived(port, [(n / 50, each.encode()) for n, each in enumerate(_requests(10))])
    assert {visit.reply.status for visit in visits} == {201}
    assert visits[9].due - visits[0].due == pytest.approx(9 / 50)
    assert len(heard) == 10
    on_time("here", visits)
    late = [*visits, *[replace(visit, late_s=1.0) for visit in visits]]
    with pytest.raises(NoNumber, match="here: 50"):
        on_time("here", late)


def test_an_answer_in_pieces_is_done_with_its_last(echo):
    """The next request on the same connection gets an answer of its own."""
    port, heard = echo
    broken = [request.replace("/n/", "/n/-") for request in _requests(6)]
    visits = arrived(port, [(n / 10, each.encode()) for n, each in enumerate(broken)])
    assert [visit.reply.status for visit in visits] == [201] * 6
    assert all(visit.done - visit.due > 0.04 for visit in visits) and len(heard) == 6


def test_a_kept_connection_that_the_server_has_hung_up_is_not_used(echo):
    """As servers do with those that rest for long: a new one is dialled."""
    port, heard = echo
    loop = OpenLoop(port, 2)
    for connection in loop._idle:
        connection.shutdown(socket.SHUT_WR)  # the server hangs up, too
        connection.settimeout(10)
        assert connection.recv(1, socket.MSG_PEEK) == b""
    arrivals = loop.send([(0.0, each.encode()) for each in _requests(3)])
    loop.close()
    assert ([each.status for each in arrivals], len(heard)) == ([201] * 3, 3)


def test_the_library_draws_what_we_compare_ours_with():
    """One drawing as one path."""
    assert by_library("88112345678912345670").count("<path") == 1


def test_a_file_is_read_from_the_line_that_was_asked_for(echo, line: Line):
    """Lines before the first are somebody else's."""
    port, heard = echo
    written = line.shops.written(_requests(10)).written
    assert fire(port, Shots("POST", "/", 4, written=written, first=5), 2).statuses == {201: 4}
    assert sorted(heard) == [f"/n/{n} {n} {n:03d}" for n in range(5, 9)]
