"""What the browser loads beside a page, under addresses that name the content, so that it is loaded once.

One hash stands for the whole folder and the texts: modules import one another by relative addresses and always get
files of the same version.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from app.domain.refusals import Refusal, Refused
from app.pages import catalogue, language

STATIC = Path(__file__).resolve().parents[1] / "static"
TYPES = {".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8"}
TYPES |= {".wasm": "application/wasm", ".json": "application/json", ".css": "text/css; charset=utf-8"}
SQUEEZED = (".js", ".mjs", ".css", ".json", ".svg", ".wasm")


class File(NamedTuple):
    """Content, media type, and the content squeezed by gzip where that helps."""

    content: bytes
    media_type: str
    squeezed: bytes | None


@cache
def digest() -> str:
    """The version of everything that is served under `/static`."""
    seen = hashlib.sha256()
    for path in sorted(each for each in STATIC.rglob("*") if each.is_file()):
        seen.update(path.relative_to(STATIC).as_posix().encode() + b"\0" + path.read_bytes())
    for name in (*catalogue.SETS,):
        for lang in language.LANGUAGES:
            seen.update(catalogue.for_scripts(name, lang))
    return seen.hexdigest()[:12]


def asset(name: str) -> str:
    """The address of a file of `app/static`, or of `texts/SET.LANG.js`. Raises LookupError where there is none."""
    if not name.startswith("texts/") and not (STATIC / name).is_file():
        raise LookupError(f"no {name} in {STATIC}; scripts/bring-pages fetches what is below vendor/")
    return f"/static/{digest()}/{name}"


@lru_cache(256)
def file(name: str) -> File:
    """A file by its name below `/static/<digest>/`. Raises Refused(NOT_FOUND)."""
    content = _texts(name) if name.startswith("texts/") else _path(name).read_bytes()
    suffix = Path(name).suffix
    media_type = TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return File(content, media_type, gzip.compress(content, mtime=0) if suffix in SQUEEZED else None)


def _texts(name: str) -> bytes:
    words = name.removeprefix("texts/").split(".")
    if (
        len(words) != 3
        or words[0] not in catalogue.SETS
        or words[1] not in language.LANGUAGES
        or words[2] != "js"
    ):
        raise Refused(Refusal.NOT_FOUND)
    return catalogue.for_scripts(words[0], words[1])


def _path(name: str) -> Path:
    path = (STATIC / name).resolve()
    if not path.is_relative_to(STATIC) or not path.is_file():
        raise Refused(Refusal.NOT_FOUND)
    return path
