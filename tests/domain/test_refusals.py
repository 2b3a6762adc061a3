"""The catalogue of refusals: each has a stable code, two sentences, a meaning for the client, and one HTTP status."""

import ast
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from app.domain.refusals import SENTENCES, Kind, Refusal, Refused
from app.errors import status_of
from tests.kit import house
from tests.kit.house import python_files

# In reach of the till's door, yet about somebody else: who applies, who signs in, whose browser it is, who fills a
# sandbox; a move that no till can ask for.
NOT_AT_THE_TILL = {
    "ALREADY_APPLIED",
    "APPLICATION_NOT_FOUND",
    "BANK_ACCOUNT_NOT_FOUND",
    "BATCH_NOT_FOUND",
    "CITIZEN_NOT_FOUND",
    "CLAIM_ENDED",
    "CREDIT_CODE_TAKEN",
    "CROSS_SITE",
    "DAILY_BUDGET",
    "DAY_LIMIT",
    "DELIVERY_NOT_FOUND",
    "DUPLICATE_PERSON",
    "HOLD_CASE_NOT_FOUND",
    "LOGIN_TAKEN",
    "LOGIN_WRONG",
    "MERCHANT_NOT_FOUND",
    "NOT_APPLIED",
    "NOT_SIGNED_IN",
    "PERSON_LIMIT",
    "SELF_APPROVAL",
    "SESSION_EXPIRED",
    "SOLD_OUT",
    "STAFF_NOT_FOUND",
    "STATEMENT_NOT_FOUND",
    "STORE_NOT_FOUND",
    "TOTP_REQUIRED",
    "TOTP_WRONG",
    "TERMINAL_NOT_FOUND",
    "WEBHOOKS_FULL",
    "WEBHOOK_ADDRESS",
    "WEBHOOK_NOT_FOUND",
    "WRONG_STATE",
}


def in_reach(of: str) -> set[str]:
    """The modules that a room imports, and what those import."""
    found = {name for name in house.modules() if name.split(".")[0] == of and ".client" not in name}
    left = set(found)
    while left:
        left = {target for name in left for target in house.imports_of_ours(house.modules()[name])} - found
        found |= left
    return found


def named_in(paths: Iterable[Path]) -> set[str]:
    """The refusals that these files name, apart from the table of statuses."""
    named: set[str] = set()
    for path in paths:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        tree.body = [node for node in tree.body if not ast.unparse(node).startswith("STATUS:")]
        named |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return named & set(Refusal.__members__)


def test_every_code_is_unique():
    """An Enum would quietly merge two equal members: so names, codes and sentences are counted."""
    members = Refusal.__members__
    assert len(members) == len({refusal.code for refusal in members.values()}) == len(Refusal)
    assert (
        len({refusal.zh for refusal in Refusal}) == len({refusal.en for refusal in Refusal}) == len(Refusal)
    )


def test_no_sentence_is_left_over():
    """Every entry of the catalogue's words belongs to a refusal."""
    assert set(SENTENCES) == {refusal.code for refusal in Refusal}


@pytest.mark.parametrize("refusal", Refusal)
def test_every_refusal_can_be_read_by_machines_and_people(refusal: Refusal):
    """A code that fits its columns, a Chinese and an English sentence."""
    assert re.fullmatch(r"[a-z][a-z_]{2,31}", refusal.code), (
        "orders.refusal and scan.result hold 32 characters"
    )
    assert re.search(r"[一-鿿]{2}", refusal.zh) and not refusal.zh.endswith("。")
    assert re.match(r"[A-Z]", refusal.en) and not refusal.en.endswith(".")


@pytest.mark.parametrize("refusal", Refusal)
def test_every_refusal_has_a_status_that_fits_its_kind(refusal: Refusal):
    """A decided refusal is a 4xx for ever; only what may pass later is a 429 or 503."""
    status = status_of(refusal)
    assert status in {400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 503}
    if refusal.kind is Kind.DECIDED:
        assert status in {404, 409}
    assert (status in {429, 503}) <= (refusal.kind is Kind.AWAY)


@pytest.mark.parametrize("refusal", Refusal)
def test_only_what_was_turned_away_may_be_repeated_with_its_key(refusal: Refusal):
    """Retryable is exactly the kind."""
    assert refusal.retryable is (refusal.kind is Kind.AWAY)


def test_the_design_names_who_is_turned_away():
    """These are never stored; a till that repeats its key may still succeed."""
    away = {refusal.code for refusal in Refusal if refusal.kind is Kind.AWAY}
    assert away >= {
        "not_started",
        "sold_out",
        "campaign_paused",
        "voucher_busy",
        "gate_closed",
        "in_progress",
    }


def test_a_code_finds_its_refusal():
    """Stored answers are read back by their code."""
    assert all(Refusal.of(refusal.code) is refusal for refusal in Refusal)
    with pytest.raises(KeyError):
        Refusal.of("no_such_code")


def test_a_refused_carries_its_facts():
    """And reads as its code in a log."""
    refused = Refused(Refusal.THRESHOLD_NOT_MET, shortfall_fen=1_000)
    assert (str(refused), refused.facts) == ("threshold_not_met", {"shortfall_fen": 1_000})


def test_no_refusal_is_only_in_the_catalogue():
    """Each is given somewhere, or it is a promise about nothing; its line in the table of statuses is not enough."""
    given = named_in(python_files("app", "merchant_api", "campaigns", "workers"))
    assert {refusal.name for refusal in Refusal} - given == set()


def test_every_code_that_a_till_can_get_tells_the_cashier_what_to_do():
    """The till's door and all that it imports name these refusals; who is not at a till is listed above."""
    of_every_door = {"app.errors", "app.intake", "app.overload", "app.rates"}
    paths = [house.modules()[name].path for name in in_reach("merchant_api") | of_every_door]
    silent = {name for name in named_in(paths) if Refusal[name].do_zh is None}
    assert silent == NOT_AT_THE_TILL
    assert [refusal for refusal in Refusal if (refusal.do_zh is None) != (refusal.do_en is None)] == []
