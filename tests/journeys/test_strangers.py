"""Whoever knocks at the wrong door, or at somebody else's: refused, and nothing is told about what is behind it."""

from __future__ import annotations

from tests.conftest import Staffed
from tests.kit.http import Door
from tests.kit.people import Citizen, Organizer
from tests.kit.problems import refused


def test_each_door_lets_in_its_own_people_only(here: Staffed):
    """Nobody, a citizen at the organizer's, an organizer at the citizen's, a made-up token."""
    citizen, nobody = here.citizen(), Door(here.town.url)
    citizens, staff = "/api/v1/vouchers", "/organizer/v1/campaigns"
    for path in (citizens, staff):
        for token in (None, "", "made-up", "a.b.c"):
            nobody.token = token
            refused(nobody.get(path), 401, "not_signed_in")
    nobody.token = citizen.door.token
    refused(nobody.get(staff), 401, "not_signed_in")
    nobody.token = here.zhao.door.token
    refused(nobody.get(citizens), 401, "not_signed_in")
    nobody.token = f"{citizen.door.token}x"
    refused(nobody.get(citizens), 401, "not_signed_in")
    refused(nobody.get("/merchant/v1/redemptions?order_no=O-1"), 401, "signature_missing")


def test_sessions_end_by_the_platforms_clock(here: Staffed):
    """Staff after 12 hours, citizens after 30 days: `session_expired`."""
    citizen = here.citizen()
    staff = Door(here.town.url, here.zhao.door.token)
    here.town.advance(12 * 3_600_000 + 60_000)
    refused(staff.get("/organizer/v1/campaigns"), 401, "session_expired")
    assert citizen.door.get("/api/v1/vouchers").status == 200
    here.town.advance(30 * 86_400_000)
    refused(citizen.door.get("/api/v1/vouchers"), 401, "session_expired")


def test_somebody_signed_in_without_a_code_cannot_claim_or_show(here: Staffed):
    """403 `not_applied`, also for a look into a wallet that does not exist."""
    batch, visitor = here.batch(), Citizen(here.town).sign_in()
    refused(visitor.claim(batch.batch_id), 403, "not_applied")
    refused(visitor.door.send("POST", "/api/v1/ankang-code/displays", {}), 403, "not_applied")
    refused(visitor.door.get("/api/v1/vouchers"), 403, "not_applied")


def test_roles_do_what_is_theirs_and_a_refused_attempt_is_in_the_log(here: Staffed):
    """An auditor reads and never writes, finance settles and approves no campaign."""
    auditor, finance = Organizer(here.town, "auditor", "李审计"), Organizer(here.town, "finance", "孙会计")
    campaign_id = here.zhao.draft()
    here.zhao.post(f"/campaigns/{campaign_id}/batches", here.zhao.batch_terms(), expect=201)
    here.zhao.post(f"/campaigns/{campaign_id}/submissions", {}, expect=200)
    for reader in (auditor, finance):
        assert reader.get(f"/campaigns/{campaign_id}")["state"] == "in_review"
        for path, body in (
            (f"/organizer/v1/campaigns/{campaign_id}/approvals", {}),
            ("/organizer/v1/campaigns", {"name": "活动", "budget_fen": 1_000}),
            ("/organizer/v1/merchants", {"name": "商户"}),
        ):
            refused(reader.door.post(path, body), 403, "forbidden")
    refused(auditor.door.post(f"/organizer/v1/campaigns/{campaign_id}/settlements", {}), 403, "forbidden")
    refused(auditor.door.post("/organizer/v1/campaigns/%00/approvals", {}), 404, "not_found")
    log = here.zhao.get("/audit-log?limit=20")["items"]
    tried = [(entry["actor"], entry["result"]) for entry in log if entry["actor"] in ("李审计", "孙会计")]
    assert tried.count(("李审计", "forbidden")) == 4 and tried.count(("孙会计", "forbidden")) == 3
    assert here.zhao.get(f"/campaigns/{campaign_id}")["state"] == "in_review"


def test_a_wrong_password_and_an_unknown_login_are_one_refusal_and_five_lock_the_login(here: Staffed):
    """The right password does not help within the quarter of an hour; afterwards it does."""
    staff = Organizer(here.town, "auditor", "周审计")
    door, path = staff.door, "/organizer/v1/sessions"
    wrong = door.send("POST", path, {"login": staff.login, "password": "wrong"})
    unknown = door.send("POST", path, {"login": "nobody", "password": "wrong"})
    assert refused(wrong, 401, "login_wrong")["message"] == refused(unknown, 401, "login_wrong")["message"]
    for _ in range(4):
        door.send("POST", path, {"login": staff.login, "password": "wrong"}, expect=401)
    right = {"login": staff.login, "password": "a-long-test-password"}
    refused(door.send("POST", path, right), 401, "login_wrong")
    here.town.advance(15 * 60_000 + 1_000)
    assert door.send("POST", path, right).status == 201


def test_a_merchant_cannot_read_or_undo_another_merchants_order(here: Staffed):
    """Its number is unknown there; a reversal there is about an order of its own."""
    batch, citizen, shop, rival = here.batch(), here.citizen(), here.shop(), here.shop()
    voucher = citizen.holds(batch.batch_id)
    assert shop.redeem(citizen.show(), [voucher], "O-private").status == 201
    refused(rival.find("O-private"), 404, "order_not_found")
    assert rival.reverse("O-private").body["returned"] == []
    assert shop.find("O-private").body["state"] == "redeemed"
    assert citizen.vouchers()[0]["status"] == "redeemed"


def test_the_sms_code_is_sent_once_a_minute_and_good_once(here: Staffed):
    """`otp_too_soon` with Retry-After; a wrong, a spent and an old code are one refusal; five tries kill it."""
    visitor = Citizen(here.town)
    door = visitor.door
    sent = {"phone": visitor.phone}
    door.send("POST", "/api/v1/otp", sent, expect=202)
    again = door.send("POST", "/api/v1/otp", sent)
    assert refused(again, 429, "otp_too_soon")["retryable"] is True and int(again.headers["retry-after"]) >= 1
    code = visitor.sms_code()
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    refused(door.send("POST", "/api/v1/sessions", {**sent, "sms_code": wrong}), 401, "sms_code_wrong")
    assert door.send("POST", "/api/v1/sessions", {**sent, "sms_code": code}).status == 201
    refused(door.send("POST", "/api/v1/sessions", {**sent, "sms_code": code}), 401, "sms_code_wrong")
    here.town.advance(61_000)
    door.send("POST", "/api/v1/otp", sent, expect=202)
    code = visitor.sms_code()
    here.town.advance(301_000)
    refused(door.send("POST", "/api/v1/sessions", {**sent, "sms_code": code}), 401, "sms_code_wrong")
    door.send("POST", "/api/v1/otp", sent, expect=202)
    code = visitor.sms_code()
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for _ in range(5):
        refused(door.send("POST", "/api/v1/sessions", {**sent, "sms_code": wrong}), 401, "sms_code_wrong")
    refused(door.send("POST", "/api/v1/sessions", {**sent, "sms_code": code}), 401, "sms_code_wrong")
