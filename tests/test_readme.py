"""The README is there twice, in English and in Chinese: whoever changes one is reminded of the other."""

from __future__ import annotations

import re

import pytest

from tests.kit.house import ROOT

BOTH = ("README.md", "README.zh.md")
FENCED = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#]+)\)")


def read(name: str) -> str:
    """One of the two."""
    return (ROOT / name).read_text(encoding="utf-8")


def commands(text: str) -> list[str]:
    """What a reader types: the lines of its blocks that begin with make, without the remark behind."""
    lines = [line for block in FENCED.findall(text) for line in block.splitlines()]
    return [line.partition(" #")[0].rstrip() for line in lines if line.startswith("make ")]


def targets(text: str) -> list[str]:
    """Where its links lead, but for the other README; a picture counts without its language."""
    found = [target for target in LINK.findall(text) if target not in BOTH]
    return [re.sub(r"\.(zh|en)\.png$", ".png", target) for target in found]


def test_both_readmes_name_the_same_commands_pages_and_pictures():
    """In the same order, and as many headings; each leads to the other at its top."""
    english, chinese = map(read, BOTH)
    assert commands(english) == commands(chinese) != []
    assert targets(english) == targets(chinese)
    assert len(re.findall("^## ", english, re.MULTILINE)) == len(re.findall("^## ", chinese, re.MULTILINE))
    assert LINK.findall(english)[0] == BOTH[1] and LINK.findall(chinese)[0] == BOTH[0]


@pytest.mark.parametrize("name", BOTH)
def test_what_a_readme_shows_and_links_to_is_there(name: str):
    """Pictures and pages of this repository."""
    linked = [target for target in LINK.findall(read(name)) if "://" not in target]
    assert [target for target in linked if not (ROOT / target).exists()] == []


def test_the_chinese_readme_shows_chinese_pictures():
    """No picture in English among them."""
    shown = [target for target in LINK.findall(read("README.zh.md")) if target.endswith(".png")]
    assert shown and all(target.endswith(".zh.png") for target in shown)


def test_the_same_requests_are_shown():
    """Blocks of HTTP are data, the same in every language."""
    english, chinese = ([block for block in FENCED.findall(read(name)) if "POST /" in block] for name in BOTH)
    assert english == chinese and len(english) == 2
