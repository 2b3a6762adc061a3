"""The second factor of staff, through the doors: enrolled, asked for, shown again, lost."""

from __future__ import annotations

import io
from secrets import token_hex
from typing import Any

import pytest
import resvg_py
from PIL import Image

from tests.conftest import Staffed
from tests.kit import authenticator, codes
from tests.kit.http import Reply
from tests.kit.merchants import acts_on
from tests.kit.people import Organizer, iso
from tests.kit.problems import refused
from tests.kit.town import PASSWORD

MINUTE_MS = 60_000


class Approver(Organizer):
    """Somebody with an authenticator on their phone. Each code waits for a fresh step."""

    secret = ""

    def code(self) -> str:
        """What the phone shows, once the step before is over."""
        self.town.advance(authenticator.STEP_MS)
        return authenticator.code(self.secret, self.town.now())

    def ask(self, path: str, body: Any = None) -> Reply:
        """POST below /organizer/v1 with whatever session there is."""
        return self.door.post(f"/organizer/v1{path}", body)

    def sign_in_with(self, **more: str) -> Reply:
        """Login and password, and perhaps a code."""
        body = {"login": self.login, "password": PASSWORD, **more}
        return self.door.send("POST", "/organizer/v1/sessions", body)

    def enrol(self) -> Reply:
        """Read the QR code, and send the first digits."""
        made = self.ask("/totp").body
        (seen,) = codes.seen(picture(made["svg"]))
        assert seen.text == made["uri"] and self.login in made["uri"]
        self.secret = authenticator.read(seen.text)
        assert self.secret == made["secret"]
        return self.ask("/totp/confirmations", {"code": self.code()})

    def take(self, reply: Reply) -> None:
        """Go on with this session."""
        assert reply.status == 201, reply.body
        self.door.token = reply.body["token"]


def picture(svg: str) -> Image.Image:
    """A drawing as a camera sees it."""
    return Image.open(io.BytesIO(resvg_py.svg_to_bytes(svg_string=svg, width=600))).convert("L")


@pytest.fixture
def sun(here: Staffed) -> Approver:
    """An approver with a phone, not enrolled yet."""
    return Approver(here.town, "approver", "孙审批")


def submitted(here: Staffed) -> str:
    """A campaign that waits for the second person."""
    campaign_id = here.zhao.draft()
    later = here.zhao.batch_terms(claim_from=iso(here.town.now() + 60 * MINUTE_MS))
    here.zhao.post(f"/campaigns/{campaign_id}/batches", later, expect=201)
    here.zhao.post(f"/campaigns/{campaign_id}/submissions", {}, expect=200)
    return campaign_id


def test_who_enrolled_approves_only_with_a_code_shown_lately(here: Staffed, sun: Approver):
    """The old session stops being enough at once; a proof is good for ten minutes, a code once."""
    assert sun.get("/totp") == {"confirmed_at": None, "required": False}
    approvals = f"/campaigns/{submitted(here)}/approvals"
    confirmed = sun.enrol()
    assert confirmed.status == 201 and sun.get("/totp")["confirmed_at"]
    assert refused(sun.ask(approvals), 401, "totp_required")["enrolled"] is True
    assert sun.get(approvals.removesuffix("/approvals"))["state"] == "in_review", "reading takes none"
    digits = sun.code()
    sun.take(sun.ask("/totp/proofs", {"code": digits}))
    refused(sun.ask("/totp/proofs", {"code": digits}), 401, "totp_wrong")
    here.town.advance(10 * MINUTE_MS + 1)
    refused(sun.ask(approvals), 401, "totp_required")
    sun.take(sun.ask("/totp/proofs", {"code": sun.code()}))
    assert sun.ask(approvals, {"reason": "核对无误"}).body["state"] == "approved"
    staff_id = here.town.one("SELECT id FROM staff WHERE login = :login", login=sun.login)
    assert acts_on(here.town, staff_id) == [
        ("totp.prove", "totp_wrong"),
        ("totp.confirm", "done"),
        ("totp.enrol", "done"),
    ]


def test_who_enrolled_signs_in_with_a_code_only(sun: Approver):
    """`totp_required` where only the code is missing; anything wrong is one refusal; the session counts as proved."""
    assert sun.sign_in_with().status == 201
    assert sun.enrol().status == 201
    refused(sun.sign_in_with(), 401, "totp_required")
    wrong = authenticator.wrong(sun.secret, sun.town.now())
    refused(sun.sign_in_with(totp=wrong), 401, "login_wrong")
    refused(sun.sign_in_with(totp="12345"), 400, "request_invalid")
    right = {"login": sun.login, "password": "a-wrong-password", "totp": sun.code()}
    refused(sun.door.send("POST", "/organizer/v1/sessions", right), 401, "login_wrong")
    sun.take(sun.sign_in_with(totp=sun.code()))
    refused(sun.ask("/campaigns/cmp_nowhere/approvals"), 404, "campaign_not_found")
    refused(sun.ask("/totp"), 409, "wrong_state")


def test_five_wrong_codes_lock_the_login(here: Staffed, sun: Approver):
    """A password alone in between forgives none of them; after the quarter of an hour the right code helps again."""
    sun.enrol()
    for _ in range(5):
        refused(sun.sign_in_with(), 401, "totp_required")
        wrong = {"code": authenticator.wrong(sun.secret, here.town.now())}
        refused(sun.ask("/totp/proofs", wrong), 401, "totp_wrong")
    refused(sun.ask("/totp/proofs", {"code": sun.code()}), 401, "totp_wrong")
    refused(sun.sign_in_with(totp=sun.code()), 401, "login_wrong")
    here.town.advance(15 * MINUTE_MS)
    assert sun.ask("/totp/proofs", {"code": sun.code()}).status == 201


def test_a_lost_phone_is_forgotten_by_another_organizer(here: Staffed, sun: Approver):
    """Never by oneself; with a reason, in the trail; sessions proved with the old one prove nothing under a new one."""
    sun.take(sun.enrol())
    old = sun.door.token
    path, body = "/totp-resets", {"login": sun.login, "reason": "手机遗失，已当面核实"}
    refused(sun.ask(path, body), 403, "forbidden")
    door = here.zhao.door
    unknown = {**body, "login": f"nobody-{token_hex(4)}"}
    refused(door.post(f"/organizer/v1{path}", unknown), 404, "staff_not_found")
    himself = {**body, "login": here.zhao.login}
    refused(door.post(f"/organizer/v1{path}", himself), 403, "self_approval")
    done = here.zhao.post(path, body, expect=200, key="lost-phone-1")
    assert here.zhao.post(path, body, expect=200, key="lost-phone-1") == done
    refused(door.post(f"/organizer/v1{path}", body), 409, "wrong_state")
    assert acts_on(here.town, done["staff_id"])[0] == ("totp.reset", "done")
    assert sun.sign_in_with().status == 201, "a password is enough to enrol again"
    assert sun.enrol().status == 201
    sun.door.token = old
    refused(sun.ask("/campaigns/cmp_nowhere/approvals"), 401, "totp_required")


def test_a_lost_phone_of_the_last_organizer_is_forgotten_at_the_server(here: Staffed):
    """By who holds the machine, under a name of their own in the trail."""
    last = Approver(here.town, "organizer", "周组织")
    last.enrol()
    done = here.town.flask("user", "forget-totp", last.login, "--reason", "无其他组织者")
    assert done.returncode == 0, done.stderr
    assert here.town.flask("user", "forget-totp", last.login, "--reason", "x").returncode == 1
    assert last.sign_in_with().status == 201
    entry = here.town.rows("SELECT actor_id, reason FROM audit_log WHERE action = 'totp.reset' ORDER BY id")[
        -1
    ]
    assert (entry["actor_id"], entry["reason"]) == ("console", "无其他组织者")


def test_the_secret_is_sealed_and_shown_once(here: Staffed, sun: Approver):
    """Neither the table nor the trail nor a stored answer nor a log has it."""
    sun.enrol()
    (kept,) = here.town.rows(
        "SELECT t.secret FROM staff_totp t JOIN staff s ON s.id = t.staff_id WHERE s.login = :l", l=sun.login
    )
    assert sun.secret.encode() not in bytes(kept["secret"])
    like = {"secret": f"%{sun.secret}%"}
    assert here.town.rows("SELECT key FROM idempotency WHERE body LIKE :secret", **like) == []
    assert sun.secret not in here.town.log("web")
