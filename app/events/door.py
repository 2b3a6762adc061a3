"""The doors of webhooks: the same for the organizer and for a merchant's owner, each with its own policy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from app import once, sql
from app.doors import Door
from app.events import delivery, shapes, webhooks
from app.fields import Nothing

SWITCHES = (
    ("suspensions", "suspend", "suspended", "Stop deliveries; events of the meantime are in the feed only."),
    ("resumptions", "resume", "active", "Go on, with what still waits, also after it was disabled."),
)


@dataclass(frozen=True)
class For:
    """Whose webhooks: the door, the marks of the policies, the owner who is there, and how an act of theirs is done."""

    door: Door
    readable: Callable[[Any], Any]
    guarded: Callable[[Any], Any]
    owner: Callable[[], str]
    perform: Callable[[str, str, Callable[[Session], once.Answer]], once.Answer]


def add(to: For) -> None:
    """Open them."""
    _subscriptions(to)
    for word, act, status, summary in SWITCHES:
        _switch(to, word, act, status, summary)
    _deliveries(to)


def _subscriptions(to: For) -> None:
    @to.door.route("/webhooks", methods=["GET"])
    @to.readable
    @to.door.response(200, shapes.WebhooksOut)
    def list_webhooks() -> dict[str, Any]:
        """The webhooks."""
        with sql.reading() as session:
            return {"items": webhooks.of_owner(session, to.owner())}

    @to.door.route("/webhooks", methods=["POST"])
    @to.guarded
    @to.door.arguments(shapes.WebhookIn)
    @to.door.response(201, shapes.WebhookSecretOut)
    def create_webhook(asked: dict[str, Any]) -> Any:
        """Have events sent to an address from now on, signed as Standard Webhooks has it."""
        owner, wanted = to.owner(), webhooks.Wanted(asked["url"], asked["types"])
        return _with_secret(
            to.perform("webhook.create", "", lambda session: webhooks.add(session, owner, wanted))
        )

    @to.door.route("/webhooks/<webhook_id>", methods=["PATCH"])
    @to.guarded
    @to.door.arguments(shapes.WebhookIn)
    @to.door.response(200, shapes.WebhookOut)
    def change_webhook(asked: dict[str, Any], webhook_id: str) -> Any:
        """Another address, other types."""
        owner, wanted = to.owner(), webhooks.Wanted(asked["url"], asked["types"])
        work = partial(webhooks.change, owner=owner, webhook_id=webhook_id, wanted=wanted)
        return once.rendered(to.perform("webhook.change", webhook_id, work))

    @to.door.route("/webhooks/<webhook_id>/secrets", methods=["POST"])
    @to.guarded
    @to.door.arguments(Nothing)
    @to.door.response(201, shapes.WebhookSecretOut)
    def rotate_webhook_secret(_: dict[str, Any], webhook_id: str) -> Any:
        """A new secret. For a while messages carry two signatures, by the old one and by the new one."""
        owner = to.owner()
        work = partial(webhooks.rotate, owner=owner, webhook_id=webhook_id)
        return _with_secret(to.perform("webhook.rotate", webhook_id, work))


def _with_secret(answer: once.Answer) -> Any:
    body, status, headers = once.rendered(answer)
    return {**body, "secret": webhooks.secret_of(body["webhook_id"], body["secret_no"])}, status, headers


def _switch(to: For, word: str, act: str, status: str, summary: str) -> None:
    @to.guarded
    @to.door.arguments(Nothing)
    @to.door.response(200, shapes.WebhookOut)
    def switch_webhook(_: dict[str, Any], webhook_id: str) -> Any:
        owner = to.owner()
        work = partial(webhooks.switch, owner=owner, webhook_id=webhook_id, status=status)
        return once.rendered(to.perform(f"webhook.{act}", webhook_id, work))

    switch_webhook.__doc__ = summary
    rule = f"/webhooks/<webhook_id>/{word}"
    to.door.route(rule, endpoint=f"{act}_webhook", methods=["POST"])(switch_webhook)


def _deliveries(to: For) -> None:
    @to.door.route("/webhooks/<webhook_id>/deliveries", methods=["GET"])
    @to.readable
    @to.door.arguments(shapes.EventPageIn, location="query")
    @to.door.response(200, shapes.DeliveriesOut)
    def list_deliveries(page: dict[str, Any], webhook_id: str) -> dict[str, Any]:
        """What was sent and with which result, newest event first."""
        return delivery.log(to.owner(), webhook_id, page.get("cursor"), page["limit"])

    @to.door.route("/webhooks/<webhook_id>/deliveries/<event_id>/resends", methods=["POST"])
    @to.guarded
    @to.door.arguments(Nothing)
    @to.door.response(202, shapes.ResentOut)
    def resend_event(_: dict[str, Any], webhook_id: str, event_id: str) -> Any:
        """Send an event again, under the same id."""
        owner = to.owner()
        work = partial(delivery.resend, owner=owner, webhook_id=webhook_id, event_id=event_id)
        answer = to.perform("webhook.resend", webhook_id, work)
        return answer.body, 202, once.rendered(answer)[2]
