"""The one clock that may run behind: the seed's own, in its own process, forwards only, never in production."""

from __future__ import annotations

import re

import pytest

from app import clock, sql
from tests.kit import house, inside

DAY_MS = 86_400_000


def test_it_runs_forward_and_never_beyond_the_present(tmp_path):
    """What was said to have happened cannot happen again; where it is late for an entry it waits for nobody."""
    app = inside.migrated(inside.environment(f"sqlite:///{tmp_path}/past.db", PROFILE="demo"))
    with app.app_context(), sql.reading() as session:
        present = clock.now()
        with clock.past(present - 8 * DAY_MS) as move_on:
            assert 0 <= clock.now() - (present - 8 * DAY_MS) < 60_000
            assert abs(clock.database_now(session) - clock.now()) < 1_000
            move_on(present - DAY_MS)
            yesterday = clock.now()
            assert 0 <= yesterday - (present - DAY_MS) < 60_000
            move_on(present - 5 * DAY_MS)
            assert clock.now() >= yesterday
            move_on(present + DAY_MS)
            assert clock.offset() == 0
        assert clock.offset() == 0
    inside.close(app)


def test_nothing_of_it_is_left_where_the_seed_fails(tmp_path):
    """Also in the process that goes on."""
    app = inside.build(inside.environment(f"sqlite:///{tmp_path}/past.db", PROFILE="demo"))
    with app.app_context():
        with pytest.raises(KeyError), clock.past(clock.now() - DAY_MS):
            raise KeyError
        assert clock.offset() == 0


def test_production_lives_in_the_present(tmp_path):
    """Whoever calls it."""
    sink = {"PROFILE": "production", "SMS_SINK": f"file:{tmp_path}/sms"}
    app = inside.build(inside.environment(f"sqlite:///{tmp_path}/past.db", **sink))
    with app.app_context(), pytest.raises(RuntimeError, match="present"), clock.past(0):
        pass


def test_nobody_but_the_seed_lives_there():
    """No server, no job, no other command."""
    users = {
        name
        for name, module in house.modules().items()
        if re.search(r"\bclock\.past\(", module.path.read_text())
    }
    assert users == {"app.cli.demo.command"}
