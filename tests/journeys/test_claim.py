"""Claiming: the window by the server's clock, one effect per key, a lost reply found again."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from tests.conftest import Staffed
from tests.kit.people import approved_batch, iso
from tests.kit.problems import refused
from tests.kit.servers import wait_for

SHANGHAI = timezone(timedelta(hours=8))


def epoch_ms(text: str) -> int:
    """An instant of the API in epoch ms."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def next_ten_o_clock(now: int) -> int:
    """The next 10:00:00.000 in Shanghai, at least two minutes away."""
    local = datetime.fromtimestamp(now / 1000 + 120, SHANGHAI)
    ten = local.replace(hour=10, minute=0, second=0, microsecond=0)
    return round((ten if ten > local else ten + timedelta(days=1)).timestamp() * 1000)


@pytest.mark.case(13)
def test_case_13_a_claim_repeated_ten_times_with_its_key_is_one_claim(here: Staffed):
    """Same voucher, same body, and the stock fell by one."""
    batch, citizen = here.batch(stock=7), here.citizen()
    first = citizen.claim(batch.batch_id, key="once-and-no-more", expect=201)
    for _ in range(10):
        again = citizen.claim(batch.batch_id, key="once-and-no-more", expect=200)
        assert again.body == first.body and again.headers["idempotent-replayed"] == "true"
    (held,) = citizen.vouchers()
    assert held == {**first.body["voucher"], "rule": held["rule"]}
    (public,) = citizen.door.get(f"/api/v1/campaigns/{batch.campaign_id}").body["batches"]
    assert public["remaining"] == 6


@pytest.mark.case(14)
def test_case_14_claiming_begins_at_ten_sharp_by_the_servers_clock(here: Staffed):
    """Before: `not_started` with server time and ms to wait, whatever the phone says; then the same key wins."""
    ten = next_ten_o_clock(here.town.now())
    batch = approved_batch(here.zhao, here.qian, claim_from=iso(ten), claim_to=iso(ten + 86_400_000), stock=1)
    citizen = here.citizen()
    here.town.advance(ten - here.town.now() - 60_000)
    path = f"/api/v1/batches/{batch.batch_id}/claims"
    fakes = {"Date": "Fri, 01 Jan 2038 00:00:00 GMT", "X-Client-Time": str(ten + 1)}
    early = citizen.door.send("POST", path, {}, {"Idempotency-Key": "early-bird", **fakes})
    problem = refused(early, 409, "not_started")
    assert problem["retryable"] is True
    assert problem["server_time"].endswith("+08:00")
    assert epoch_ms(problem["server_time"]) + problem["wait_ms"] == ten
    refused(citizen.door.post(path, {"now": iso(ten + 1)}), 400, "request_invalid")
    here.town.advance(ten - here.town.now() - 1_000)
    replies = []

    def served() -> bool:
        replies.append(citizen.claim(batch.batch_id, key="early-bird"))
        return replies[-1].status == 201

    wait_for("ten o'clock", served)
    assert all(epoch_ms(reply.body["server_time"]) < ten for reply in replies[:-1])
    assert epoch_ms(replies[-1].body["voucher"]["claimed_at"]) >= ten
    assert here.town.one("SELECT claimed FROM batch WHERE id = :b", b=batch.batch_id) == 1


def test_after_the_window_claiming_has_ended(here: Staffed):
    """Half-open: at `claim_to` it is over."""
    now = here.town.now()
    batch = here.batch(claim_to=iso(now + 120_000))
    citizen = here.citizen()
    here.town.advance(now + 120_000 - here.town.now())
    refused(citizen.claim(batch.batch_id), 409, "claim_ended")
    assert citizen.vouchers() == []


def test_a_second_voucher_beyond_the_limit_is_refused_and_a_higher_limit_gives_more(here: Staffed):
    """`person_limit` counts vouchers of the batch, not requests."""
    single, double, citizen = here.batch(), here.batch(person_limit=2), here.citizen()
    citizen.claim(single.batch_id, expect=201)
    refused(citizen.claim(single.batch_id), 409, "person_limit")
    citizen.claim(double.batch_id, expect=201)
    citizen.claim(double.batch_id, expect=201)
    refused(citizen.claim(double.batch_id), 409, "person_limit")
    assert len(citizen.vouchers()) == 3


def test_a_lost_reply_is_found_by_its_key_and_only_by_its_claimant(here: Staffed):
    """`GET claims/{key}` gives what the claim gave; a stranger, an unused key and a refused claim are not found."""
    batch, citizen, stranger = here.batch(), here.citizen(), here.citizen()
    made = citizen.claim(batch.batch_id, key="the-reply-was-lost", expect=201)
    assert citizen.door.get("/api/v1/claims/the-reply-was-lost", expect=200).body == made.body
    refused(stranger.door.get("/api/v1/claims/the-reply-was-lost"), 404, "claim_not_found")
    refused(citizen.door.get("/api/v1/claims/never-used-before"), 404, "claim_not_found")
    refused(citizen.claim(batch.batch_id, key="over-the-limit"), 409, "person_limit")
    refused(citizen.door.get("/api/v1/claims/over-the-limit"), 404, "claim_not_found")


@pytest.mark.case(28)
def test_case_28_a_claim_key_for_another_batch_is_a_mismatch_and_another_citizens_key_is_another_key(
    here: Staffed,
):
    """422 and no second voucher; a neighbour using the same key claims for themselves."""
    first, second, citizen, neighbour = here.batch(), here.batch(), here.citizen(), here.citizen()
    made = citizen.claim(first.batch_id, key="shared-key-01", expect=201)
    refused(citizen.claim(second.batch_id, key="shared-key-01"), 422, "idempotency_mismatch")
    assert [voucher["batch_id"] for voucher in citizen.vouchers()] == [first.batch_id]
    theirs = neighbour.claim(first.batch_id, key="shared-key-01", expect=201)
    assert theirs.body["voucher"]["voucher_id"] != made.body["voucher"]["voucher_id"]


@pytest.mark.case(27)
def test_case_27_the_winner_of_the_last_voucher_gets_it_again_after_sell_out_and_close(here: Staffed):
    """Who lost the reply repeats the key and is never told "sold out", "ended" or "over the limit"."""
    batch, winner, loser = here.batch(stock=1), here.citizen(), here.citizen()
    won = winner.claim(batch.batch_id, key="last-one-here", expect=201)
    refused(loser.claim(batch.batch_id, key="too-late-now"), 409, "sold_out")
    assert winner.claim(batch.batch_id, key="last-one-here", expect=200).body == won.body
    here.zhao.post(f"/campaigns/{batch.campaign_id}/close", {}, expect=200)
    assert winner.claim(batch.batch_id, key="last-one-here", expect=200).body == won.body


def test_somebody_elses_voucher_is_not_found(here: Staffed):
    """The wallet shows one's own; a stranger's id reads like one that does not exist."""
    batch, citizen, stranger = here.batch(), here.citizen(), here.citizen()
    voucher = citizen.holds(batch.batch_id)
    assert citizen.door.get(f"/api/v1/vouchers/{voucher}", expect=200).body == citizen.vouchers()[0]
    refused(stranger.door.get(f"/api/v1/vouchers/{voucher}"), 404, "voucher_not_found")
    refused(stranger.door.get("/api/v1/vouchers/vch_nothing"), 404, "voucher_not_found")
