"""What the blueprint of the doors adds to the library's."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_smorest import Api
from marshmallow import Schema, fields

from app.doors import Door


def test_a_schema_is_made_once_however_many_requests_it_checks():
    """Also where the class is named, as every route does."""
    made: list[Schema] = []

    class AmountIn(Schema):
        fen = fields.Integer(required=True)

        def __init__(self) -> None:
            super().__init__()
            made.append(self)

    app = Flask("doors")
    app.config |= {"API_TITLE": "x", "API_VERSION": "1", "OPENAPI_VERSION": "3.0.3"}
    door = Door("door", "door", url_prefix="/door")

    @door.route("/amounts", methods=["POST"])
    @door.arguments(AmountIn)
    def create_amount(asked: dict[str, Any]) -> dict[str, Any]:
        return asked

    Api(app).register_blueprint(door)
    client = app.test_client()
    del made[1:]  # the description of the door may make one of its own
    answers = [client.post("/door/amounts", json={"fen": fen}) for fen in (1, 2, "x")]
    assert [answer.status_code for answer in answers] == [200, 200, 422]
    assert answers[1].json == {"fen": 2} and len(made) == 1
