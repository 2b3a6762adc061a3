"""What every page is sent with, and what may be loaded beside it."""

from __future__ import annotations

import gzip
import re

import pytest
from flask import Flask, Response

from app import clock
from app.pages import assets, cookies, face
from tests.conftest import Staffed
from tests.kit.house import ROOT
from tests.kit.http import exchange
from tests.kit.inside import build, environment

PARTS = ("'unsafe-inline'", "'unsafe-eval'", "http:", "https:", "*")
APPS = ("https://app.example.cn", "https://h5.example.cn:8443")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application; nobody's data is needed to see headers."""
    return build(environment(f"sqlite:///{tmp_path_factory.mktemp('headers')}/none.db"))


def test_every_page_is_strict(house: Flask):
    """Whoever asks and whatever the answer: nothing inline, nothing foreign, in no frame, kept by nobody."""
    client = house.test_client()
    with house.test_request_context():
        built = [
            (rule.build(dict.fromkeys(rule.arguments, "x_1")) or ("", ""))[1]
            for rule in house.url_map.iter_rules()
            if face.of(rule.rule) and "GET" in (rule.methods or set())
        ]
    for path in (*built, "/c/nowhere", "/till/nowhere", "/console/nowhere"):
        headers = client.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'self';") and "frame-ancestors 'none'" in policy, path
        assert [part for part in PARTS if part in policy] == [], path
        assert headers["X-Content-Type-Options"] == "nosniff" and headers["Cache-Control"] == "no-store", path


@pytest.fixture(scope="module")
def lent(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The same, where two apps show residents' pages."""
    apps = ",".join(APPS)
    return build(environment(f"sqlite:///{tmp_path_factory.mktemp('lent')}/none.db", EMBED_ORIGINS=apps))


def test_residents_pages_alone_stand_in_an_apps_frame(lent: Flask):
    """In those that were named, and with what talks to them."""
    client = lent.test_client()
    paths = ("/", "/c/login", "/c/nowhere", "/cx", "/till/login", "/till/apply", "/console/login")
    found = {path: client.get(path) for path in paths}
    framed = f"frame-ancestors {' '.join(APPS)};"
    policies = {path: reply.headers.get("Content-Security-Policy", "") for path, reply in found.items()}
    assert [path for path in paths if framed in policies[path]] == ["/c/login", "/c/nowhere"]
    assert [path for path in paths if "bridge.js" in found[path].text] == ["/c/login", "/c/nowhere"]


def test_no_page_talks_to_an_app_that_nobody_named(house: Flask):
    """Without the setting neither the script nor a list of hosts is there."""
    page = house.test_client().get("/c/login").text
    assert "bridge.js" not in page and "data-hosts" not in page


@pytest.mark.parametrize(
    ("scheme", "actor", "wanted"),
    [
        ("https", cookies.Actor.CITIZEN, {"HttpOnly", "Secure", "SameSite=None", "Partitioned"}),
        ("http", cookies.Actor.CITIZEN, {"HttpOnly", "SameSite=Lax"}),
        ("https", cookies.Actor.STAFF, {"HttpOnly", "Secure", "SameSite=Strict"}),
    ],
)
def test_a_residents_session_is_kept_for_each_app(
    lent: Flask, scheme: str, actor: cookies.Actor, wanted: set[str]
):
    """With TLS, without which browsers keep no such cookie; leaving forgets the very same one; staff have theirs."""
    with lent.test_request_context("/c/login", base_url=f"{scheme}://localhost"):
        kept, left = Response(), Response()
        cookies.keep(kept, actor, "token", clock.now() + 60_000)
        cookies.forget(left, actor)
    cookie, gone = kept.headers.getlist("Set-Cookie")[-1], left.headers.getlist("Set-Cookie")[-1]
    known = {"HttpOnly", "Secure", "SameSite=None", "SameSite=Lax", "SameSite=Strict", "Partitioned"}
    assert cookie.startswith(f"{actor}=token;") and set(cookie.split("; ")) & known == wanted
    assert gone.startswith(f"{actor}=;") and ("Partitioned" in gone) == ("Partitioned" in wanted)


def test_an_app_keeps_the_language_that_was_asked_for(lent: Flask):
    """On residents' pages; the one from before is forgotten, for it would be sent first."""
    client = lent.test_client()
    made = client.get("/c/login?lang=en", base_url="https://localhost").headers.getlist("Set-Cookie")
    assert "Max-Age=0" in made[0] and made[1].startswith("ankang_lang=en;") and "Partitioned" in made[1]
    (other,) = client.get("/till/login?lang=en", base_url="https://localhost").headers.getlist("Set-Cookie")
    assert "SameSite=Lax" in other


def test_the_camera_is_the_tills(house: Flask):
    """And so is WebAssembly, which reads what the camera sees."""
    client = house.test_client()
    for here in face.SETS:
        headers = client.get(here.login).headers
        is_tills = here is face.TILL
        assert ("camera=(self)" in headers["Permissions-Policy"]) is is_tills
        assert ("'wasm-unsafe-eval'" in headers["Content-Security-Policy"]) is is_tills


def test_nothing_is_painted_before_its_scripts_are_there():
    """A button that is seen answers: scripts hold back the first picture (HTML, blocking attributes)."""
    tags = [
        tag
        for path in sorted((ROOT / "app" / "templates").rglob("*.html"))
        for tag in re.findall(r'<script type="module"[^>]*>', path.read_text(encoding="utf-8"))
    ]
    assert len(tags) > 20
    assert [tag for tag in tags if 'blocking="render"' not in tag] == []


def test_a_file_is_kept_for_ever_under_the_address_that_names_its_content(here: Staffed):
    """Squeezed where the browser takes that; the same file under an old address is asked for anew each time."""
    url, address = here.town.url, assets.asset("css/base.css")
    plain = exchange(url, "GET", address, None, {})
    squeezed = exchange(url, "GET", address, None, {"Accept-Encoding": "gzip, br"})
    assert squeezed.headers["content-encoding"] == "gzip" and gzip.decompress(squeezed.body) == plain.body
    assert "immutable" in plain.headers["cache-control"]
    old = exchange(url, "GET", "/static/000000000000/css/base.css", None, {})
    assert old.body == plain.body and old.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "name",
    [
        "../factory.py",
        "%2e%2e/factory.py",
        "nothing.css",
        "",
        "texts/common.fr.js",
        "texts/x.zh.js",
        "texts/common.zh.json",
        "css",
    ],
)
def test_nothing_else_is_served(here: Staffed, name: str):
    """Only what is in the folder."""
    assert exchange(here.town.url, "GET", f"/static/{assets.digest()}/{name}", None, {}).status == 404


def test_a_language_is_asked_for_then_remembered_then_the_browsers(here: Staffed):
    """`?lang=`, the cookie, Accept-Language, Chinese."""

    def lang_of(path: str, **headers: str) -> str:
        page = exchange(here.town.url, "GET", path, None, headers).body.decode()
        return page.partition('<html lang="')[2].partition('"')[0]

    english = {"Accept-Language": "en-GB,en;q=0.9"}
    assert lang_of("/") == lang_of("/", **{"Accept-Language": "fr"}) == "zh-CN"
    assert lang_of("/", **english) == "en"
    assert lang_of("/", **english, Cookie="ankang_lang=zh") == "zh-CN"
    assert lang_of("/?lang=en", Cookie="ankang_lang=zh") == "en"
    assert lang_of("/?lang=fr") == "zh-CN"
    reply = exchange(here.town.url, "GET", "/?lang=en", None, {})
    assert reply.headers["set-cookie"].startswith("ankang_lang=en;")
