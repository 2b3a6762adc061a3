"""`flask gate rebuild`: by hand, what the platform does by itself within seconds."""

from __future__ import annotations

from collections import Counter

from app.gate import keys
from tests.conftest import Staffed


def test_a_gate_with_a_wrong_count_is_set_from_sql(here: Staffed):
    """Somebody wrote nonsense into Redis: after the command exactly the rest of the stock is handed out.

    The platform looks for such a gate by itself: where it was faster, the command says so and changes nothing.
    """
    batch, crowd = here.batch(stock=3), here.citizens(4)
    crowd[0].holds(batch.batch_id)
    with here.town.redis() as client:
        client.hset(keys.gate(batch.batch_id), "stock", 900)
        done = here.town.flask("gate", "rebuild", batch.batch_id)
        assert done.returncode == 0, done.stderr
        assert done.stdout in {
            f"{batch.batch_id} {said}\n" for said in ("rebuilt", "a newer rebuild was faster")
        }
        assert client.hget(keys.gate(batch.batch_id), "stock") == "2"
    replies = [citizen.claim(batch.batch_id) for citizen in crowd[1:]]
    assert Counter(reply.code for reply in replies) == {None: 2, "sold_out": 1}


def test_without_a_name_it_sets_every_claimable_gate(here: Staffed):
    """Also one that Redis has forgotten."""
    batch = here.batch(stock=5)
    with here.town.redis() as client:
        client.delete(keys.gate(batch.batch_id))
        done = here.town.flask("gate", "rebuild")
        assert done.returncode == 0 and batch.batch_id in done.stdout, done.stderr
        assert client.hget(keys.gate(batch.batch_id), "stock") == "5"
