"""What docs/screenshots holds. Pictures are taken, and looked at, by `make screenshots` alone: it starts the demo."""

from __future__ import annotations

from tests.browser.shots.tables import SHOTS, TABLES
from tests.kit.house import ROOT


def test_pictures_have_names_of_their_own():
    """No table overwrites another's picture."""
    assert len(SHOTS) == sum(len(table) for table in TABLES)


def test_every_picture_is_kept_and_none_of_what_is_gone():
    """The folder holds what the tables name, in both languages: `make screenshots` adds, a person removes."""
    kept = {path.stem for path in (ROOT / "docs" / "screenshots").glob("*.png")}
    assert kept == {f"{name}.{lang}" for name in SHOTS for lang in ("zh", "en")}
