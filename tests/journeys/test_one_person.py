"""One natural person has one Ankang code, whatever phone asks for it."""

from __future__ import annotations

import pytest

from tests.conftest import Staffed
from tests.kit.people import Citizen, id_number
from tests.kit.problems import refused


@pytest.mark.case(15)
def test_case_15_the_same_id_number_through_a_second_phone_is_a_duplicate_person(here: Staffed):
    """Also when it is typed with blanks or a small x; the second phone has no code and the first keeps its own."""
    number = next(number for number in map(id_number, range(9_000_000, 9_001_000)) if number.endswith("X"))
    first = Citizen(here.town, "李梅", number).sign_in()
    first.apply()
    second = Citizen(here.town, "李梅").sign_in()
    for typed in (number, number.lower(), f" {number[:6]} {number[6:]} "):
        second.id_number = typed
        refused(second.apply(expect=409), 409, "duplicate_person")
    refused(second.door.get("/api/v1/ankang-code"), 403, "not_applied")
    assert first.door.get("/api/v1/ankang-code", expect=200).body["citizen_id"]
    assert (
        here.town.one(
            "SELECT COUNT(*) FROM citizen WHERE id = :id",
            id=first.door.get("/api/v1/ankang-code").body["citizen_id"],
        )
        == 1
    )


def test_a_phone_that_has_a_code_gets_no_second_one(here: Staffed):
    """A different person through the same phone is refused; the repeated first application is replayed."""
    citizen = Citizen(here.town, "张三丰").sign_in()
    body = {"name": citizen.name, "id_number": citizen.id_number}
    made = citizen.door.post("/api/v1/ankang-code", body, key="apply-once-0001", expect=201)
    again = citizen.door.post("/api/v1/ankang-code", body, key="apply-once-0001", expect=200)
    assert again.body == made.body and again.headers["idempotent-replayed"] == "true"
    other = {"name": "李四", "id_number": id_number(9_100_000)}
    refused(citizen.door.post("/api/v1/ankang-code", other), 409, "already_applied")


def test_a_wrong_id_number_is_refused_with_its_field(here: Staffed):
    """GB 11643: a wrong check character, a day that does not exist, too short."""
    citizen = Citizen(here.town).sign_in()
    good = citizen.id_number
    wrong = [
        good[:-1] + ("1" if good[-1] != "1" else "2"),
        good[:10] + "1332" + good[14:],
        good[:-1],
        "",
        "1" * 18,
    ]
    for number in wrong:
        body = refused(
            citizen.door.post("/api/v1/ankang-code", {"name": "张三丰", "id_number": number}),
            400,
            "request_invalid",
        )
        assert [fault["field"].split(".")[-1] for fault in body["errors"]] == ["id_number"]
        assert number == "" or number not in str(body)
