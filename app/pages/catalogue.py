"""Every text of the pages, Chinese first, English beside it: `texts/SET.toml`, for a large set also `SET/TABLE.toml`.

A key is `set.table.name`, as in `t("citizen.login.title")`; facts fill `{places}`. A test finds a key that
is missing, unused or without one of its languages.
"""

from __future__ import annotations

import json
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from app.pages import language

HERE = Path(__file__).parent / "texts"
SETS = ("common", "citizen", "till", "console")


@cache
def texts() -> dict[str, dict[str, str]]:
    """Both languages of every key."""
    return {key: both for name in SETS for key, both in _flat(_read(name), name)}


def _read(name: str) -> dict[str, Any]:
    tables = {path.stem: _toml(path) for path in sorted((HERE / name).glob("*.toml"))}
    return _toml(HERE / f"{name}.toml") | tables


def _toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _flat(table: dict[str, Any], prefix: str) -> list[tuple[str, dict[str, str]]]:
    if isinstance(table.get("zh"), str):
        return [(prefix, table)]
    return [pair for name, inner in table.items() for pair in _flat(inner, f"{prefix}.{name}")]


def t(key: str, **facts: object) -> str:
    """The text of this key in the reader's language. Raises KeyError: a page without its words is a mistake."""
    return texts()[key][language.current()].format(**facts)


@cache
def for_scripts(name: str, lang: str) -> bytes:
    """What a set's scripts may say, as a script: its own texts and the common ones, in one language."""
    chosen = {key: both[lang] for key, both in texts().items() if key.startswith(("common.", f"{name}."))}
    return (
        f"globalThis.ankangTexts={json.dumps(chosen, ensure_ascii=False, separators=(',', ':'))};\n".encode()
    )
