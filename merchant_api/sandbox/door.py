"""Who may enter the sandbox: whoever signs with the key of a test terminal."""

from __future__ import annotations

from app.auth import Policy
from app.domain.refusals import Refusal, Refused
from merchant_api.signature import check_terminal, current_till


def _check_test_terminal() -> None:
    check_terminal()
    if not current_till().is_test:
        raise Refused(Refusal.SANDBOX_ONLY)


TEST_TERMINAL = Policy("sandbox", _check_test_terminal)
