"""The one table in which a voucher changes its state, and the refusals for everything that is not in it."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.refusals import Kind, Refusal, Refused
from app.domain.voucher_state import MOVES, Act, Status, comes_from, leads_to, move

# The whole truth, written a second time: what each act makes of each state, or the refusal.
EXPECTED: dict[tuple[Status, Act], Status | Refusal] = {
    (Status.ISSUED, Act.REDEEM): Status.REDEEMED,
    (Status.ISSUED, Act.RETURN): Refusal.WRONG_STATE,
    (Status.ISSUED, Act.LAPSE): Refusal.WRONG_STATE,
    (Status.ISSUED, Act.EXPIRE): Status.EXPIRED,
    (Status.ISSUED, Act.REVOKE): Status.REVOKED,
    (Status.REDEEMED, Act.REDEEM): Refusal.VOUCHER_USED,
    (Status.REDEEMED, Act.RETURN): Status.ISSUED,
    (Status.REDEEMED, Act.LAPSE): Status.EXPIRED,
    (Status.REDEEMED, Act.EXPIRE): Refusal.VOUCHER_USED,
    (Status.REDEEMED, Act.REVOKE): Refusal.VOUCHER_USED,
    **{(Status.EXPIRED, act): Refusal.VOUCHER_EXPIRED for act in Act},
    **{(Status.REVOKED, act): Refusal.VOUCHER_REVOKED for act in Act},
}


@pytest.mark.parametrize(("status", "act"), list(product(Status, Act)))
def test_every_act_on_every_state_is_a_move_or_a_refusal_by_name(status: Status, act: Act):
    """Nothing is left to chance: 20 pairs, 5 moves."""
    expected = EXPECTED[status, act]
    if isinstance(expected, Status):
        assert move(status, act) is expected
        return
    with pytest.raises(Refused) as refused:
        move(status, act)
    assert refused.value.refusal is expected


def test_expired_and_revoked_are_the_end():
    """Money that was released is not promised again."""
    assert {before for before, _ in MOVES} == {Status.ISSUED, Status.REDEEMED}


@given(st.lists(st.sampled_from(Act), max_size=12))
def test_a_voucher_is_never_redeemed_twice_without_a_return_between(acts: list[Act]):
    """Whatever is tried in whatever order."""
    status, used = Status.ISSUED, 0
    for act in acts:
        if (status, act) in MOVES:
            used += {Act.REDEEM: 1, Act.RETURN: -1, Act.LAPSE: -1}.get(act, 0)
            status = move(status, act)
        assert used == (status is Status.REDEEMED)


@pytest.mark.parametrize("act", Act)
def test_a_conditional_update_can_be_written_from_the_table(act: Act):
    """Each act comes from one state and leads to one: what an UPDATE compares and sets."""
    assert MOVES[comes_from(act), act] is leads_to(act)
    assert len([before for before, possible in MOVES if possible is act]) == 1


def test_what_stands_in_the_way_of_a_redemption_is_decided_for_good():
    """These refusals are stored with their key and replayed."""
    refusals = [EXPECTED[status, Act.REDEEM] for status in Status if status is not Status.ISSUED]
    assert [refusal.kind for refusal in refusals if isinstance(refusal, Refusal)] == [Kind.DECIDED] * 3
