"""A group at the till's doors in front of Flask: who is let in, what it costs, and what happens without Redis."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from secrets import token_hex
from typing import Any

import pytest
import redis

from app import metrics, once, rates, sql
from app.domain.quote import Order
from app.domain.refusals import Refusal, Refused
from app.gate import scripts
from app.vouchers.claim import claim
from merchant_api import hot_tills, signature
from merchant_api.hot_tills import Heard, HotTill, Signed
from tests.kit.servers import RedisServer
from tests.kit.world import World, open_world

OF_TILL = " WHERE id = (SELECT {} FROM terminal WHERE id = :till)"
# How somebody is shut out, the way back, and what is heard then.
SHUT: dict[str, tuple[str, str, Refusal]] = {
    "merchant": (
        "UPDATE merchant SET status = 'suspended'" + OF_TILL.format("merchant_id"),
        "UPDATE merchant SET status = 'active'",
        Refusal.MERCHANT_SUSPENDED,
    ),
    "store": (
        "UPDATE store SET status = 'suspended'" + OF_TILL.format("store_id"),
        "UPDATE store SET status = 'active'",
        Refusal.STORE_SUSPENDED,
    ),
    "terminal": (
        "UPDATE terminal SET status = 'suspended'" + OF_TILL.format("id"),
        "UPDATE terminal SET status = 'active'",
        Refusal.TERMINAL_SUSPENDED,
    ),
    "revoked key": (
        "UPDATE terminal_key SET status = 'revoked' WHERE terminal_id = :till",
        "UPDATE terminal_key SET status = 'active'",
        Refusal.SIGNATURE_INVALID,
    ),
    "old key": (
        "UPDATE terminal_key SET expires_at = 1 WHERE terminal_id = :till",
        "UPDATE terminal_key SET expires_at = NULL",
        Refusal.SIGNATURE_INVALID,
    ),
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The demo town."""
    home, server = tmp_path_factory.mktemp("group"), RedisServer().start()
    with open_world(f"sqlite:///{home}/group.db", server.url, home) as world:
        yield world
    server.remove()


def doors(world: World) -> dict[str, HotTill]:
    """Fresh ones, by their operation."""
    return {act.operation: HotTill(world.app, act) for act in hot_tills.ACTS}


def signed(world: World, body: dict[str, Any]) -> Signed:
    """By the first shop's till."""
    key = world.one(
        "SELECT MIN(id) FROM terminal_key WHERE terminal_id = :till", till=world.till().terminal_id
    )
    return Signed(key, token_hex(8), "same", body)


def orders(world: World, count: int, citizen_no: int = 0) -> list[Signed]:
    """Orders of as many citizens, each with a voucher and a code."""
    return [_order(world, citizen_no + number) for number in range(count)]


def _order(world: World, citizen_no: int) -> Signed:
    (person,) = world.newcomers([100 + citizen_no])
    write = once.Write(person, "claim", token_hex(8), "same")
    voucher = str(claim(person, world.batch(), write).object_id)
    body = {"code": world.code_of(voucher), "voucher_ids": [voucher], "order_no": token_hex(8)}
    return signed(world, {**body, "confirm_duplicate": False, "order": Order(12_000)})


def told(heard: list[Heard]) -> Counter[Any]:
    """Statuses of effects, and refusals."""
    return Counter(
        each.outcome.refusal
        if isinstance(each.outcome, Refused | once.Answer) and each.outcome.refusal
        else each.outcome.status  # type: ignore[union-attr]
        for each in heard
    )


def nobody_shut_out_gets_in(world: World) -> None:
    """Each way to shut a till out, at both doors."""
    for shut, open_again, refusal in SHUT.values():
        world.do(shut, till=world.till().terminal_id)
        try:
            for door in doors(world).values():
                group = [signed(world, {"code": "no code", "purpose": "voucher"})]
                assert told(door._serve(group)) == {refusal: 1}
        finally:
            world.do(open_again)


def nobody_sends_too_much(world: World) -> None:
    """One more than the quota, in one group."""
    door = doors(world)["scan"]
    door._quota._used.clear()
    door._quota._most = 2
    group = [signed(world, {"code": "no code", "purpose": "voucher"}) for _ in range(3)]
    try:
        assert told(door._serve(group)) == {Refusal.CODE_INVALID: 2, Refusal.TOO_MANY: 1}
    finally:
        door._quota._most = 3_000


@pytest.mark.parametrize("check", [nobody_shut_out_gets_in, nobody_sends_too_much])
def test_who_is_shut_out_stays_out(world: World, check: Callable[[World], None]):
    """Asked of SQL for every group, so at once."""
    check(world)


MUTANTS: dict[str, tuple[Any, str, Any, Callable[[World], None]]] = {
    "the door that forgets the suspension": (
        hot_tills,
        "refuse_suspended",
        lambda _row: None,
        nobody_shut_out_gets_in,
    ),
    "the door that takes every key": (signature, "_may_sign", lambda _row: True, nobody_shut_out_gets_in),
    "the door without a quota": (
        rates.Left,
        "require",
        lambda _left: None,
        nobody_sends_too_much,
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_door_without_its_check_is_found_out(world: World, monkeypatch: pytest.MonkeyPatch, name: str):
    """The tests above fail for each of them."""
    where, what, blind, check = MUTANTS[name]
    monkeypatch.setattr(where, what, blind)
    with pytest.raises(AssertionError):
        check(world)


def test_four_cost_as_many_statements_and_round_trips_as_one(world: World, monkeypatch: pytest.MonkeyPatch):
    """No statement a request, at neither door; one round trip for all locks, one to let them go."""
    ran: Counter[str] = Counter()
    run, run_for_each = sql.SetWise.run, scripts.run_for_each

    def counted(statement: sql.SetWise, *args: Any) -> Any:
        ran["statements"] += 1
        return run(statement, *args)

    def counted_trip(*args: Any) -> Any:
        ran["round trips"] += 1
        return run_for_each(*args)

    few, many = orders(world, 1), orders(world, 4, 1)
    monkeypatch.setattr(sql.SetWise, "run", counted)
    monkeypatch.setattr(scripts, "run_for_each", counted_trip)
    costs = []
    for group in (few, many):
        ran.clear()
        assert told(doors(world)["redeem"]._serve(group)) == {201: len(group)}
        costs.append(dict(ran))
    assert costs[0] == costs[1]
    assert costs[0]["round trips"] == 2


def test_without_redis_a_group_goes_on_and_is_counted(world: World, monkeypatch: pytest.MonkeyPatch):
    """Design 3.2, hop 4: each of them, once."""

    def away(*_: Any) -> Any:
        raise redis.ConnectionError

    group = orders(world, 2, 5)
    monkeypatch.setattr(scripts, "run_for_each", away)
    before = metrics.LOCK_BYPASSED._value.get()
    assert told(doors(world)["redeem"]._serve(group)) == {201: 2}
    assert metrics.LOCK_BYPASSED._value.get() == before + 2
    assert world.broken() == []


def test_in_one_group_a_twin_is_answered_and_a_rival_is_busy(world: World):
    """The same request twice is redeemed once; another order with the same voucher waits for its next try."""
    first = _order(world, 7)
    rival = first._replace(key=token_hex(8), body={**first.body, "order_no": token_hex(8)})
    door = doors(world)["redeem"]
    mine, twin, busy = door._serve([first, first, rival])
    assert isinstance(mine.outcome, once.Answer) and isinstance(twin.outcome, once.Answer)
    assert (mine.outcome.status, mine.outcome.replayed, twin.outcome.replayed) == (201, False, True)
    assert isinstance(busy.outcome, Refused) and busy.outcome.refusal is Refusal.VOUCHER_BUSY
    (late,) = door._serve([rival])
    assert isinstance(late.outcome, once.Answer) and late.outcome.refusal is Refusal.CODE_CONSUMED
    assert world.broken() == []
