"""Targeted lists for tests: a made-up city, files about it, and the doors they go through."""

from __future__ import annotations

from collections.abc import Sequence
from secrets import token_hex
from typing import Any

from app.ankang.apply import Applicant
from app.cli import seed
from tests.kit.http import Reply
from tests.kit.people import Organizer
from tests.kit.servers import wait_for
from tests.kit.town import Town

SEEDED_AT_ONCE = 20_000


def settle(town: Town, count: int) -> list[Applicant]:
    """So many more citizens, made set-wise as `flask seed citizens` makes them."""
    first = town.one("SELECT COUNT(*) FROM citizen")
    for start in range(0, count, SEEDED_AT_ONCE):
        made = town.flask("seed", "citizens", str(min(SEEDED_AT_ONCE, count - start)))
        assert made.returncode == 0, made.stderr
    return [seed.person(number) for number in range(first, first + count)]


def stranger(number: int) -> Applicant:
    """Somebody with a valid ID number and without an Ankang code."""
    return seed.person(seed.MOST - 1 - number)


def line(person: Applicant, name: str | None = None) -> str:
    """A person's line in a file."""
    return f"{person.id_number},{person.name if name is None else name}"


def csv_of(lines: Sequence[str], header: str = "身份证号,姓名") -> bytes:
    """A file as a spreadsheet saves it: BOM, CRLF."""
    return ("\ufeff" + "\r\n".join([header, *lines]) + "\r\n").encode()


def bad_lines(people: Sequence[Applicant], each_kind: int) -> list[tuple[str, str]]:
    """Wrong lines of five kinds with the reasons they earn; `people` must stand in the list before them, rightly."""
    kinds = [
        ("columns_wrong", lambda n: f"{people[n].id_number},{people[n].name},多余"),
        ("id_number_invalid", lambda n: f"{people[n].id_number[:-1]}{_other(people[n].id_number[-1])},张三"),
        ("duplicate_in_list", lambda n: line(people[n])),
        ("person_unknown", lambda n: line(stranger(n))),
    ]
    return [(make(n), reason) for reason, make in kinds for n in range(each_kind)]


def _other(check_character: str) -> str:
    return "0" if check_character != "0" else "1"


def upload(organizer: Organizer, batch_id: str, content: bytes, key: str | None = None) -> Reply:
    """Send a file."""
    headers = {"Content-Type": "text/csv; charset=utf-8", "Idempotency-Key": key or token_hex(12)}
    organizer.stay_signed_in()
    path = f"/organizer/v1/batches/{batch_id}/target-lists"
    return organizer.door.send("POST", path, content, headers)


def shown(organizer: Organizer, list_id: str) -> dict[str, Any]:
    """A list with its progress."""
    found: dict[str, Any] = organizer.get(f"/target-lists/{list_id}")
    return found


def arrived(organizer: Organizer, list_id: str, state: str, seconds: float = 60) -> dict[str, Any]:
    """The list once it has reached this state."""
    wait_for(f"a list {state}", lambda: shown(organizer, list_id)["state"] == state, seconds)
    return shown(organizer, list_id)


def release(organizer: Organizer, list_id: str, expect: int = 200) -> Any:
    """Let a checked list be issued."""
    return organizer.post(f"/target-lists/{list_id}/approvals", {"reason": "名单已核"}, expect=expect)


def report(organizer: Organizer, list_id: str) -> list[list[str]]:
    """The report's lines without the header, cell by cell."""
    organizer.stay_signed_in()
    reply = organizer.door.get(f"/organizer/v1/target-lists/{list_id}/report", expect=200)
    assert reply.headers["content-type"].startswith("text/csv")
    header, *lines = reply.body.decode("utf-8-sig").splitlines()
    assert header == "row,reason,id_number_masked,explanation"
    return [each.split(",") for each in lines]
