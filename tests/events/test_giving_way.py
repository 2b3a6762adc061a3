"""What crowds leave behind gives way to tills, transaction by transaction, message by message (ADR 39)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from secrets import token_hex

import pytest

from app import once
from app.courtesy import LONGEST_NS, Courtesy
from app.events import relay
from app.events.notices import sending, writing
from app.vouchers.claim import claim
from tests.kit.world import World

Waited = Callable[[], int]  # in periods of 25 ms, since it was asked last


@pytest.fixture
def waited(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Waited:
    """A till waits for its answer all the time; time passes where somebody sleeps."""
    now_ns = [0]

    def sleep(seconds: float) -> None:
        now_ns[0] += int(seconds * 1e9)

    till = Courtesy(f"{tmp_path}/memory", lambda: now_ns[0], sleep)
    monkeypatch.setitem(world.app.extensions, "courtesy", till)
    seen = 0

    def since() -> int:
        nonlocal seen
        before, seen = seen, now_ns[0]
        till.begin()
        return (seen - before) // LONGEST_NS

    since()
    return since


def test_a_claim_its_event_its_notice_and_its_message_give_way(world: World, waited: Waited):
    """A claim before the gate and before its transaction; the others before each of theirs, the last finds nothing."""
    (her,) = world.newcomers([87_001])
    writing.run()  # whatever other tests have left
    sending.send()
    waited()
    claim(her, world.batch(), once.Write(her, "claim", token_hex(8), "-"))
    assert waited() == 2
    assert relay.run() == 1
    assert waited() == 2
    assert writing.run() == 1
    assert waited() == 2
    assert sending.send() == "1 notices sent"
    assert waited() == 1
