"""Two doors, one answer: the display of a code in front of Flask and the view behind it (a differential test)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from secrets import token_hex
from typing import Any

import pytest
import resvg_py
from PIL import Image

from app import auth
from app.citizen import displays, hot_displays, schemas, symbols
from app.domain.ankang_code import display
from app.domain.refusals import Refusal, Refused
from app.hot.crowd import Asked
from tests.conftest import DATABASES, Staffed
from tests.kit import codes
from tests.kit.http import Reply
from tests.kit.people import Citizen
from tests.kit.servers import RedisServer, wait_for
from tests.kit.world import World, open_world

PATH = "/api/v1/ankang-code/displays"
TO_THE_VIEW = {"Content-Type": "application/json; charset=utf-8"}
OWN_HEADERS = ("x-request-id", "content-length")
PICTURES = ("qr_svg", "barcode_svg")


def at_the_door(citizen: Citizen, headers: dict[str, str]) -> tuple[Reply, bool]:
    """The answer, and whether the view gave it: its line in the log tells of its SQL."""
    trace = token_hex(8)
    reply = citizen.door.send("POST", PATH, {}, {"X-Request-Id": trace, **headers})
    assert reply.headers["x-request-id"] == trace

    def lines() -> list[dict[str, Any]]:
        return [line for line in citizen.town.requests_logged() if line["trace_id"] == trace]

    wait_for("the line", lambda: bool(lines()))
    (line,) = lines()
    assert line["route"] == PATH and line["status"] == reply.status
    assert line["caller"] == (citizen.citizen_id if reply.status == 201 else "-")
    return reply, "sql_writes" in line


def both(citizen: Citizen) -> tuple[Reply, Reply]:
    """The hot door's answer and the view's: the same status, headers and names."""
    hot, was_view = at_the_door(citizen, {})
    view, is_view = at_the_door(citizen, TO_THE_VIEW)
    assert is_view and (not was_view or hot.status >= 400)
    assert hot.status == view.status, (hot.body, view.body)
    told = [{**reply.headers, **dict.fromkeys(OWN_HEADERS)} for reply in (hot, view)]
    assert told[0] == told[1]
    assert list(hot.body) == list(view.body)
    return hot, view


def test_both_doors_show_codes_that_scan(here: Staffed):
    """Every display another code, pictured twice; each is a row, and counted."""
    citizen, shop = here.citizen(), here.shop()
    rows = "SELECT COUNT(*) FROM code_handle WHERE citizen_id = :c"
    hot, view = both(citizen)
    assert hot.status == 201 and hot.body["code"] != view.body["code"]
    assert here.town.one(rows, c=citizen.citizen_id) == 2
    for reply in (hot, view):
        for name in PICTURES:
            image = Image.open(io.BytesIO(resvg_py.svg_to_bytes(svg_string=reply.body[name], width=600)))
            (found,) = codes.seen(image.convert("L"))
            assert found.text == reply.body["code"]
        assert shop.scan(reply.body["code"]).status == 201


def test_a_suspended_citizen_shows_nothing_at_either_door(here: Staffed):
    """At once, with the session of before; readmitted, the next display is good. Nobody's session: nobody."""
    citizen, path = here.citizen(), "/citizens/{}".format
    here.zhao.post(f"{path(citizen.citizen_id)}/suspensions", {"reason": "举报核查"}, expect=200)
    hot, view = both(citizen)
    assert hot.code == view.code == "citizen_suspended"
    assert {**hot.body, "trace_id": None} == {**view.body, "trace_id": None}
    assert here.town.one("SELECT COUNT(*) FROM code_handle WHERE citizen_id = :c", c=citizen.citizen_id) == 0
    here.zhao.post(f"{path(citizen.citizen_id)}/readmissions", {"reason": "查无此事"}, expect=200)
    assert at_the_door(citizen, {})[0].status == 201


@pytest.mark.parametrize("town", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("body", "headers", "code"),
    [
        (b'{"at": 1}', {}, "request_invalid"),
        (b"{", {}, "json_invalid"),
        (b"{}", {"Authorization": "Bearer ctz_1.9999999999.0123456789"}, "not_signed_in"),
        (b"{}", {"Content-Type": "text/plain"}, "unsupported_media_type"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_plain_display_is_the_views(
    here: Staffed, body: bytes, headers: dict[str, str], code: str
):
    """Every doubt is left to Flask, which says what is wrong."""
    assert here.citizen().door.send("POST", PATH, body, headers).code == code


@pytest.fixture(scope="module", params=DATABASES)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The demo town on this database."""
    home, redis = tmp_path_factory.mktemp("shown"), RedisServer().start()
    if request.param == "sqlite":
        address = f"sqlite:///{home}/shown.db"
    else:
        address = request.getfixturevalue("postgres").database("shown")
    with open_world(address, redis.url, home) as world:
        yield world
    redis.remove()


def group_of(world: World, first: int) -> tuple[list[str], list[Any]]:
    """A suspended citizen, a good one, nobody, the good one again: who they are, and what they hear as one group."""
    good, suspended = world.newcomers(range(first, first + 2))
    world.do("UPDATE citizen SET status = 'suspended' WHERE id = :c", c=suspended)
    people = [suspended, good, "ctz_nobody", good]
    return people, list(displays._serve(people))


def test_a_group_has_each_ones_own_outcome(world: World):
    """In the order in which they came; rows, counter and codes agree."""
    counted = "SELECT COALESCE(SUM(count), 0) FROM code_count WHERE event = 'displayed'"
    before = world.one(counted)
    (suspended, good, nobody, _), heard = group_of(world, 700)
    assert isinstance(heard[0], Refused) and heard[0].refusal is Refusal.CITIZEN_SUSPENDED
    assert isinstance(heard[2], Refused) and heard[2].refusal is Refusal.NOT_SIGNED_IN
    codes = {heard[place][0].digits[3:12] for place in (1, 3)}
    rows = "SELECT COUNT(*) FROM code_handle WHERE citizen_id = :c"
    assert len(codes) == 2 and [world.one(rows, c=each) for each in (suspended, good, nobody)] == [0, 2, 0]
    assert world.one(counted) == before + 2
    assert not [each for each in displays._serve([suspended, nobody]) if not isinstance(each, Refused)]
    assert not world.broken()


def test_without_the_look_a_suspended_citizen_would_show_a_code(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    """So the test above hears it, should the look be forgotten."""
    monkeypatch.setattr(auth, "refused_citizens", lambda *_: {})
    (suspended,) = world.newcomers(range(710, 711))
    world.do("UPDATE citizen SET status = 'suspended' WHERE id = :c", c=suspended)
    (heard,) = displays._serve([suspended])
    assert not isinstance(heard, Exception)


def test_the_bytes_are_those_of_the_view(world: World):
    """The same display at the same instant: not one byte differs from what schema and application write."""
    shown = display(b"k" * 32, 1, "123456789", at := 1_795_600_000_123)
    view = {
        "code": shown.digits,
        "qr_svg": symbols.qr_svg(shown.digits),
        "barcode_svg": symbols.barcode_svg(shown.digits),
        "displayed_at": at,
        "refresh_at": shown.refresh_at_ms,
        "expires_at": shown.expires_at_ms,
    }
    written = world.app.json.dumps(schemas.DisplayOut().dump(view), separators=(",", ":"))
    assert hot_displays._text(shown, at) == written


def test_a_mistake_of_ours_while_drawing_is_answered(world: World, monkeypatch: pytest.MonkeyPatch):
    """Nobody waits for ever, and the next group goes on."""
    monkeypatch.setattr(hot_displays, "_text", lambda *_: 1 / 0)
    told = hot_displays._told(Asked("trace-1", 0.0, lambda _: None), "ctz_1", (None, 0))  # type: ignore[arg-type]
    assert (told.status, told.code, told.caller) == (503, "unavailable", "ctz_1")
