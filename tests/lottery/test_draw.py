"""The draw is a pure function; its file can be recomputed by a stranger, and no change of it goes unnoticed."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click.testing
import pytest

from app.cli.lottery import verify as command
from app.domain import lottery

SCRIPT = Path(__file__).with_name("recompute.py")
SEED = hashlib.sha256(b"a seed for the tests").digest()
VALUE = "上证指数 2026-11-30 收盘 3,025.10"
MILLION, PLACES = 1_000_000, 10_000


def numbers_of(count: int) -> list[str]:
    """Made-up registration numbers, ascending."""
    drawn = random.Random(16).sample(range(10**11, 10**12), count)
    return [str(number) for number in sorted(drawn)]


def file_of(numbers: list[str], places: int) -> list[str]:
    """The results file of a draw among these."""
    list_sha256 = lottery.list_hash(numbers)
    winners = lottery.draw(SEED, list_sha256, VALUE, numbers, places)
    head = {
        "batch_id": "bat_1",
        "commitment": lottery.commitment(SEED),
        "seed": SEED.hex(),
        "list_sha256": list_sha256,
        "public_value": VALUE,
        "registrants": len(numbers),
        "places": places,
        "winners": len(winners),
    }
    rank_of = {number: rank for rank, number in enumerate(winners, start=1)}
    return list(lottery.results_lines(head, ((number, rank_of.get(number)) for number in numbers)))


def changed_head(lines: list[str], **values: Any) -> list[str]:
    """The file with another first line."""
    return [json.dumps({**json.loads(lines[0]), **values}) + "\n", *lines[1:]]


def reason(lines: list[str]) -> str:
    """Why a file is refused."""
    with pytest.raises(lottery.BadResults) as refused:
        lottery.verify(lines)
    return str(refused.value)


def a_winner_replaced(lines: list[str]) -> list[str]:
    """One place given to somebody who lost."""
    rows = [json.loads(line) for line in lines]
    winner = next(row for row in rows[1:] if len(row) == 2)
    loser = next(row for row in rows[1:] if len(row) == 1)
    loser.append(winner.pop())
    return [lines[0], *(json.dumps(row) + "\n" for row in rows[1:])]


def another_number(lines: list[str]) -> list[str]:
    """One registrant who is somebody else."""
    row = json.loads(lines[1])
    return [lines[0], json.dumps([str(int(row[0]) - 1), *row[1:]]) + "\n", *lines[2:]]


TAMPERED: dict[str, tuple[Callable[[list[str]], list[str]], str]] = {
    "a registrant changed": (another_number, "does not match its hash"),
    "a registrant removed": (lambda lines: lines[:-1], "registrants"),
    "a registrant twice": (lambda lines: [*lines, lines[-1]], "there twice"),
    "the seed": (lambda lines: changed_head(lines, seed="00" * 32), "does not match its commitment"),
    "seed and commitment": (
        lambda lines: changed_head(lines, seed="00" * 32, commitment=lottery.commitment(bytes(32))),
        "belongs to",
    ),
    "the public value": (lambda lines: changed_head(lines, public_value="3,025.11"), "belongs to"),
    "a winner": (a_winner_replaced, "belongs to"),
    "the number of places": (lambda lines: changed_head(lines, places=9), "winners"),
    "the format": (lambda lines: changed_head(lines, format="x"), "format"),
    "nothing there": (lambda lines: [], "not JSON"),
    "half a line": (lambda lines: [*lines[:-1], "["], "is no registration"),
    "a nameless row": (lambda lines: [*lines[:-1], "[7]"], "is no registration"),
}


def test_the_draw_is_the_same_whatever_the_order_of_registration():
    """Exactly K different winners, in the same order."""
    numbers = numbers_of(500)
    told = (SEED, lottery.list_hash(numbers), VALUE)
    winners = lottery.draw(*told, numbers, 40)
    assert len(set(winners)) == 40 and set(winners) < set(numbers)
    for seed in range(5):
        shuffled = random.Random(seed).sample(numbers, len(numbers))
        assert lottery.draw(*told, shuffled, 40) == winners


def test_everybody_wins_where_there_are_places_for_all():
    """K may be larger than N, and nobody may have come."""
    numbers = numbers_of(7)
    told = (SEED, lottery.list_hash(numbers), VALUE)
    assert sorted(lottery.draw(*told, numbers, 10)) == numbers
    assert lottery.draw(SEED, lottery.list_hash([]), VALUE, [], 10) == []
    assert lottery.verify(file_of([], 10))["winners"] == 0


def test_each_of_the_three_inputs_decides():
    """Another seed, another list or another value is another draw."""
    numbers = numbers_of(300)
    hashed = lottery.list_hash(numbers)
    first = lottery.draw(SEED, hashed, VALUE, numbers, 30)
    assert lottery.draw(bytes(32), hashed, VALUE, numbers, 30) != first
    assert lottery.draw(SEED, lottery.list_hash(numbers[1:]), VALUE, numbers, 30) != first
    assert lottery.draw(SEED, hashed, VALUE + " ", numbers, 30) != first


def test_no_number_is_favoured():
    """Over many draws each of ten numbers wins about as often as any other."""
    numbers = numbers_of(10)
    hashed = lottery.list_hash(numbers)
    won = [lottery.draw(SEED, hashed, str(n), numbers, 1)[0] for n in range(10_000)]
    assert all(850 < won.count(number) < 1_150 for number in numbers)


def test_the_file_of_a_known_draw_never_changes():
    """The bytes are a promise: whoever wrote a script for last year's file can use it."""
    digest = hashlib.sha256("".join(file_of(numbers_of(100), 10)).encode()).hexdigest()
    assert digest == "9ee74f1b9615be98c2ca2eed2f08d65e59f17448a81ecc7583c923bf25c6903d"


@pytest.mark.parametrize("what", TAMPERED)
def test_whatever_is_changed_is_found(what: str, tmp_path: Path):
    """`verify` says why, and the command exits with 1."""
    tamper, because = TAMPERED[what]
    lines = tamper(file_of(numbers_of(100), 10))
    assert because in reason(lines)
    (tmp_path / "results.jsonl").write_text("".join(lines), encoding="utf-8")
    done = click.testing.CliRunner().invoke(command, [str(tmp_path / "results.jsonl")])
    assert done.exit_code == 1 and because in done.output


def test_a_file_made_up_as_a_whole_is_found_by_what_was_published():
    """Consistent in itself, but another commitment and another list than the platform's."""
    lines = file_of(numbers_of(100), 10)
    head = json.loads(lines[0])
    good = {name: head[name] for name in ("commitment", "list_sha256")}
    assert lottery.verify(lines, good)["winners"] == 10
    for name in good:
        with pytest.raises(lottery.BadResults, match="was published"):
            lottery.verify(lines, good | {name: "0" * 64})


@pytest.mark.timeout(300)
@pytest.mark.parametrize("what", ["a registrant changed", "the seed", "the public value"])
def test_a_million_registrants_are_recomputed_by_a_stranger(what: str, million: Path, tmp_path: Path):
    """A script of twenty lines finds the same winners (see `million`); one change of the file and `verify` refuses."""
    lines = million.read_text(encoding="utf-8").splitlines(keepends=True)
    changed = tmp_path / "changed.jsonl"
    changed.write_text("".join(TAMPERED[what][0](lines)), encoding="utf-8")
    done = click.testing.CliRunner().invoke(command, [str(changed)])
    assert done.exit_code == 1 and TAMPERED[what][1] in done.output


@pytest.fixture(scope="module")
def million(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of a million registrants and 10,000 places, verified by `verify` and by the stranger's script."""
    numbers = [str(10**11 + 1 + n * 899_999 + n % 7) for n in range(MILLION)]
    lines = file_of(numbers, PLACES)
    path = tmp_path_factory.mktemp("million") / "results.jsonl"
    path.write_text("".join(lines), encoding="utf-8")
    done = click.testing.CliRunner().invoke(command, [str(path)])
    assert done.exit_code == 0 and "10000 of 1000000" in done.output
    won = (json.loads(line) for line in lines[1:] if "," in line)  # a million JSON values take their time
    winners = sorted((rank, number) for number, rank in won)
    digest = hashlib.sha256("".join(number for _, number in winners).encode()).hexdigest()
    stranger = recomputed(path)
    assert stranger.stdout.split() == ["10000", digest], stranger.stderr
    return path


def recomputed(path: Path) -> subprocess.CompletedProcess[str]:
    """What the stranger's script says; isolated from everything installed."""
    return subprocess.run(
        [sys.executable, "-I", "-S", str(SCRIPT), str(path)], capture_output=True, text=True
    )
