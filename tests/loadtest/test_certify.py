"""The certification list against a running platform: the shipped client passes it, bad ones do not."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loadtest.certify import report
from loadtest.certify.cases import CASES
from loadtest.replay.house import House

ROOT = Path(__file__).parents[2]
BAD_CLIENT = (sys.executable, "-m", "tests.loadtest.bad_client")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A platform with its sandbox, as a stranger starts it; at the end its audit is clean."""
    made = House(tmp_path_factory.mktemp("certify") / "data")
    made.clear()
    with made.running():
        yield made
        audit = made.flask("audit")
        assert audit.returncode == 0, audit.stdout + audit.stderr


def certified(house: House, out: Path, *words: str) -> tuple[int, str, dict[str, Any]]:
    """Exit code, what was printed, the report."""
    command = [sys.executable, "-m", "loadtest.certify", "--data-dir", str(house.data_dir), "--out", str(out)]
    done = subprocess.run([*command, *words], cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert out.exists(), done.stdout + done.stderr
    return done.returncode, done.stdout, json.loads(out.read_text())


@pytest.mark.timeout(300)
def test_the_shipped_client_passes_twice_with_equal_books(house: House, tmp_path: Path):
    """The cases in which a lost reply costs most, on a good line and on a bad one; `make certify` runs them all."""
    chosen = ("B1", "B4", "C1", "D1", "D4", "D6", "E2", "F1", "G", "I1")
    words = ("--prefix", "whole", "--only", ",".join(chosen))
    code, text, told = certified(house, tmp_path / "report.json", *words)
    assert (code, told["certified"]) == (0, True), text
    plain, lossy = told["runs"]
    assert [case["id"] for case in plain["cases"]] == [
        case.id for case in CASES if case.id.startswith(chosen)
    ]
    assert (plain["dropped"], plain["doubled"]) == (0, 0)
    # The tenth request may be that of a till which is killed: nobody is there to lose a reply.
    assert (
        lossy["requests"] // 10 - lossy["dropped"] in (0, 1)
        and lossy["dropped"] >= 2
        and lossy["doubled"] >= 1
    )
    assert plain["books"] == lossy["books"] and len(plain["books"]) >= 10
    assert plain["books"]["B1-1"]["used_fen"] == 2_000


@pytest.mark.parametrize(
    ("habit", "case", "word"),
    [
        ("fresh-keys", "D4", "took a fresh key before a final answer"),
        ("impatient", "D7", "Retry-After"),
        ("forgetful", "G1", "found no open call"),
    ],
)
def test_a_bad_client_fails(house: House, tmp_path: Path, habit: str, case: str, word: str):
    """And the list says why."""
    command = shlex.join([*BAD_CLIENT, habit])
    code, text, told = certified(house, tmp_path / "report.json", "--only", case, "--client", command)
    (result,) = told["runs"][0]["cases"]
    assert (code, told["certified"], result["ok"]) == (1, False, False), text
    assert word in result["why"] and word in text


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--host", "http://127.0.0.1:1"], "KEY 和 SECRET_FILE"),
        (["--host", "ftp://127.0.0.1"], "HOST is http://HOST:PORT"),
        (["--data-dir", "nowhere"], "No such file"),
        (["--key", "test_1"], "needs HOST"),
        (["--host", "http://127.0.0.1:1", "--key", "test_1"], "needs SECRET_FILE"),
    ],
)
def test_a_list_that_cannot_be_run_says_why(tmp_path: Path, words: list[str], sentence: str):
    done = subprocess.run(
        [sys.executable, "-m", "loadtest.certify", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, sentence in done.stdout) == (2, True), done.stdout + done.stderr


def test_the_page_shows_the_list_as_it_is():
    assert report.table() in (ROOT / "docs" / "certification.md").read_text(encoding="utf-8")
