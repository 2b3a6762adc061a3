"""The example client without a network: what it takes, what it refuses, and what it sends once it is back."""

from __future__ import annotations

import base64
import importlib.util
import json
import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.domain import base45
from app.domain import offline as rules
from merchant_api.client import ak1
from merchant_api.client.__main__ import main
from merchant_api.client.journal import Journal
from merchant_api.client.offline import ALLOWANCE, KEYS, Offline, Purchase
from merchant_api.client.till import Answer, NoFinalAnswer, Till

NOW = 1_790_820_000
ISSUER, PHONE = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()


def code(
    handle: int = 1, voucher: int = 1, at: int = NOW, issuer: Ed25519PrivateKey = ISSUER, **other: Any
) -> str:
    """What a phone shows at this second, by the platform's own layout."""
    terms = {
        "valid_from": 1000 * (NOW - 60),
        "valid_to": 1000 * (NOW + 3_600),
        "threshold_fen": 10_000,
        **other,
    }
    credential = rules.Credential(
        epoch=1,
        handle=f"{handle:09d}",
        phone_key=PHONE.public_key().public_bytes_raw(),
        voucher_id=f"vch_{voucher:026d}",
        face_fen=2_000,
        **terms,
    ).packed()
    signed = credential + issuer.sign(rules.CREDENTIAL + credential)
    second = struct.pack(">I", at)
    return rules.PREFIX + base45.encode(signed + second + PHONE.sign(rules.PROOF + signed + second))


def paper(body: dict[str, Any]) -> Answer:
    """As the platform sends it."""
    return Answer(201, body, {}, replayed=False)


def allowance(signer: Ed25519PrivateKey = ISSUER, **other: Any) -> Answer:
    """Today's, for three vouchers worth 50 yuan."""
    hours = {
        name: datetime.fromtimestamp(NOW + s, UTC).isoformat()
        for name, s in (("valid_from", -60), ("valid_to", 60))
    }
    terms = {"allowance_id": "ofa_1", "most_count": 3, "most_fen": 5_000, "key_id": 1, **hours, **other}
    document = json.dumps(terms)
    signature = base64.b64encode(signer.sign(rules.ALLOWANCE + document.encode())).decode()
    return paper({**terms, "most_fen": 999_999, "document": document, "signature": signature})


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """A till's file."""
    opened = Journal(tmp_path / "open.db")
    yield opened
    opened.close()


@pytest.fixture
def offline(journal: Journal) -> Offline:
    """A till that fetched its papers this morning."""
    made = Offline(journal)
    key = {"key_id": 1, "public_key": ISSUER.public_key().public_bytes_raw().hex()}
    made.keep(KEYS, paper({"items": [key]}))
    made.keep(ALLOWANCE, allowance())
    return made


def take(offline: Offline, shown: str, order_no: str = "O-1", gross_fen: int = 12_000, at: int = NOW) -> str:
    """`intent`, or the code of the refusal."""
    answer = offline.take(shown, Purchase(order_no, gross_fen, 0, at))
    return str(answer.body.get("state") or answer.body["code"])


class Scripted(Till):
    """Hears what the script says, one word an attempt; keeps what it sent."""

    def __init__(self, *script: Answer | None) -> None:
        super().__init__("http://127.0.0.1:1", "test_01", "secret", patience=0)
        self.script, self.sent = list(script), list[tuple[str | None, list[dict[str, Any]]]]()

    def _attempt(self, method: str, target: str, content: bytes, key: str | None) -> Answer | None:
        self.sent.append((key, json.loads(content)["intents"]))
        return self.script.pop(0) if self.script else None


def answered(*keys: str, result: str = "redeemed") -> Answer:
    """The lines of a batch."""
    lines = [{"key": key, "order_no": "O", "result": result, "replayed": False} for key in keys]
    return Answer(200, {"lines": lines}, {}, replayed=False)


def test_the_client_reads_what_the_platform_reads():
    shown = code()
    ours, theirs = ak1.read(shown), rules.read(shown)
    assert ours is not None and theirs is not None
    assert (ours.key_id, f"{ours.handle:09d}") == (theirs.credential.epoch, theirs.credential.handle)
    assert (ours.voucher_id, ours.face_fen) == (theirs.credential.voucher_id, theirs.credential.face_fen)
    assert ours.is_genuine(ISSUER.public_key().public_bytes_raw())
    for text in ("", "AK1:", "88112345678901234567", shown[4:], shown[:-1], shown + "0", "AK1:é"):
        assert ak1.read(text) is None


def test_a_code_is_taken_and_its_intent_is_what_the_platform_reads(offline: Offline):
    shown = code()
    answer = offline.take(shown, Purchase("O-1", 12_500, 500, NOW))
    assert (answer.status, answer.body["discount_fen"], answer.body["customer_pays_fen"]) == (
        201,
        2_000,
        10_000,
    )
    till = Scripted(answered(answer.body["key"]))
    assert [line.status for line in offline.upload(till)] == [200]
    (_, (intent,)) = till.sent[0]
    assert intent == {
        "key": answer.body["key"],
        "allowance_id": "ofa_1",
        "code": shown,
        "voucher_id": f"vch_{1:026d}",
        "order_no": "O-1",
        "gross_fen": 12_500,
        "merchant_discount_fen": 500,
        "taken_at": "2026-10-01T02:00:00.000+00:00",
    }


def test_what_is_not_signed_is_not_taken(offline: Offline):
    shown = code()
    forged = [
        shown[:n] + ("0" if shown[n] != "0" else "1") + shown[n + 1 :] for n in range(4, len(shown), 25)
    ]
    words = [take(offline, each) for each in [*forged, code(issuer=PHONE), "AK1:"]]
    assert words == ["offline_tampered"] * len(words)


def test_a_picture_of_a_code_is_not_taken(offline: Offline):
    assert take(offline, code(at=NOW - 121)) == "code_expired"
    assert take(offline, code(at=NOW - 120)) == "intent"
    assert take(offline, code(2, 2, valid_to=1000 * NOW)) == "code_expired"


def test_nothing_is_taken_outside_the_hours_of_the_allowance(offline: Offline):
    assert take(offline, code(at=NOW + 60), at=NOW + 60) == "offline_outside_hours"
    assert take(offline, code(at=NOW + 60), at=NOW + 59) == "intent"


def test_a_code_a_voucher_and_an_order_are_taken_once(offline: Offline):
    assert take(offline, code(1, 1)) == "intent"
    assert take(offline, code(1, 1), "O-2") == "code_consumed"
    assert take(offline, code(2, 1), "O-2") == "voucher_used"
    assert take(offline, code(2, 2), "O-1") == "order_exists"


def test_a_threshold_says_what_is_short(offline: Offline):
    answer = offline.take(code(), Purchase("O-1", 9_900, 0, NOW))
    assert (answer.body["code"], answer.body["shortfall_fen"]) == ("threshold_not_met", 100)


@pytest.mark.parametrize(("limits", "count"), [({}, 2), ({"most_fen": 99_999}, 3)], ids=["sum", "number"])
def test_the_allowance_bounds_number_and_sum_by_what_is_signed(offline: Offline, limits: Any, count: int):
    offline.keep(ALLOWANCE, allowance(**limits))
    words = [take(offline, code(n, n), f"O-{n}") for n in range(1, 5)]
    assert words == ["intent"] * count + ["over_allowance"] * (4 - count)


def test_an_allowance_that_the_issuer_did_not_sign_is_none(offline: Offline):
    offline.keep(ALLOWANCE, allowance(PHONE))
    assert take(offline, code()) == "allowance_invalid"


def test_a_refused_paper_is_not_kept(offline: Offline):
    offline.keep(ALLOWANCE, Answer(403, {"code": "forbidden"}, {}, replayed=False))
    assert take(offline, code()) == "intent"


def test_without_the_package_that_verifies_no_code_is_taken(
    offline: Offline, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    answer = offline.take(code(), Purchase("O-1", 12_000, 0, NOW))
    assert answer.status == 409 and "cryptography" in answer.body["message"]


def test_at_most_fifty_go_together(offline: Offline):
    offline.keep(ALLOWANCE, allowance(most_count=60, most_fen=999_999))
    for n in range(1, 53):
        assert take(offline, code(n, n), f"O-{n}") == "intent"
    keys = [key for (key,) in offline._base.execute("SELECT key FROM intent ORDER BY rowid")]
    till = Scripted(answered(*keys[:50]), answered(*keys[50:], result="refused"))
    assert [line.status for line in offline.upload(till)] == [200] * 50 + [409] * 2
    assert [len(intents) for _, intents in till.sent] == [50, 2]
    assert list(offline.upload(till)) == [] and len(till.sent) == 2


def test_a_batch_without_an_answer_goes_on_with_its_key_and_its_content(offline: Offline, journal: Journal):
    take(offline, code(1, 1))
    silent = Scripted()
    with pytest.raises(NoFinalAnswer):
        list(offline.upload(silent))
    take(offline, code(2, 2), "O-2")
    (key,), (other,) = journal.base.execute("SELECT key FROM intent ORDER BY rowid").fetchall()
    till = Scripted(answered(key), answered(other))
    assert len(list(Offline(journal).upload(till))) == 2
    assert till.sent[0] == silent.sent[0]
    assert till.sent[1][0] != till.sent[0][0]


def test_a_batch_that_is_refused_as_a_whole_stays(offline: Offline):
    take(offline, code())
    no = Answer(401, {"code": "signature_stale", "retryable": False}, {}, replayed=False)
    assert [answer.body["code"] for answer in offline.upload(Scripted(no))] == ["signature_stale"]
    assert len(Scripted().sent) == 0 and offline._batch() is not None


def test_the_command_line_takes_without_a_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "secret").write_text("secret")
    who = ["--url", "http://127.0.0.1:1", "--key", "test_01", "--secret-file", str(tmp_path / "secret")]
    with pytest.raises(SystemExit):
        main([*who, "take", code(), "12000", "O-1"])
    assert "take needs --journal" in capsys.readouterr().err
    file = ["--journal", str(tmp_path / "open.db")]
    assert main([*who, *file, "take", code(), "12000", "O-1"]) == 1
    assert "allowance_invalid" in capsys.readouterr().out
    assert main([*who, *file, "upload"]) == 0
