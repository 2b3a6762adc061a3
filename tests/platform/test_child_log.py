"""Which of a child's lines reach the terminal, and which reach its file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cli.child_log import LOUD_PER_S, ROTATE_BYTES, ChildLog


@pytest.fixture
def log(tmp_path: Path) -> Iterator[ChildLog]:
    log = ChildLog("web", tmp_path / "web.log")
    yield log
    log.close()


@pytest.mark.parametrize(
    "line",
    [
        '{"event": "lock_skipped", "level": "warning"}',
        "[2026-11-23 09:00:00 +0000] [17] [ERROR] Worker failed to boot.",
        "17:M 23 Nov 2026 09:00:00.123 # Can't save in background: fork: Cannot allocate memory",
    ],
)
def test_a_warning_reaches_the_terminal_and_the_file(
    log: ChildLog, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    log.feed(line.encode() + b"\n")
    assert capsys.readouterr().out == f"web       | {line}\n"
    assert log.path.read_text() == f"{line}\n"


def test_an_ordinary_line_reaches_the_file_alone_and_is_a_last_word(
    log: ChildLog, capsys: pytest.CaptureFixture[str]
) -> None:
    log.feed(b'{"event": "request", "lev')
    log.feed(b'el": "info"}\nhalf')
    assert capsys.readouterr().out == ""
    assert log.last_words() == ['{"event": "request", "level": "info"}', "half"]
    assert log.last_words() == []


def test_a_traceback_is_shown_as_a_whole(log: ChildLog, capsys: pytest.CaptureFixture[str]) -> None:
    log.feed(b'before\nTraceback (most recent call last):\n  File "x"\nValueError: no\nafter\n')
    shown = capsys.readouterr().out.splitlines()
    assert [line.removeprefix("web       | ") for line in shown] == [
        "Traceback (most recent call last):",
        '  File "x"',
        "ValueError: no",
    ]


def test_a_one_time_code_is_for_the_eyes_and_never_for_the_file(
    log: ChildLog, capsys: pytest.CaptureFixture[str]
) -> None:
    log.feed(b'SMS {"phone": "13800000001", "code": "123456"}\nafter\n')
    assert "123456" in capsys.readouterr().out
    assert log.path.read_text() == "after\n"


def test_a_flood_of_warnings_is_cut_on_the_terminal_and_kept_in_the_file(
    log: ChildLog, capsys: pytest.CaptureFixture[str]
) -> None:
    log.feed(b"WARNING again\n" * 1000)
    assert len(capsys.readouterr().out.splitlines()) <= 2 * LOUD_PER_S + 1
    assert len(log.path.read_text().splitlines()) == 1000


def test_a_large_file_moves_aside(log: ChildLog) -> None:
    log.feed(b"x" * ROTATE_BYTES + b"\n")
    log.feed(b"new\n")
    assert log.path.with_suffix(".log.1").stat().st_size == ROTATE_BYTES + 1
    assert log.path.read_text() == "new\n"
