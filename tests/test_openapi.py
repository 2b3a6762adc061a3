"""The description of the doors is valid, complete and true: made-up requests, good and bad, meet no surprise."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.auth import PUBLIC, policy_of
from tests.conftest import Staffed
from tests.kit.merchants import owner
from tests.kit.signer import Signer
from tests.test_every_door import DOORS, TAKE_NO_KEY

EXAMPLES = 2
CHECKS: list[CheckFunction] = [
    not_a_server_error,
    content_type_conformance,
    status_code_conformance,
    response_schema_conformance,
]
METHODS = ("get", "post", "patch", "put", "delete")


@pytest.fixture(scope="module")
def described(scratch: Flask) -> dict[str, Any]:
    """What /openapi.json says."""
    reply = scratch.test_client().get("/openapi.json")
    assert reply.status_code == 200 and reply.mimetype == "application/json"
    return dict(reply.get_json())


def operations(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of each."""
    for path, methods in described["paths"].items():
        for method in METHODS:
            if method in methods:
                yield method, path, methods[method]


def doors(app: Flask) -> dict[tuple[str, str], str]:
    """Method and path of every door route, with its Flask rule."""
    return {
        (method.lower(), re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule)): rule.rule
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(DOORS)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_the_description_is_valid_openapi_3_1(described: dict[str, Any]):
    """By the specification's own schema."""
    assert described["openapi"].startswith("3.1")
    schemathesis.openapi.from_dict(described).validate()


def test_it_lists_every_door_and_nothing_else(described: dict[str, Any], scratch: Flask):
    """Each with a name of its own and a sentence about it."""
    listed = {(method, path): operation for method, path, operation in operations(described)}
    assert set(listed) == set(doors(scratch))
    assert max(Counter(operation["operationId"] for operation in listed.values()).values()) == 1
    assert [where for where, operation in listed.items() if not operation.get("summary")] == []


def test_it_tells_who_may_enter_and_which_writes_take_a_key(described: dict[str, Any], scratch: Flask):
    """As the routes themselves have it."""
    rules = doors(scratch)
    endpoints = {rule.rule: rule.endpoint for rule in scratch.url_map.iter_rules()}
    for method, path, operation in operations(described):
        rule = rules[method, path]
        named = {
            parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "header"
        }
        assert ("Idempotency-Key" in named) == (method != "get" and rule not in TAKE_NO_KEY), path
        with scratch.app_context():
            is_public = policy_of(endpoints[rule]) is PUBLIC or operation["operationId"].endswith(
                "create_session"
            )
        assert bool(operation.get("security")) == (not is_public), path


class Callers:
    """Somebody with a token or a key for every door, and things that really are there."""

    def __init__(self, here: Staffed) -> None:
        batch, citizen, self.here = here.batch(), here.citizen(), here
        self.signer = Signer(here.shop())
        self.owner = owner(here.zhao)
        self.tokens = {
            "citizen": citizen.door.token,
            "staff": here.zhao.door.token,
            "merchant_staff": self.owner.door.token,
        }
        merchant = here.zhao.post("/merchants", {"name": "德宽路超市"}, expect=201)["merchant_id"]
        self.there = {
            "campaign_id": batch.campaign_id,
            "batch_id": batch.batch_id,
            "voucher_id": citizen.holds(batch.batch_id),
            "merchant_id": merchant,
            "store_id": here.zhao.store(merchant),
            "terminal_id": self.signer.shop.terminal_id,
        }

    def call(self, case: Case) -> None:
        """Send it as somebody who may, and look at the answer."""
        schemes = [scheme for entry in case.operation.definition.raw.get("security", []) for scheme in entry]
        token = next((self.tokens[scheme] for scheme in schemes if scheme in self.tokens), None)
        case.call_and_validate(
            base_url=self.here.town.url,
            headers={"Authorization": f"Bearer {token}"} if token else None,
            auth=self.signer if "terminal" in schemes else None,
            checks=CHECKS,
        )

    def probe(self, operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode) -> bool:
        """A few made-up requests to one door; good ones are about things that are there. False if none can be made."""
        named = {parameter.name for parameter in operation.path_parameters}
        real = {name: value for name, value in self.there.items() if name in named}
        strategy = operation.as_strategy(
            generation_mode=mode, path_parameters=real if mode.is_positive and real else None
        )

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=strategy)
        def send(case: Case) -> None:
            self.call(case)

        try:
            send()
        except Unsatisfiable:  # a door without parameters and body: nothing about it can be bad
            return False
        return True


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["good", "bad"])
def test_made_up_requests_meet_no_surprise(here: Staffed, mode: GenerationMode):
    """No 5xx, and every answer has the status, type and shape that the description gives it."""
    callers = Callers(here)
    schema = schemathesis.openapi.from_url(f"{here.town.url}/openapi.json")
    doors = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    probed = sum(callers.probe(door, mode) for door in doors)
    assert probed >= (30 if mode.is_positive else 20)
