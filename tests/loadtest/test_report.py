"""Facts about the report: complete by itself, and true to what was seen."""

import json
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from typing import NamedTuple
from xml.etree import ElementTree

import pytest

from loadtest import report
from loadtest.plots import Line, nice, path, plot
from loadtest.shapes import OPENING_RUSH
from loadtest.verdict import judge
from tests.loadtest.test_verdict import GOOD


class Seen(NamedTuple):
    door: str
    at_s: float
    took_s: float
    status: int
    code: str


ATTEMPTS = [
    *(Seen("claim", 0.1 * each, 0.02, 201, "") for each in range(10)),
    *(Seen("claim", 1 + 0.1 * each, 0.01, 409, "sold_out") for each in range(10)),
    Seen("claim", 2.5, 1.5, 503, "gate_closed"),
    Seen("redeem", 4.0, 0.25, 201, ""),
    Seen("redeem", 4.5, 20.0, 0, "no answer"),
]


@pytest.fixture
def outcome() -> report.Outcome:
    verdict = judge(replace(GOOD, errors=Counter({"<claim> 500": 3})))
    return report.Outcome(OPENING_RUSH, 7, ATTEMPTS, [0.1, 0.2], [0.001], 0.25, verdict)


class Links(HTMLParser):
    """Everything a browser would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.found += [f"{tag} {name}" for name, _ in attrs if name in ("src", "href", "srcset", "data")]
        self.found += [tag] if tag in ("script", "link", "iframe", "object", "img") else []


def test_the_page_asks_for_nothing_from_elsewhere(outcome):
    """No script, no link, no address."""
    page = report.as_html(outcome)
    links = Links()
    links.feed(page)
    assert links.found == []
    assert re.findall(r"https?://|url\(|@import", page) == []


def test_the_page_tells_the_verdict_and_draws_three_plots(outcome):
    """Reasons as text, never as markup."""
    page = report.as_html(outcome)
    assert "no-go" in page and "&lt;claim&gt; 500 × 3" in page and "<claim>" not in page
    drawings = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(drawings) == 3
    for drawing in drawings:
        assert ElementTree.fromstring(drawing).findall("path")


def test_the_json_beside_it_holds_what_is_drawn(outcome, tmp_path):
    """Claims, grants and refusals by second."""
    html, data = report.write(outcome, tmp_path)
    assert html.name == "opening_rush.html"
    said = json.loads(data.read_text(encoding="utf-8"))
    assert (said["verdict"], said["seed"]) == ("no-go", 7)
    rates = said["per_second"]["每秒 per second"]
    assert rates["领取请求 claim attempts"][:3] == [10, 10, 1] and rates["领到 granted"][:2] == [10, 0]
    refused = said["per_second"]["拒绝 refusals by code"]
    assert refused["claim: sold_out"][1] == 10 and refused["redeem: no answer"][4] == 1
    times = said["per_second"]["用时 latency"]["领取 claim p99"]
    assert times[:4] == [20.0, 10.0, 1500.0, None]


def test_the_terminal_shows_every_check_and_every_door(outcome):
    """A mark for each."""
    text = report.as_text(outcome)
    assert text.count("✓") + text.count("✗") == len(outcome.verdict.checks)
    assert "201 × 10, 409 sold_out × 10" in text and "no answer × 1" in text


def test_a_run_in_which_nothing_happened_still_has_a_report(outcome, tmp_path):
    """Empty plots, no failure."""
    empty = replace(outcome, attempts=[], waits_s=[], late_s=[])
    report.write(empty, tmp_path)
    assert report.as_text(empty)


def test_a_curve_breaks_off_where_nothing_was_seen():
    """A gap is no zero."""
    drawn = path([1, 2, None, 3], x=lambda second: second, y=lambda value: value)
    assert drawn == "M0.0 1.0h1L1.0 2.0M3.0 3.0h1"


@pytest.mark.parametrize(("value", "step"), [(0.7, 1), (1, 1), (3, 5), (12, 20), (250, 500), (900, 1000)])
def test_axes_have_round_numbers(value, step):
    """1, 2 or 5 times a power of ten."""
    assert nice(value) == pytest.approx(step)


def test_a_legend_names_every_line():
    """Text that could be markup is escaped."""
    drawn = plot("a & b", "1/s", [Line("<one>", [1.0]), Line("two", [2.0, 3.0])])
    assert "a &amp; b" in drawn and "&lt;one&gt;" in drawn and "two" in drawn
