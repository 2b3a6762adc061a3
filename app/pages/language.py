"""In which language and in which size a reader sees the pages: asked for in the address, then remembered.

`?lang=en` and `?elder=1` work without a script; a cookie remembers them. Without both the browser's languages decide,
and Chinese where they do not.
"""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Response, g, request

from app.pages import cookies, face

LANGUAGES = {"zh": "zh-CN", "en": "en"}
LANG_COOKIE, ELDER_COOKIE = "ankang_lang", "ankang_elder"
REMEMBERED_S = 365 * 86_400


def current() -> str:
    """`zh` or `en`."""
    if "lang" not in g:
        g.lang = _asked() or _remembered() or _preferred()
    return str(g.lang)


def tag() -> str:
    """The language as HTML names it."""
    return LANGUAGES[current()]


def is_elder() -> bool:
    """Whether this reader wants the large version (长辈版)."""
    return request.args.get("elder", request.cookies.get(ELDER_COOKIE)) == "1"


def here_with(**changes: str) -> str:
    """This page's address with these parameters changed."""
    return f"{request.path}?{urlencode({**request.args.to_dict(), **changes})}"


def remember(response: Response) -> Response:
    """Keep what was asked for in the address."""
    if (lang := _asked()) is not None:
        _keep(response, LANG_COOKIE, lang)
    if (elder := request.args.get("elder")) in ("0", "1") and request.method == "GET":
        _keep(response, ELDER_COOKIE, elder)
    return response


def _keep(response: Response, name: str, value: str) -> None:
    """A script may read and set it, too: it tells nothing about anybody."""
    if face.hosts() and cookies.are_lent():
        cookies.lend(response, name, value, REMEMBERED_S)
        return
    response.set_cookie(name, value, max_age=REMEMBERED_S, secure=request.is_secure, samesite="Lax")


def _asked() -> str | None:
    lang = request.args.get("lang")
    return lang if lang in LANGUAGES and request.method == "GET" else None


def _remembered() -> str | None:
    lang = request.cookies.get(LANG_COOKIE)
    return lang if lang in LANGUAGES else None


def _preferred() -> str:
    best = request.accept_languages.best_match(["zh-CN", "zh", "en"], default="zh")
    return best.partition("-")[0]
