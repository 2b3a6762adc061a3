"""Every text of the pages stands in the catalogue, in both languages, and none stands there for nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from app.pages import catalogue
from tests.kit.house import ROOT

TEMPLATES = sorted((ROOT / "app" / "templates").rglob("*.html"))
SCRIPTS = sorted(path for path in (ROOT / "app" / "static").rglob("*.js") if "vendor" not in path.parts)
MODULES = sorted(path for top in ("app", "merchant_api", "campaigns") for path in (ROOT / top).rglob("*.py"))
# A key where it is used; one that ends in a dot stands for all that begin so: t("console.role." ~ role).
USED = re.compile(r"[\"'`]((?:common|citizen|till|console)\.[a-z0-9_]+\.[a-z0-9_.]*)")
CHINESE = re.compile(r"[一-鿿]")
# An English text may quote what stands on a Chinese screen, and name the other language by its own name.
QUOTED = re.compile(r"“[^”]*”")
NAMES_THE_OTHER = {"common.lang.other"}
INLINE = re.compile(
    r"<script(?![^>]*(?:\ssrc=|type=\"application/json\"))|<style|\sstyle=|\son[a-z]+=|javascript:",
    re.IGNORECASE,
)
CLASSES = re.compile(r"{% block body_class %}[^{]*{% endblock %}")
JINJA = re.compile(r"{#.*?#}|{%.*?%}|{{.*?}}", re.DOTALL)
SPOKEN = re.compile(r"\s(?:alt|title|placeholder|aria-label|label)=\"([^\"]*)\"")
UNSAFE = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function")
SAID = re.compile(r"\.(?:textContent|innerText|title|placeholder|ariaLabel)\s*=\s*[\"'`][^\"'`]*[A-Za-z]{2}")


def used() -> dict[str, set[str]]:
    """Every key, or beginning of keys, that is used, and by which files."""
    found: dict[str, set[str]] = {}
    for path in (*TEMPLATES, *SCRIPTS, *MODULES):
        for key in USED.findall(path.read_text(encoding="utf-8")):
            found.setdefault(key, set()).add(path.name)
    return found


def places(text: str) -> set[str]:
    """The names of the facts in a text."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def words_of(template: str) -> Iterator[str]:
    """What a template says by itself: between its tags, and in attributes that are read aloud."""
    bare = JINJA.sub(" ", CLASSES.sub(" ", template))
    yield from SPOKEN.findall(bare)
    yield re.sub(r"<[^>]*>", " ", re.sub(r"<(script|svg)\b.*?</\1>", " ", bare, flags=re.DOTALL))


def test_every_key_that_is_used_is_there():
    """A page without its words is a mistake that shows here and not to a citizen."""
    known = catalogue.texts()
    missing = {
        key: by
        for key, by in used().items()
        if not (any(each.startswith(key) for each in known) if key.endswith(".") else key in known)
    }
    assert missing == {}


def test_no_text_is_left_over():
    """What nobody says is taken out."""
    keys = used()
    beginnings = tuple(key for key in keys if key.endswith("."))
    assert [key for key in catalogue.texts() if key not in keys and not key.startswith(beginnings)] == []


def test_every_text_is_there_in_both_languages_with_the_same_facts():
    """Chinese first, English complete."""
    wrong = [
        key
        for key, both in catalogue.texts().items()
        if set(both) != {"zh", "en"} or not all(both.values()) or places(both["zh"]) != places(both["en"])
    ]
    assert wrong == []


def test_english_is_english():
    """No Chinese is left in it, but for what it quotes."""
    left = [
        key
        for key, both in catalogue.texts().items()
        if CHINESE.search(QUOTED.sub("", both["en"])) and key not in NAMES_THE_OTHER
    ]
    assert left == []


@pytest.mark.parametrize(
    "path", TEMPLATES, ids=lambda path: path.relative_to(ROOT / "app" / "templates").as_posix()
)
def test_a_template_says_nothing_by_itself_and_runs_nothing_inline(path: Path):
    """Texts come through the catalogue; the Content-Security-Policy would refuse the rest."""
    template = path.read_text(encoding="utf-8")
    assert INLINE.findall(JINJA.sub(" ", template)) == []
    said = [words.strip() for words in words_of(template) if re.search(r"[A-Za-z]{2}|[一-鿿]", words)]
    assert said == []


@pytest.mark.parametrize(
    "path", SCRIPTS, ids=lambda path: path.relative_to(ROOT / "app" / "static").as_posix()
)
def test_a_script_says_nothing_by_itself_and_builds_no_markup_of_texts(path: Path):
    """Its words come through texts.js."""
    script = path.read_text(encoding="utf-8")
    code = re.sub(r"^\s*(?://|/?\*).*$", "", script, flags=re.MULTILINE)
    assert CHINESE.findall(re.sub(r"//.*$", "", code, flags=re.MULTILINE)) == []
    assert UNSAFE.findall(code) == [] and SAID.findall(code) == []
