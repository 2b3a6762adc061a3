"""The kinds of goods a basket is made of. What each is called stands in `goods.toml`."""

from __future__ import annotations

import tomllib
from pathlib import Path

GOODS: dict[str, dict[str, str]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)
