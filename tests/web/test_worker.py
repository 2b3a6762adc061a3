"""The web server's worker as clients meet it: raw bytes over a socket against a real gunicorn."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest

from app.cli import leash
from app.web.protocol import MOST_HEADER_BYTES, MOST_HOT_BODY_BYTES
from tests.kit.servers import free_port, wait_for
from tests.kit.town import ROOT


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """One worker process."""
    number = free_port()
    flags = ["--no-control-socket", "--worker-class=app.web.worker.Worker", "--graceful-timeout=2"]
    command = leash.on_module(
        "gunicorn", *flags, f"--bind=127.0.0.1:{number}", "tests.web.little:application"
    )
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for("the web server", lambda: _listens(number))
    yield number
    process.terminate()
    process.wait(timeout=10)


def _listens(number: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", number)) == 0


def talk(port: int, *pieces: bytes, pause_s: float = 0.05) -> bytes:
    """Send the pieces with pauses, then read until the server closes or has nothing to say for a second."""
    with socket.create_connection(("127.0.0.1", port), timeout=1) as client:
        for piece in pieces:
            client.sendall(piece)
            time.sleep(pause_s)
        answer = b""
        try:
            while piece := client.recv(65_536):
                answer += piece
        except TimeoutError:
            pass
    return answer


def request(path: str, body: bytes = b"", method: str = "POST", *headers: str, close: bool = True) -> bytes:
    """A request with a length, the last one of its connection."""
    lines = [f"{method} {path} HTTP/1.1", "Host: town", *headers, f"Content-Length: {len(body)}"]
    lines += ["Connection: close"] if close else []
    return "\r\n".join([*lines, "", ""]).encode() + body


def told(answer: bytes) -> dict[str, Any]:
    """What the application says that it was sent."""
    found: dict[str, Any] = json.loads(answer.partition(b"\r\n\r\n")[2])
    return found


def test_the_application_sees_the_request_as_it_was_sent(port: int):
    """Path decoded and raw, query, headers joined; a name with an underscore is no header."""
    seen = told(
        talk(port, request("/a%20%E5%AE%89?x=%31", b"hello", "PUT", "X-One: 1", "X-One: 2", "X_Two: 3"))
    )
    assert (
        seen["PATH_INFO"].encode("latin-1").decode() == "/a 安" and seen["RAW_URI"] == "/a%20%E5%AE%89?x=%31"
    )
    assert seen["QUERY_STRING"] == "x=%31" and seen["REQUEST_METHOD"] == "PUT" and seen["head"] == "hello"
    assert seen["HTTP_X_ONE"] == "1,2" and "HTTP_X_TWO" not in seen and seen["CONTENT_LENGTH"] == "5"
    assert seen["REMOTE_ADDR"] == "127.0.0.1" and seen["wsgi.url_scheme"] == "http"


def test_a_long_body_in_pieces_is_read_to_its_end(port: int):
    """A megabyte with a length, and chunks without one."""
    long = b"x" * 1_000_000
    whole = request("/long", long)
    assert told(talk(port, whole[:70], whole[70:400_000], whole[400_000:]))["length"] == len(long)
    head = b"POST /chunks HTTP/1.1\r\nHost: town\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    assert told(talk(port, head, b"5\r\nhello\r\n", b"6\r\n world\r\n0\r\n\r\n"))["head"] == "hello world"


def test_a_client_that_wants_a_word_before_its_body_gets_it(port: int):
    """Expect: 100-continue, at the application and at the hot door."""
    for path in ("/long", "/hot"):
        whole = request(path, b"hello", "POST", "Expect: 100-continue")
        answer = talk(port, whole[:-5], whole[-5:])
        assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 ")


def test_an_answer_in_pieces_arrives_whole_and_is_closed_once(port: int):
    """Streamed, and the application is told that it is over."""
    before = int(talk(port, request("/closed")).rpartition(b"\r\n")[2])
    answer = talk(port, request("/stream"))
    assert b"transfer-encoding: chunked" in answer and answer.endswith(b"5\r\nthree\r\n0\r\n\r\n")
    assert int(talk(port, request("/closed")).rpartition(b"\r\n")[2]) == before + 1


def test_a_failing_application_is_a_500_and_the_next_request_is_served(port: int):
    """No answer of its own: the server gives one."""
    assert talk(port, request("/fails")).startswith(b"HTTP/1.1 500 ")
    assert talk(port, request("/", method="GET")).startswith(b"HTTP/1.1 200 ")


def test_head_has_the_length_and_no_body(port: int):
    """As HTTP wants it."""
    answer = talk(port, request("/closed", method="HEAD"))
    assert b"content-length: 1" in answer and answer.endswith(b"\r\n\r\n")


def test_a_hot_request_is_answered_by_the_door_and_the_connection_goes_on(port: int):
    """Three on one connection; the last one closes it."""
    hot = request("/hot", close=False)
    answer = talk(port, hot, hot, request("/hot"))
    assert answer.count(b"hot") == 3 and answer.count(b"connection: close") == 1


@pytest.mark.parametrize("body", [b"leave", b"x" * 500, b"x" * (MOST_HOT_BODY_BYTES + 1)], ids=len)
def test_what_the_door_does_not_take_the_application_gets_whole(port: int, body: bytes):
    """Also when the body comes in two pieces, and when it is too long for the door."""
    whole = request("/hot", body)
    assert told(talk(port, whole[:-3], whole[-3:]))["length"] == len(body)


def test_pipelined_requests_are_answered_in_their_order(port: int):
    """A hot one behind a slow ordinary one, and an ordinary one behind a hot one that waits."""
    hot, slow = request("/hot", b"0.2", close=False), request("/slow", b"first", close=False)
    answer = talk(port, slow + hot + request("/hot", b"leave"))
    assert [answer.index(b'"first"') < answer.index(b'"0.2"') < answer.index(b'"leave"')] == [True]
    answer = talk(port, hot + request("/", b"second"))
    assert answer.index(b"hot") < answer.index(b'"second"')


def test_a_client_that_leaves_while_it_waits_harms_nobody(port: int):
    """The answer finds nobody; the next client is served."""
    with socket.create_connection(("127.0.0.1", port), timeout=1) as client:
        client.sendall(request("/hot", b"0.1"))
    time.sleep(0.2)
    assert talk(port, request("/hot")).endswith(b"hot")


def test_a_head_without_end_is_cut_off(port: int):
    """Nobody of ours sends so many headers."""
    filler = [f"X-{number}: {'y' * 1_000}" for number in range(MOST_HEADER_BYTES // 1_000 + 1)]
    assert talk(port, request("/", b"", "GET", *filler)).startswith(b"HTTP/1.1 400 ")


def test_a_broken_request_is_a_400(port: int):
    """Not HTTP at all."""
    assert talk(port, b"\x16\x03\x01nonsense\r\n\r\n").startswith(b"HTTP/1.1 400 ")
