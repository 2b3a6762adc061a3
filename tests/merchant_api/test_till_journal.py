"""Calls without a final answer survive the till, and are brought to their end with the same keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from merchant_api.client.__main__ import main
from merchant_api.client.journal import Journal, reconcile
from merchant_api.client.till import Answer, NoFinalAnswer, Till

ORDER: tuple[str, list[str], str, int] = ("scn_1.mac", ["vch_1"], "order-1", 12_000)
GONE = None
REDEEMED = Answer(200, {"state": "redeemed"}, {}, replayed=False)
UNKNOWN_ORDER = Answer(404, {"code": "order_not_found", "retryable": False}, {}, replayed=False)
REVERSED = Answer(201, {"state": "reversed"}, {}, replayed=False)
STALE = Answer(401, {"code": "signature_stale", "retryable": False}, {}, replayed=False)


class Scripted(Till):
    """Hears what the script says, one word an attempt, then nothing; keeps what was sent."""

    def __init__(self, script: list[Answer | None], journal: Journal | None = None) -> None:
        super().__init__("http://127.0.0.1:1", "test_01", "secret", patience=0, memory=journal)
        self.script, self.sent = script, list[tuple[str, str, str | None]]()

    def _attempt(self, method: str, target: str, content: bytes, key: str | None) -> Answer | None:
        self.sent.append((method, target.removeprefix("/merchant/v1/"), key))
        return self.script.pop(0) if self.script else GONE


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A redemption under the key `key-00001` was begun, and the till died before an answer came."""
    path = tmp_path / "open.db"
    journal = Journal(path)
    with pytest.raises(NoFinalAnswer):
        Scripted([GONE], journal).redeem(*ORDER, key="key-00001")
    journal.close()
    return path


@pytest.fixture
def journal(file: Path) -> Iterator[Journal]:
    """The file of the dead till, opened by the next one."""
    opened = Journal(file)
    yield opened
    opened.close()


def test_an_open_call_outlives_its_till(journal: Journal):
    (call,) = journal.open_calls()
    assert (call.key, call.what, call.order_no) == ("key-00001", "redemptions", "order-1")


def test_a_final_answer_crosses_a_call_out(journal: Journal):
    Scripted([REDEEMED], journal).redeem(*ORDER, key="key-00001")
    assert journal.open_calls() == []


def test_whoever_is_not_let_in_learns_nothing_of_earlier_attempts(journal: Journal):
    Scripted([STALE], journal).redeem(*ORDER, key="key-00001")
    assert len(journal.open_calls()) == 1


def test_an_open_key_is_not_taken_for_another_call(journal: Journal):
    till = Scripted([REDEEMED], journal)
    with pytest.raises(ValueError, match="open for another call"):
        till.redeem("scn_1.mac", ["vch_2"], "order-1", 12_000, key="key-00001")
    assert till.sent == []


def test_a_redeemed_order_is_done(journal: Journal):
    till = Scripted([REDEEMED])
    assert [each.outcome for each in reconcile(till, journal)] == ["redeemed"]
    assert [method for method, _, _ in till.sent] == ["GET"]
    assert journal.open_calls() == []


def test_an_unknown_order_is_reversed_under_a_key_that_stays_the_same(journal: Journal):
    keys = list[str | None]()
    for script in ([UNKNOWN_ORDER, GONE], [UNKNOWN_ORDER, REVERSED]):
        till = Scripted(list(script))
        outcomes = [each.outcome for each in reconcile(till, journal)]
        keys.append(till.sent[1][2])
        assert till.sent[1][1] == "redemptions/order-1/reversals"
    assert outcomes == ["reversed"] and journal.open_calls() == []
    assert keys[0] == keys[1] and len(str(keys[0])) == 64


def test_finishing_sends_the_redemption_again_with_its_key(journal: Journal):
    till = Scripted([UNKNOWN_ORDER, REDEEMED])
    assert [each.outcome for each in reconcile(till, journal, finish=True)] == ["sent again"]
    assert till.sent[1] == ("POST", "redemptions", "key-00001")


@pytest.mark.parametrize("what", ["reservations", "reservations/order-1/captures"])
def test_what_was_held_is_reversed_too(journal: Journal, what: str):
    for call in journal.open_calls():
        journal.end(call.key)
    journal.begin("key-00002", what, {"order_no": "order-1"} if what == "reservations" else {})
    held = Answer(200, {"state": "reserved"}, {}, replayed=False)
    till = Scripted([held, REVERSED])
    assert [each.outcome for each in reconcile(till, journal)] == ["reversed"]
    assert till.sent[1][1] == "redemptions/order-1/reversals" and journal.open_calls() == []


def test_a_release_is_sent_again(journal: Journal):
    for call in journal.open_calls():
        journal.end(call.key)
    journal.begin("key-00003", "reservations/order-1/releases", {})
    till = Scripted([REDEEMED])
    assert [(each.call.order_no, each.outcome) for each in reconcile(till, journal)] == [
        ("order-1", "sent again")
    ]
    assert till.sent == [("POST", "reservations/order-1/releases", "key-00003")]


def test_the_file_is_for_its_owner_only(file: Path):
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_command_does_not_take_an_open_key_for_another_call(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "secret").write_text("secret")
    who = ["--url", "http://127.0.0.1:1", "--key", "test_01", "--secret-file", str(tmp_path / "secret")]
    other = ["--idempotency-key", "key-00001", "release", "order-1"]
    assert main([*who, "--journal", str(file), *other]) == 2
    assert "open for another call" in capsys.readouterr().err


def test_the_command_says_what_stays_open(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "secret").write_text("secret")
    who = ["--url", "http://127.0.0.1:1", "--key", "test_01", "--secret-file", str(tmp_path / "secret")]
    assert main([*who, "--journal", str(file), "--patience", "0", "reconcile"]) == 3
    assert '"outcome": "open"' in capsys.readouterr().out
