"""No plaintext: ID numbers and phones are in no column, no log, no answer to a merchant (I17, case 6)."""

from __future__ import annotations

import pytest

from tests.conftest import Staffed
from tests.kit.people import Citizen


@pytest.mark.case(6)
def test_case_06_a_merchant_sees_a_surname_and_nothing_else(here: Staffed):
    """Quote, receipt, order query and reversal hold neither name nor number nor phone."""
    batch, shop, citizen = here.batch(), here.shop(), here.citizen("司马懿光")
    voucher = citizen.holds(batch.batch_id)
    scanned = shop.scan(citizen.show(), gross_fen=12_000)
    answers = [
        scanned,
        shop.redeem(scanned.body["scan_token"], [voucher], "P-1"),
        shop.find("P-1"),
        shop.reverse("P-1"),
    ]
    assert scanned.body["holder"] == "司马*"
    for answer in answers:
        assert not _known(citizen, str(answer.body)), answer.body


def test_neither_database_nor_logs_hold_a_number_or_a_phone(here: Staffed):
    """Every text column and every log line, after a whole life of an Ankang code with its wrong turns."""
    citizen = Citizen(here.town, "诸葛明").sign_in()
    citizen.door.post(
        "/api/v1/ankang-code", {"name": citizen.name, "id_number": citizen.id_number + "9"}, expect=400
    )
    citizen.apply()
    second = Citizen(here.town, "诸葛明", number=citizen.id_number).sign_in()
    second.apply(expect=409)
    here.shop().scan(citizen.show(), purpose="identity")
    text = "".join(here.town.log(name) for name in ("web", "worker", "scheduler", "up"))
    assert '"route":"/api/v1/ankang-code"' in text
    assert not _known(citizen, text)
    assert not _known(citizen, _every_text_column(here))


def _known(citizen: Citizen, text: str) -> list[str]:
    """What of this person the text gives away."""
    return [fact for fact in (citizen.name, citizen.id_number, citizen.phone) if fact in text]


def _every_text_column(here: Staffed) -> str:
    import sqlalchemy

    tables = sqlalchemy.inspect(here.town.engine).get_table_names()
    return "".join(str(here.town.rows(f'SELECT * FROM "{table}"')) for table in tables)
