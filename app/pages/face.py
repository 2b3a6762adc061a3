"""The sets of pages: where each begins, whose it is, where its people sign in, and what its headers allow."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, request

from app.extensions import settings
from app.pages.cookies import Actor


@dataclass(frozen=True)
class Face:
    """One set of pages: its name in texts, templates and static files, and the first part of its addresses.

    `lends`: pages of other sets that take this set's session; its login leads back to them, too.
    """

    name: str
    prefix: str
    actor: Actor | None = None
    needs_camera: bool = False
    lends: tuple[str, ...] = ()

    @property
    def home(self) -> str:
        """The set's first page."""
        return f"{self.prefix}/"

    @property
    def login(self) -> str:
        """Where its people sign in."""
        return f"{self.prefix}/login"


FRONT = Face("common", "")
# Who applies as a merchant has proved a phone, as citizens do, and has no login of a till yet.
CITIZEN = Face("citizen", "/c", Actor.CITIZEN, lends=("/till/apply",))
TILL = Face("till", "/till", Actor.MERCHANT_STAFF, needs_camera=True)
CONSOLE = Face("console", "/console", Actor.STAFF)
SETS = (CITIZEN, TILL, CONSOLE)


def of(path: str) -> Face | None:
    """The set to which an address belongs; None for the JSON doors and everything else."""
    if path == "/":
        return FRONT
    return next((face for face in SETS if path == face.prefix or path.startswith(face.home)), None)


def current() -> Face:
    """The set of the page that is being drawn."""
    return of(request.path) or FRONT


def hosts() -> tuple[str, ...]:
    """The apps that may show the page that is being drawn in a frame: residents' pages alone, where it is set."""
    return settings().embed_origins if current() is CITIZEN else ()


def strict(response: Response) -> Response:
    """Nothing foreign is loaded, run or sent to; nothing of a page is kept by anybody in between."""
    face = of(request.path)
    if face is not None:
        response.headers.update(_headers(face))
    return response


def _headers(face: Face) -> dict[str, str]:
    scripts = "'self' 'wasm-unsafe-eval'" if face.needs_camera else "'self'"
    frames = " ".join(hosts()) or "'none'"
    camera = "(self)" if face.needs_camera else "()"
    return {
        "Content-Security-Policy": f"default-src 'self'; script-src {scripts}; style-src 'self';"
        " img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; object-src 'none';"
        f" frame-ancestors {frames}; base-uri 'none'; form-action 'self'",
        "Cache-Control": "no-store",
        "Permissions-Policy": f"camera={camera}, microphone=(), geolocation=(self), payment=()",
        "Referrer-Policy": "same-origin",
        "Vary": "Cookie, Accept-Language",
        "X-Content-Type-Options": "nosniff",
    }
