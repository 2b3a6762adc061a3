"""The OpenAPI description as something to read: doors, their calls, and the fields of what is sent and answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

DOORS = (
    ("/merchant/v1", "收银台", "Tills"),
    ("/api/v1", "居民", "Citizens"),
    ("/organizer/v1", "活动管理", "Organizers"),
)
# Who signs in how: the names of the security schemes.
WHO = {
    "citizen": "居民令牌 citizen's bearer token",
    "staff": "工作人员令牌 staff's bearer token",
    "terminal": "终端签名 RFC 9421",
    "terminalAuthorization": "终端签名 ANKANG-HMAC-SHA256",
}
DEEPEST = 8
LIMITS = (
    "format",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "default",
)


class Field(NamedTuple):
    """One field: where it stands (`lines[].used_fen`), its type, whether it must be there, its limits."""

    name: str
    kind: str
    required: bool
    limits: str


class Answer(NamedTuple):
    """One status and what comes with it."""

    status: str
    words: str
    fields: list[Field]


class Call(NamedTuple):
    """One method of one address."""

    name: str
    method: str
    path: str
    words: str
    who: list[str]
    parameters: list[Field]
    media_type: str
    body: list[Field]
    answers: list[Answer]


class Door(NamedTuple):
    """One door and its calls."""

    prefix: str
    zh: str
    en: str
    calls: list[Call]


def doors(description: dict[str, Any]) -> list[Door]:
    """Every call by its door."""
    components, paths = description["components"], description["paths"]
    return [
        Door(
            prefix,
            zh,
            en,
            [
                call
                for path in paths
                if path.startswith(prefix)
                for call in _calls(path, paths[path], components)
            ],
        )
        for prefix, zh, en in DOORS
    ]


def _calls(path: str, methods: dict[str, Any], components: dict[str, Any]) -> Iterator[Call]:
    shared = methods.get("parameters", [])
    for method, operation in methods.items():
        if method != "parameters":
            yield _call(method, path, operation, shared, components)


def _call(
    method: str, path: str, operation: dict[str, Any], shared: list[Any], components: dict[str, Any]
) -> Call:
    content = operation.get("requestBody", {}).get("content", {})
    media_type = next(iter(content), "")
    body = content[media_type].get("schema", {}) if media_type else {}
    return Call(
        name=operation["operationId"],
        method=method.upper(),
        path=path,
        words=" ".join(operation.get(part, "") for part in ("summary", "description")).strip(),
        who=[WHO.get(scheme, scheme) for entry in operation.get("security", []) for scheme in entry],
        parameters=[_parameter(each, components) for each in [*shared, *operation.get("parameters", [])]],
        media_type=media_type,
        body=list(_fields(body, components)),
        answers=[_answer(status, answer, components) for status, answer in operation["responses"].items()],
    )


def _parameter(parameter: dict[str, Any], components: dict[str, Any]) -> Field:
    found = _resolved(parameter, components)
    schema = found.get("schema", {})
    return Field(
        f"{found['name']} ({found['in']})",
        _kind(schema, components),
        found.get("required", False),
        _limits(schema),
    )


def _answer(status: str, answer: dict[str, Any], components: dict[str, Any]) -> Answer:
    found = _resolved(answer, components)
    content = found.get("content", {})
    schema = next(iter(content.values())).get("schema", {}) if content else {}
    fields = [] if status == "default" else list(_fields(schema, components))
    return Answer(status, found.get("description", ""), fields)


def _resolved(part: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    """What a reference refers to."""
    if "$ref" not in part:
        return part
    kind, name = part["$ref"].split("/")[-2:]
    found: dict[str, Any] = components[kind][name]
    return found


def _variants(schema: dict[str, Any], components: dict[str, Any]) -> list[dict[str, Any]]:
    """The schema itself, or those it is put together of; `null` is told by the type alone."""
    found = _resolved(schema, components)
    parts = [part for word in ("anyOf", "oneOf", "allOf") for part in found.get(word, [])]
    if not parts:
        return [found]
    return [each for part in parts if part.get("type") != "null" for each in _variants(part, components)]


def _fields(
    schema: dict[str, Any], components: dict[str, Any], prefix: str = "", depth: int = 0
) -> Iterator[Field]:
    """The fields of an object and of what is in it."""
    if depth > DEEPEST:
        return
    for variant in _variants(schema, components):
        if "items" in variant:
            yield from _fields(variant["items"], components, f"{prefix.removesuffix('.')}[].", depth + 1)
        for name, part in variant.get("properties", {}).items():
            is_required = name in variant.get("required", [])
            yield Field(prefix + name, _kind(part, components), is_required, _limits(part))
            yield from _fields(part, components, f"{prefix}{name}.", depth + 1)


def _kind(schema: dict[str, Any], components: dict[str, Any]) -> str:
    """The type in words: `integer`, `array of string`, `string | null`."""
    found = _resolved(schema, components)
    if "enum" in found:
        return " | ".join(str(value) for value in found["enum"])
    if "items" in found:
        return f"array of {_kind(found['items'], components)}"
    words = found.get("type") or [
        _kind(part, components) for word in ("anyOf", "oneOf", "allOf") for part in found.get(word, [])
    ]
    return words if isinstance(words, str) else " | ".join(dict.fromkeys(words)) or "any"


def _limits(schema: dict[str, Any]) -> str:
    parts = [schema, *schema.get("oneOf", [])]
    return ", ".join(f"{name} {part[name]}" for part in parts for name in LIMITS if name in part)
