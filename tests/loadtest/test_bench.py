"""The bench can be trusted: its arithmetic, its accounting, its oracle, its generator."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import pytest

from loadtest.bench import cpu
from loadtest.bench.fire import NoNumber, Shots, fire
from loadtest.bench.platform import FACE_FEN, Release, judge, judge_redeemed
from loadtest.bench.plot import bars
from loadtest.bench.ratios import (
    CLAIM,
    REDEEM,
    Cost,
    Ratio,
    Subject,
    both,
    costs,
    noticed,
    ratios,
    slope,
    spread,
)
from loadtest.bench.rounds import OURS, Extras
from loadtest.bench.servers import _rewritten


def _round(granian: float, shipped: float, **claim: float) -> dict[str, Cost]:
    hellos = {"b1_granian": Cost({"web": granian}), "b1_shipped": Cost({"web": shipped})}
    return hellos | ({"claim": Cost(claim)} if claim else {})


ROUNDS = [_round(100, 200, web=150.0, redis=50.0), _round(400, 100, web=250.0, redis=50.0), _round(100, 100)]


def test_a_ratio_is_taken_within_its_round_over_the_cheaper_baseline():
    """200 / min(100, 200) and 300 / min(400, 100); a round without the variant adds nothing."""
    ratio = Ratio("P1", "claim", ("b1_granian", "b1_shipped"))
    assert [ratio.of(each) for each in ROUNDS] == [2.0, 3.0, None]


def test_a_ratio_is_a_median_with_its_range():
    """Never the best of the rounds."""
    assert spread([5.0, 1.0, 2.0]) == {"value": 2.0, "low": 1.0, "high": 5.0, "unit": "ratio"}
    assert spread([])["note"] == "not measured" and spread([])["value"] is None
    assert costs(ROUNDS)["claim"] == {
        "web": 200.0, "redis": 50.0, "total": 250.0, "per_s": 0, "p50_us": 0, "p99_us": 0
    }  # fmt: skip


@pytest.mark.parametrize(
    ("subject", "goals"), [(CLAIM, {"P1", "P2", "P3", "P4", "P8"}), (REDEEM, {"P11", "P12", "P17"})]
)
def test_every_goal_has_a_key_of_its_own(subject: Subject, goals: set[str]):
    """What was not measured is said, not left out."""
    keys = [ratio.key for ratio in subject.ratios]
    assert len(keys) == len(set(keys))
    assert {key.split("_")[0] for key in keys} == goals
    found = ratios(subject, ROUNDS)
    assert set(found) == set(keys) and found[keys[0]]["value"] is None


def test_two_calls_cost_what_both_cost():
    """Part by part; a thousand a second and then another thousand a second are 500 orders a second."""
    scan = Cost({"web": 300.0, "database": 100.0}, 1_000, 5, 9)
    assert both(scan, scan) == Cost({"web": 600.0, "database": 200.0}, 500)


def test_a_ratio_seen_elsewhere_is_divided_by_ours():
    """445 hellos there and 2 here: 222.5 times."""
    assert Ratio("P12", "claim", ("b1_granian",), seen=445).of(ROUNDS[0]) == 445 / 2


def test_a_slow_down_is_noticed_only_when_every_round_shows_it():
    """One round in which it was cheaper is chance enough."""
    slow, plain = [110.0, 120.0, 105.0], [100.0, 100.0, 104.0]
    rounds = [{"slow": Cost({"web": a}), "plain": Cost({"web": b})} for a, b in zip(slow, plain, strict=True)]
    assert noticed(rounds, "slow", "plain")["noticed"]
    assert not noticed(
        [*rounds, {"slow": Cost({"web": 99.0}), "plain": Cost({"web": 100.0})}], "slow", "plain"
    )["noticed"]
    assert not noticed([], "slow", "plain")["noticed"]


def test_growth_is_an_exponent():
    """A cost that doubles with every tenfold has log10(2)."""
    assert slope([10, 100, 1000], [1.0, 2.0, 4.0]) == pytest.approx(0.30103)
    assert slope([10, 100], [5.0, 5.0]) == pytest.approx(0.0)
    assert slope([10], [1.0]) is None


FORK = multiprocessing.get_context("fork")


def _burn(seconds: float, children: int, word: Connection | None = None) -> None:
    """Burn, wait for the children, say what all of it cost by the kernel's word, then sleep."""
    helpers = [FORK.Process(target=_burn, args=(seconds, 0)) for _ in range(children)]
    for helper in helpers:
        helper.start()
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass
    for helper in helpers:
        helper.join()
    if word:
        word.send(sum(os.times()[:4]))
        time.sleep(120)


def test_the_meter_counts_children_also_those_that_are_gone():
    """A process and two short-lived children burn 0.3 s each, and a fork's own cost; sleeping costs nothing."""
    heard, word = FORK.Pipe(duplex=False)
    burner = FORK.Process(target=_burn, args=(0.3, 2, word))
    burner.start()
    assert burner.pid
    try:
        assert heard.poll(60)
        burned_s = heard.recv()
        assert burned_s >= 0.85
        meter = cpu.Meter({"burner": burner.pid})
        time.sleep(0.5)
        assert cpu.used_s([burner.pid]) == pytest.approx(burned_s, abs=5 / cpu.TICKS)
        assert meter.spent_s()["burner"] < 0.1
        assert cpu.tree(burner.pid, cpu.processes()) == [burner.pid]
    finally:
        burner.kill()
        burner.join()
    with pytest.raises(LookupError):
        meter.spent_s()


def test_the_accounting_agrees_with_the_process_itself():
    """Ours, by its own clock, to two ticks."""
    assert cpu.processes()[os.getpid()].used_s == pytest.approx(sum(os.times()[:4]), abs=2 / cpu.TICKS)


def _release(**facts: int) -> Release:
    return Release("bat_1", "cmp_1", 0.0, **{"stock": 10, **facts})


def test_the_oracle_lets_only_equal_counts_pass():
    """Answers, counter, citizens, postings and fen, and the whole stock when enough tried."""
    judge(_release(granted=10, sent=100), 10, 10, 10, 10, 10, 10 * FACE_FEN)
    for wrong in (
        (_release(granted=9), 10, 10, 10, 10, 10, 10 * FACE_FEN),  # a row nobody was told of
        (_release(granted=10), 10, 10, 10, 9, 10, 10 * FACE_FEN),  # somebody twice
        (_release(granted=10), 10, 10, 10, 10, 9, 9 * FACE_FEN),  # no posting
        (_release(granted=10), 10, 10, 10, 10, 10, 1),  # a wrong amount
        (_release(granted=11, stock=10), 11, 10, 11, 11, 11, 11 * FACE_FEN),  # oversold
        (_release(granted=9, sent=100), 9, 10, 9, 9, 9, 9 * FACE_FEN),  # undersold
    ):
        with pytest.raises(NoNumber):
            judge(*wrong)


def test_the_oracle_counts_redemptions_by_voucher_line_order_scan_and_fen():
    """Five answers, five of everything."""
    judge_redeemed(_release(redeemed=5), 5, 5, 5, 5, 5 * FACE_FEN)
    for wrong in ((4, 5, 5, 5, 5), (5, 6, 5, 5, 5), (5, 5, 4, 5, 5), (5, 5, 5, 4, 5), (5, 5, 5, 5, 4)):
        with pytest.raises(NoNumber):
            judge_redeemed(_release(redeemed=5), *wrong[:4], wrong[4] * FACE_FEN)


def test_the_shipped_command_line_is_kept_word_for_word():
    """Only the leash, the socket and the application change."""
    shipped = [
        "python",
        "-P",
        "/x/leash.py",
        "17",
        "SIGKILL",
        "module",
        "gunicorn",
        "--a=1",
        "--bind=fd://9",
        "wsgi:application",
    ]
    ours = _rewritten(shipped, "hello:app", 5)
    assert ours == [*shipped[:3], str(os.getpid()), *shipped[4:8], "--bind=fd://5", "hello:app"]
    with pytest.raises(NoNumber):
        _rewritten([*shipped[:-1], "other:application"], "hello:app", 5)


def test_the_plot_needs_nothing_else():
    """One SVG, nothing loaded."""
    content = {
        "cpu_us_per_request": costs(ROUNDS),
        "command": "make bench-claim",
        "rounds": 3,
        "commit": "abc",
    }
    drawn = bars({**content, "machine": {"cpu": "A & B"}})
    assert drawn.startswith("<svg") and "A &amp; B" in drawn and "href" not in drawn


@pytest.fixture
def counting() -> Iterator[tuple[int, list[tuple[str, str]]]]:
    """A server that remembers token and key of every claim."""
    heard: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            heard.append((self.headers["Authorization"], self.headers["Idempotency-Key"]))
            status = 201 if len(heard) % 2 else 409
            self.send_response(status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1], heard
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("clients", [1, 8])
def test_every_request_is_sent_once_and_every_answer_counted(counting, tmp_path: Path, clients: int):
    """So many lines of the file, each with a key of its own, and no more when they are used up."""
    port, heard = counting
    tokens = tmp_path / "tokens"
    tokens.write_text("".join(f"token{n}\n" for n in range(60)))
    hits = fire(port, Shots("POST", "/claims", 41, tokens, first=10, prefix="k-"), clients)
    assert hits.statuses == {201: 21, 409: 20}
    assert sorted(heard) == sorted((f"Bearer token{n}", f"k-{n}") for n in range(10, 51))
    assert hits.per_s > 0 and hits.p50_us > 0


class Works:
    """A platform that remembers what was audited."""

    def __init__(self) -> None:
        self.releases: list[str] = []
        self.audited: list[str] = []

    def audit(self) -> None:
        """All of it."""
        self.audited, self.releases = self.releases, []


class TwoActs(Extras):
    """One that ends, one that breaks off."""

    def every_round(self) -> dict[str, Callable[[], None]]:
        """Each releases a batch."""
        return {
            "whole": partial(self._act, "a"),
            "broken": partial(self._act, "b"),
            "last": partial(self._act, "c"),
        }

    def at_the_end(self) -> dict[str, Callable[[], None]]:
        """Nothing."""
        return {}

    def _act(self, batch: str) -> None:
        self.platform.releases.append(batch)  # type: ignore[arg-type]
        if batch == "b":
            raise NoNumber("it broke off")


def test_what_broke_off_is_not_audited_by_its_counts_and_everything_else_is():
    """Its reason is told; the audit hears of the batches before and after it."""
    works = Works()
    extras = TwoActs(SimpleNamespace(platforms={OURS: works}, hits={}))  # type: ignore[arg-type]
    assert extras.round("") == ["broken: it broke off"]
    assert works.audited == ["a", "c"]
