"""`/openapi.json`: what flask-smorest knows of the doors, plus who may enter, the key and the problem document."""

from __future__ import annotations

import re
from typing import Any, cast

from flask import Blueprint, current_app

from app.auth import PUBLIC, policy, policy_of
from app.extensions import api

bp = Blueprint("openapi", __name__)

SECURITY = {
    "citizen": {"type": "http", "scheme": "bearer", "description": "POST /api/v1/sessions"},
    "staff": {"type": "http", "scheme": "bearer", "description": "POST /organizer/v1/sessions"},
    "merchant_staff": {"type": "http", "scheme": "bearer", "description": "POST /merchant/v1/sessions"},
    "terminal": {
        "type": "apiKey",
        "in": "header",
        "name": "Signature",
        "description": "RFC 9421, hmac-sha256, tag ankang-pos-v1, with Signature-Input and on writes Content-Digest",
    },
    "terminalAuthorization": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "ANKANG-HMAC-SHA256, in the manner of WeChat Pay v3: see /docs/pos",
    },
}
SCHEMES_OF = {
    "phone": ["citizen"],
    "citizen": ["citizen"],
    "terminal": ["terminal", "terminalAuthorization"],
    "sandbox": ["terminal", "terminalAuthorization"],
    "merchant_staff": ["merchant_staff"],
}
OF_TERMINALS = ("terminal", "sandbox")
# Writes that make something fresh at every call, or change nothing: they take no key.
KEYLESS = (
    "/otp",
    "/sessions",
    "/displays",
    "/reserves",
    "/quotes",
    "/lint",
    "/batch-previews",
    "/look-ups",
    "/totp",
    "/confirmations",
    "/proofs",
)
KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": True,
    "description": "Repeat the same request with the same key until the answer is final.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{8,64}$"},
}
HEADERS = {
    "RateLimit-Policy": {"description": 'What a terminal may send: "terminal";q=requests;w=seconds'},
    "Idempotent-Replayed": {"description": "`true` where the stored answer of this key is given again"},
    "RateLimit": {
        "description": 'What is left of it: "terminal";r=requests;t=seconds until it is whole again'
    },
    "Retry-After": {"description": "On 429 and 503: seconds to wait before the same request is sent again"},
}
PROBLEM = {
    "description": "A refusal (RFC 9457)",
    "headers": {"Retry-After": {"$ref": "#/components/headers/Retry-After"}},
    "content": {
        "application/problem+json": {
            "schema": {
                "type": "object",
                "required": ["type", "title", "status", "detail", "code", "message", "retryable", "trace_id"],
                "properties": {
                    "type": {"type": "string", "format": "uri-reference"},
                    "title": {"type": "string"},
                    "status": {"type": "integer"},
                    "detail": {"type": "string"},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                    "retryable": {"type": "boolean"},
                    "trace_id": {"type": "string"},
                },
            }
        }
    },
}


@bp.get("/openapi.json")
@policy(PUBLIC)
def openapi() -> dict[str, Any]:
    """The description of every door."""
    return description()


def description() -> dict[str, Any]:
    """What `/openapi.json` says, made once in each process."""
    if "openapi" not in current_app.extensions:
        current_app.extensions["openapi"] = _described()
    return cast("dict[str, Any]", current_app.extensions["openapi"])


def _described() -> dict[str, Any]:
    spec = api.spec.to_dict()
    spec["components"]["securitySchemes"] = SECURITY
    spec["components"]["responses"] = {"Problem": PROBLEM}
    spec["components"]["headers"] = {
        name: {**header, "schema": {"type": "string"}} for name, header in HEADERS.items()
    }
    for rule in current_app.url_map.iter_rules():
        path = spec["paths"].get(re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule), {})
        for method in {"get", "post", "patch"} & {name.lower() for name in rule.methods or ()} & set(path):
            _complete(path[method], method, rule.rule, rule.endpoint)
    return spec


def _complete(operation: dict[str, Any], method: str, path: str, endpoint: str) -> None:
    operation["operationId"] = endpoint
    success = {status: answer for status, answer in operation["responses"].items() if status.startswith("2")}
    if takes_key(method, path):
        operation.setdefault("parameters", []).append(KEY)
        if "201" in success:
            words = {"description": "What this key had made before"}
            success["200"] = success["201"] | words | {"headers": _headers("Idempotent-Replayed")}
    found = policy_of(endpoint)
    if found is not None and found is not PUBLIC:
        operation["security"] = [
            {scheme: []} for scheme in SCHEMES_OF.get(found.name.partition(":")[0], ["staff"])
        ]
    if found is not None and found.name in OF_TERMINALS:
        for answer in success.values():
            answer["headers"] = answer.get("headers", {}) | _headers("RateLimit-Policy", "RateLimit")
    operation["responses"] = {**success, "default": {"$ref": "#/components/responses/Problem"}}


def _headers(*names: str) -> dict[str, dict[str, str]]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def takes_key(method: str, path: str) -> bool:
    """Whether this door needs an Idempotency-Key."""
    return method.lower() != "get" and not path.endswith(KEYLESS)
