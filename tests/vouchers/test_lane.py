"""A lane: who shares a group with whom, and in which order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable

from flask import Flask

from app.domain.refusals import Refusal, Refused
from app.vouchers.commit import Lane
from tests.kit.servers import wait_for

Item = tuple[str, frozenset[str]]


class Served:
    """Serves a lane and remembers the groups; the first group is held until told."""

    def __init__(self) -> None:
        self.groups: list[list[str]] = []
        self.go_on = threading.Event()

    def __call__(self, group: list[Item]) -> list[str]:
        self.groups.append([name for name, _ in group])
        self.go_on.wait(20)
        return [name for name, _ in group]


def names(item: Item) -> Hashable:
    """What keeps this item apart."""
    return item[1]


def test_items_that_share_a_name_wait_in_order_for_the_next_group():
    """Two tills, one voucher: never in one group. Nobody overtakes who waits for a name, not even by another name."""
    serve, heard = Served(), list[object]()
    lane = Lane[Item, str](Flask("lane"), serve, names)
    lane.submit([(("first", frozenset()), heard.append)])
    wait_for("the first group", lambda: serve.groups == [["first"]])
    for name, apart in (
        ("a", "key order"),
        ("b", "order voucher"),
        ("c", "voucher"),
        ("d", "other"),
        ("e", "key"),
    ):
        lane.submit([((name, frozenset(apart.split())), heard.append)])
    serve.go_on.set()
    wait_for("everybody", lambda: len(heard) == 6)
    assert serve.groups == [["first"], ["a", "d"], ["b", "e"], ["c"]]
    assert heard == ["first", "a", "d", "b", "e", "c"]


def test_a_mistake_is_heard_and_the_lane_lives_on():
    """A listener that fails, an act that raises, one that forgets an item: the next request is served."""
    answers: list[Callable[[list[Item]], list[str]]] = [
        lambda group: ["fine"] * len(group),
        lambda _: [],
        lambda group: [str(1 // 0) for _ in group],
        lambda group: ["fine"] * len(group),
    ]

    def serve(group: list[Item]) -> list[str]:
        return answers.pop(0)(group)

    lane = Lane[Item, str](Flask("lane"), serve, names)
    deaf, heard = threading.Event(), list[object]()

    def fails(_: object) -> None:
        deaf.set()
        raise RuntimeError("nobody listens")

    lane.submit([(("first", frozenset()), fails)])
    assert deaf.wait(20)
    for number in range(3):
        lane.submit([((str(number), frozenset()), heard.append)])
        wait_for("the outcome", lambda: len(heard) == number + 1)  # noqa: B023  # heard before the next round
    assert [type(each) for each in heard] == [ValueError, ZeroDivisionError, str]


def test_who_is_one_too_many_hears_it_at_once():
    """A full queue sends away, it does not grow."""
    serve, heard = Served(), list[object]()
    lane = Lane[Item, str](Flask("lane"), serve, names, most_waiting=2)
    lane.submit([(("first", frozenset()), heard.append)])
    wait_for("the first group", lambda: serve.groups == [["first"]])
    lane.submit([((name, frozenset()), heard.append) for name in "abc"])
    (refused,) = heard
    assert isinstance(refused, Refused) and refused.refusal is Refusal.OVERLOADED
    serve.go_on.set()
    wait_for("everybody", lambda: len(heard) == 4)
