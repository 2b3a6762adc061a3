"""What no door takes, whatever it is about: a body that is no JSON, and text that no column can hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, current_app, request

from app.domain.refusals import Refusal, Refused

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Body:
    """What a door takes instead of JSON: a media type, and how many bytes of it."""

    media_type: str
    most_bytes: int


def takes(media_type: str, most_bytes: int) -> Callable[[F], F]:
    """Let a view have bodies of this media type and length instead of JSON of 64 KB."""

    def mark(view: F) -> F:
        view.takes = Body(media_type, most_bytes)  # type: ignore[attr-defined]
        return view

    return mark


def guard_addresses(app: Flask) -> None:
    """First of all: an address that holds control characters is nowhere, and no log has to hold it."""
    app.before_request(_refuse_address)


def guard_bodies(app: Flask) -> None:
    """After it is known who is there: strangers get a 401 before anything of theirs is parsed."""
    app.before_request(_refuse_body)


def _refuse_address() -> None:
    if not request.path.isprintable():
        raise Refused(Refusal.NOT_FOUND)


def _refuse_body() -> None:
    if request.method not in ("POST", "PATCH"):
        return
    body = getattr(current_app.view_functions.get(request.endpoint or ""), "takes", None)
    if body is not None:
        _refuse_other(body)
        return
    if not (content := request.get_data()):
        return
    if not request.is_json:
        raise Refused(Refusal.MEDIA_TYPE)
    body = _parsed()
    # NUL and lone surrogates can only come as escapes, so most bodies are not searched
    if rb"\u" in content and not all(map(_can_be_stored, _texts(body))):
        raise Refused(Refusal.REQUEST_INVALID)


def _refuse_other(body: Body) -> None:
    request.max_content_length = body.most_bytes
    if request.mimetype != body.media_type:
        raise Refused(Refusal.MEDIA_TYPE)
    request.get_data()


def _parsed() -> Any:
    """The body, which Flask remembers. Too deep a nesting or too long a number is not JSON to us either."""
    try:
        return request.get_json()
    except RecursionError as error:
        raise Refused(Refusal.JSON_INVALID) from error


def _texts(body: Any) -> Iterator[str]:
    """Every text in a body, names of fields included."""
    left = [body]
    while left:
        match left.pop():
            case str() as text:
                yield text
            case list() as items:
                left += items
            case dict() as fields:
                left += [*fields, *fields.values()]


def _can_be_stored(text: str) -> bool:
    """PostgreSQL holds no NUL, and nothing encodes a lone surrogate."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
