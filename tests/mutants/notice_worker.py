"""`python -m tests.mutants.notice_worker`: the shipped worker, that stops between sending and saying so.

The middle is where a dead worker hurts most: messages are out, and nothing says so. Its process is in the post box.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from app.events.notices import channels, sending
from tests.mutants.swaps import post_box, wait_in_the_middle
from workers import run

shipped_hand_over = sending._hand_over


def hand_over(channel: channels.Channel, rows: Sequence[Any]) -> list[sending.Attempt]:
    """The shipped one, and the pause."""
    attempts = shipped_hand_over(channel, rows)
    post_box("horse").write_text(str(os.getpid()))
    wait_in_the_middle()
    return attempts


if __name__ == "__main__":
    sending._hand_over = hand_over
    run.work()
