"""Targeted issue over HTTP: a file, its report, a second person, vouchers."""

from __future__ import annotations

from functools import partial
from secrets import token_hex

import pytest

from tests.conftest import Staffed
from tests.kit import lists
from tests.kit.people import Batch, Citizen, approved_batch
from tests.kit.together import all_at_once


def targeted(here: Staffed, **terms: object) -> Batch:
    """An approved batch that is issued by list."""
    return approved_batch(here.zhao, here.qian, **terms)  # type: ignore[arg-type]


def checked(here: Staffed, batch: Batch, content: bytes) -> dict[str, object]:
    """The uploaded list once every row has its verdict."""
    reply = lists.upload(here.zhao, batch.batch_id, content)
    assert reply.status == 202, reply.body
    return lists.arrived(here.zhao, reply.body["list_id"], "checked")


def vouchers_of(here: Staffed, batch: Batch) -> int:
    """How many vouchers of this batch there are."""
    return int(here.town.one("SELECT COUNT(*) FROM voucher WHERE batch_id = :id", id=batch.batch_id))


def line_of(citizen: Citizen, name: str | None = None) -> str:
    """A citizen's line in a file."""
    return f"{citizen.id_number},{citizen.name if name is None else name}"


def test_each_bad_row_is_named_with_its_reason_and_every_good_row_gets_one_voucher(here: Staffed):
    """Seven kinds of bad rows; the small x, spaces and a missing name are no fault."""
    batch, people = targeted(here), here.citizens(4)
    suspended = here.citizen("停某")
    here.town.execute("UPDATE citizen SET status = 'suspended' WHERE id = :id", id=suspended.citizen_id)
    number = people[0].id_number
    rows = [
        (line_of(people[0]), None),
        (f" {people[1].id_number.lower()} ,", None),
        (f"{number[:-1]}{'0' if number[-1] != '0' else '1'},张三丰", "id_number_invalid"),
        (line_of(people[0]), "duplicate_in_list"),
        (lists.line(lists.stranger(0)), "person_unknown"),
        (line_of(people[2], "李四"), "name_mismatch"),
        (line_of(suspended), "citizen_suspended"),
        (people[3].id_number, "columns_wrong"),
        ("=1+1,张三丰", "id_number_invalid"),
        (line_of(people[3]), None),
    ]
    found = checked(here, batch, lists.csv_of([row for row, _ in rows]))
    assert (found["rows"], found["checked"], found["good"], found["issued"]) == (10, 10, 3, 0)
    bad = [(str(number), reason) for number, (_, reason) in enumerate(rows, 2) if reason]
    named = lists.report(here.qian, str(found["list_id"]))
    assert [(row[0], row[1]) for row in named] == bad
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in named for cell in row)
    assert vouchers_of(here, batch) == 0
    lists.release(here.qian, str(found["list_id"]))
    done = lists.arrived(here.zhao, str(found["list_id"]), "issued")
    assert (done["good"], done["issued"], sum(done["refused"].values())) == (0, 3, 7)
    assert [len(citizen.vouchers()) for citizen in people] == [1, 1, 0, 1]
    assert vouchers_of(here, batch) == 3


def test_a_list_without_one_good_number_is_checked_and_issues_nothing(here: Staffed):
    """Nobody to look up is no fault of the worker's; releasing it is harmless."""
    batch = targeted(here)
    found = checked(here, batch, lists.csv_of(["1", "2,,,"], header="id_number"))
    assert found["refused"] == {"columns_wrong": 1, "id_number_invalid": 1}
    lists.release(here.qian, str(found["list_id"]))
    assert lists.arrived(here.zhao, str(found["list_id"]), "issued")["issued"] == 0


def test_an_issued_voucher_is_redeemed_like_any_other(here: Staffed):
    """And the books are right at the end of the run."""
    batch, citizen = targeted(here), here.citizen()
    found = checked(here, batch, lists.csv_of([citizen.id_number], header="ID_NUMBER"))
    lists.release(here.qian, str(found["list_id"]))
    lists.arrived(here.zhao, str(found["list_id"]), "issued")
    (voucher,) = citizen.vouchers()
    receipt = here.shop().redeem(citizen.show(), [voucher["voucher_id"]])
    assert (receipt.status, receipt.body["used_fen"]) == (201, batch.face_fen)


def test_the_same_file_is_the_same_list_whatever_its_key(here: Staffed):
    """At once and afterwards, also after it was issued; the same key with another file is refused."""
    batch, people = targeted(here), here.citizens(2)
    content, key = lists.csv_of([line_of(citizen) for citizen in people]), token_hex(12)
    again = partial(lists.upload, here.zhao, batch.batch_id, content)
    replies = all_at_once([partial(again, key), partial(again, key), again, again])
    assert [reply.status for reply in replies] == [202] * 4
    (list_id,) = {reply.body["list_id"] for reply in replies}
    lists.arrived(here.zhao, list_id, "checked")
    lists.release(here.qian, list_id)
    lists.arrived(here.zhao, list_id, "issued")
    assert again(key).body["list_id"] == again().body["list_id"] == list_id
    other = lists.upload(here.zhao, batch.batch_id, content + b"\n", key)
    assert (other.status, other.code) == (422, "idempotency_mismatch")
    assert vouchers_of(here, batch) == 2
    assert len(here.zhao.get(f"/batches/{batch.batch_id}/target-lists")["items"]) == 1


def test_nobody_releases_the_own_list_and_nobody_twice(here: Staffed):
    """Two persons, in the audit log with what was refused; an unchecked or released list is not released."""
    batch, citizen = targeted(here), here.citizen()
    found = checked(here, batch, lists.csv_of([line_of(citizen)]))
    list_id = str(found["list_id"])
    assert lists.release(here.zhao, list_id, expect=403)["code"] == "self_approval"
    assert vouchers_of(here, batch) == 0
    lists.release(here.qian, list_id)
    lists.arrived(here.zhao, list_id, "issued")
    assert lists.release(here.qian, list_id, expect=409)["code"] == "wrong_state"
    trail = here.town.rows(
        "SELECT action, result FROM audit_log WHERE object_id = :id ORDER BY id", id=list_id
    )
    assert [tuple(entry.values()) for entry in trail] == [
        ("target_list.upload", "done"),
        ("target_list.release", "self_approval"),
        ("target_list.release", "done"),
        ("target_list.release", "wrong_state"),
    ]


def test_limits_and_stock_hold_and_are_named(here: Staffed):
    """Who has the voucher already is refused by the check; who comes after the last unit, by the issue."""
    batch, people = targeted(here, stock=2), here.citizens(4)
    first = checked(here, batch, lists.csv_of([line_of(people[0])]))
    lists.release(here.qian, str(first["list_id"]))
    lists.arrived(here.zhao, str(first["list_id"]), "issued")
    second = checked(here, batch, lists.csv_of([line_of(citizen) for citizen in people]))
    assert (second["good"], second["refused"]) == (3, {"person_limit": 1})
    lists.release(here.qian, str(second["list_id"]))
    done = lists.arrived(here.zhao, str(second["list_id"]), "issued")
    assert (done["issued"], done["refused"]) == (1, {"person_limit": 1, "sold_out": 2})
    assert vouchers_of(here, batch) == 2


def test_a_paused_campaign_waits_and_a_closed_one_refuses(here: Staffed):
    """Nothing is issued while it pauses; after the close, the rows that were left say why."""
    batch, citizen = targeted(here), here.citizen()
    found = checked(here, batch, lists.csv_of([line_of(citizen)]))
    here.zhao.post(f"/campaigns/{batch.campaign_id}/pause", {"reason": "核查"}, expect=200)
    refused = lists.release(here.qian, str(found["list_id"]), expect=409)
    assert (refused["code"], refused["campaign_state"]) == ("wrong_state", "paused")
    here.zhao.post(f"/campaigns/{batch.campaign_id}/resume", {}, expect=200)
    here.town.execute(
        "UPDATE target_list SET state = 'released', approver_id = :by WHERE id = :id",
        by=here.town.one("SELECT id FROM staff WHERE login = :login", login=here.qian.login),
        id=found["list_id"],
    )
    here.zhao.post(f"/campaigns/{batch.campaign_id}/close", {"reason": "结束"}, expect=200)
    done = lists.arrived(here.zhao, str(found["list_id"]), "issued", seconds=30)
    assert (done["issued"], sum(done["refused"].values())) in {(0, 1), (1, 0)}
    assert vouchers_of(here, batch) == done["issued"]


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        ("身份证号,姓名\n340803195001010019,张三丰\n".encode("gb18030"), 422, "list_encoding"),
        ("340803195001010019,张三丰\n".encode(), 422, "list_header"),
        ("身份证号,电话\n340803195001010019,1\n".encode(), 422, "list_header"),
        ("身份证号,姓名\n\n \n".encode(), 422, "list_empty"),
        (b"", 422, "list_header"),
        (b"id_number\n" * 500_003, 422, "list_too_long"),
        (b"id_number\n" + b"1" * (16 << 20), 413, "body_too_large"),
    ],
    ids=["gbk", "no header", "unknown column", "no rows", "nothing", "too many rows", "too large"],
)
def test_a_file_that_is_no_list_is_refused_with_a_clear_code(
    here: Staffed, content: bytes, status: int, code: str
):
    """At the door, whatever its rows hold."""
    reply = lists.upload(here.zhao, targeted(here).batch_id, content)
    assert (reply.status, reply.code) == (status, code)


def test_only_this_door_takes_csv_and_large_bodies_and_a_closed_campaign_takes_no_list(here: Staffed):
    """JSON elsewhere stays at 64 KB; after the close nobody is issued anything."""
    batch = targeted(here)
    reply = here.zhao.door.post(f"/organizer/v1/batches/{batch.batch_id}/target-lists", {})
    assert (reply.status, reply.code) == (415, "unsupported_media_type")
    reply = here.zhao.door.post("/organizer/v1/campaigns", {"name": "大" * 70_000, "budget_fen": 1})
    assert (reply.status, reply.code) == (413, "body_too_large")
    here.zhao.post(f"/campaigns/{batch.campaign_id}/close", {"reason": "结束"}, expect=200)
    reply = lists.upload(here.zhao, batch.batch_id, lists.csv_of([line_of(here.citizen())]))
    assert (reply.status, reply.code) == (409, "wrong_state")


def test_nobodys_number_or_name_is_kept_or_shown(here: Staffed):
    """Neither in a column nor a log nor the report, whether the row was good or bad (I17)."""
    batch, citizen, number = targeted(here), here.citizen("诸葛明光"), lists.stranger(7).id_number
    found = checked(here, batch, lists.csv_of([line_of(citizen), f"{number},欧阳无码"]))
    (row,) = lists.report(here.zhao, str(found["list_id"]))
    assert row[:3] == ["3", "person_unknown", f"{number[0]}{'*' * 16}{number[-1]}"]
    kept = [
        here.town.rows(f"SELECT * FROM {table}") for table in ("target_list", "target_part", "target_row")
    ]
    logged = "".join(here.town.log(name) for name in ("web", "worker", "scheduler"))
    for secret in (citizen.id_number, citizen.name, number, "欧阳无码"):
        assert secret not in str(kept) and secret not in logged
    assert here.town.one("SELECT COUNT(*) FROM target_part WHERE list_id = :id", id=found["list_id"]) == 0
