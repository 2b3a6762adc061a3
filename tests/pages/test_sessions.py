"""Sessions of pages: cookies that no script reads, writes from our own pages only, on both databases."""

from __future__ import annotations

import re

import pytest

from tests.conftest import Staffed
from tests.kit.http import Reply, exchange
from tests.kit.people import Citizen
from tests.kit.problems import refused
from tests.kit.town import PASSWORD

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json", "Idempotency-Key": "pages-claim-0001"}
OWN = {"Sec-Fetch-Site": "same-origin"}


def post(here: Staffed, path: str, body: str, **headers: str) -> Reply:
    """A filled form, or JSON."""
    return exchange(here.town.url, "POST", path, body.encode(), {**FORM, **headers})


def cookie_of(citizen: Citizen) -> dict[str, str]:
    """The citizen's session as a browser sends it."""
    return {"Cookie": f"ankang_lang=en; ankang_citizen={citizen.door.token}"}


def test_staff_sign_in_by_a_form_and_get_a_cookie_that_no_script_reads(here: Staffed):
    """HttpOnly, Strict; with it the console and its JSON door are open; leaving forgets it."""
    form = f"login={here.zhao.login}&password={PASSWORD}"
    reply = post(here, "/console/login?next=/console/", form, **OWN)
    assert (reply.status, reply.headers["location"]) == (303, "/console/")
    cookie = reply.headers["set-cookie"]
    assert cookie.startswith("ankang_staff=") and {"HttpOnly", "SameSite=Strict"} <= set(cookie.split("; "))
    sent = {"Cookie": cookie.split(";")[0]}
    assert exchange(here.town.url, "GET", "/console/", None, sent).status == 200
    assert exchange(here.town.url, "GET", "/organizer/v1/campaigns", None, sent).status == 200
    left = post(here, "/console/logout", "", **OWN, **sent)
    assert left.status == 303 and re.match(r"ankang_staff=; .*Max-Age=0", left.headers["set-cookie"])


def test_behind_tls_the_cookie_never_travels_in_the_clear(here: Staffed):
    """Whoever ends TLS says so; only then is it `Secure`, for a browser would not keep it otherwise."""
    form = f"login={here.zhao.login}&password={PASSWORD}"
    said = {"X-Forwarded-Proto": "https"}
    cookies = [post(here, "/console/login", form, **OWN, **more).headers["set-cookie"] for more in ({}, said)]
    assert ["Secure" in cookie.split("; ") for cookie in cookies] == [False, True]


def test_a_session_ends_when_its_token_does(here: Staffed):
    """Twelve hours for staff; then the page shows the way to sign in."""
    form = f"login={here.zhao.login}&password={PASSWORD}"
    cookie = post(here, "/console/login", form, **OWN).headers["set-cookie"]
    assert 43_190 <= int(cookie.partition("Max-Age=")[2].partition(";")[0]) <= 43_200
    here.town.advance(12 * 3_600_000 + 1_000)
    sent = {"Cookie": cookie.split(";")[0]}
    assert exchange(here.town.url, "GET", "/console/", None, sent).status == 303
    refused(exchange(here.town.url, "GET", "/organizer/v1/campaigns", None, sent), 401, "session_expired")


def test_a_suspended_citizen_is_told_so_on_a_page(here: Staffed):
    """At once, whatever the cookie says."""
    citizen = here.citizen()
    assert exchange(here.town.url, "GET", "/c/", None, cookie_of(citizen)).status == 200
    here.zhao.post(f"/citizens/{citizen.citizen_id}/suspensions", {"reason": "举报核查"}, expect=200)
    reply = exchange(here.town.url, "GET", "/c/", None, cookie_of(citizen))
    assert reply.status == 409 and b"citizen_suspended" in reply.body


def test_a_wrong_password_is_told_on_the_page(here: Staffed):
    """401, the form again, in the reader's language, and no cookie."""
    reply = post(here, "/console/login", "login=nobody&password=wrong", **OWN, **{"Accept-Language": "en"})
    assert reply.status == 401 and b"The login or password is wrong" in reply.body
    assert "set-cookie" not in reply.headers


@pytest.mark.parametrize("path", ["/c/", "/till/", "/console/"])
def test_who_is_not_signed_in_is_shown_the_way(here: Staffed, path: str):
    """And comes back to where he wanted to go."""
    reply = exchange(here.town.url, "GET", path, None, {})
    assert reply.status == 303 and reply.headers["location"].startswith(f"{path}login?next=")


@pytest.mark.parametrize("wish", ["//evil.example", "https://evil.example", "/console/\\evil", "/c/"])
def test_signing_in_leads_nowhere_else(here: Staffed, wish: str):
    """`next` is a page of the same set or nothing."""
    form = f"login={here.zhao.login}&password={PASSWORD}"
    reply = post(here, f"/console/login?next={wish}", form, **OWN)
    assert (reply.status, reply.headers["location"]) == (303, "/console/")


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example"},
        {},
    ],
)
def test_a_claim_that_another_site_made_a_browser_send_does_nothing(here: Staffed, headers: dict[str, str]):
    """`cross_site`, in front of Flask and behind it; the stock stays whole."""
    batch, citizen = here.batch(stock=3), here.citizen()
    path = f"/api/v1/batches/{batch.batch_id}/claims"
    for body in (b"{}", b"{ }"):  # the hot door takes the first only
        reply = exchange(here.town.url, "POST", path, body, {**JSON, **cookie_of(citizen), **headers})
        refused(reply, 403, "cross_site")
    assert here.town.one("SELECT claimed FROM batch WHERE id = :b", b=batch.batch_id) == 0


def test_a_claim_from_a_page_takes_the_hot_door(here: Staffed):
    """Same answer as with a bearer token; the plain Origin of older browsers will do."""
    batch, citizen = here.batch(stock=3), here.citizen()
    path = f"/api/v1/batches/{batch.batch_id}/claims"
    claimed = exchange(here.town.url, "POST", path, b"{}", {**JSON, **cookie_of(citizen), **OWN})
    assert claimed.status == 201
    again = exchange(
        here.town.url, "POST", path, b"{}", {**JSON, **cookie_of(citizen), "Origin": here.town.url}
    )
    assert (again.status, again.body) == (200, claimed.body)
    token = {"Authorization": f"Bearer {citizen.door.token}"}
    assert exchange(here.town.url, "POST", path, b"{}", {**JSON, **token}).body == claimed.body


def test_a_refused_page_is_a_page(here: Staffed):
    """HTML with the code, the words and the trace id; the JSON doors stay JSON."""
    reply = exchange(here.town.url, "GET", "/console/nowhere", None, {"X-Request-Id": "trace-of-a-page"})
    text = reply.body.decode()
    assert reply.status == 404 and reply.headers["content-type"].startswith("text/html")
    assert "没有这个地址" in text and "not_found" in text and "trace-of-a-page" in text
    refused(exchange(here.town.url, "GET", "/organizer/v1/nowhere", None, {}), 404, "not_found")
