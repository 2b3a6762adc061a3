"""Campaign states, the clock's part in them, and the lint that refuses at submission what would go wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from app.domain.instants import DAY_MS
from app.domain.refusals import Refusal, Refused


class State(StrEnum):
    """Stored states. `open` is never stored: an approved campaign is open when the clock says so."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    PAUSED = "paused"
    CLOSED = "closed"
    SETTLED = "settled"


class Act(StrEnum):
    """What a person can do to a campaign."""

    SUBMIT = "submit"
    APPROVE = "approve"
    REJECT = "reject"
    PAUSE = "pause"
    RESUME = "resume"
    CLOSE = "close"


MOVES: dict[tuple[State, Act], State] = {
    (State.DRAFT, Act.SUBMIT): State.IN_REVIEW,
    (State.IN_REVIEW, Act.APPROVE): State.APPROVED,
    (State.IN_REVIEW, Act.REJECT): State.DRAFT,
    (State.APPROVED, Act.PAUSE): State.PAUSED,
    (State.PAUSED, Act.RESUME): State.APPROVED,
    (State.APPROVED, Act.CLOSE): State.CLOSED,
    (State.PAUSED, Act.CLOSE): State.CLOSED,
}

# Nothing is claimed any more, and no act leads back.
ENDED = (State.CLOSED, State.SETTLED)
PUBLIC = (State.APPROVED, State.PAUSED, State.CLOSED, State.SETTLED)


def move(state: State, act: Act) -> State:
    """The state after `act`. Raises Refused(WRONG_STATE) for anything that is not in the table."""
    if (state, act) not in MOVES:
        raise Refused(Refusal.WRONG_STATE, state=state.value, act=act.value)
    return MOVES[state, act]


def shown(state: State, windows: Iterable[tuple[int, int]], now: int) -> str:
    """The state people see: an approved campaign is `open` from the first claim window's start (epoch ms)."""
    if state is State.APPROVED and any(start <= now for start, _ in windows):
        return "open"
    return state.value


@dataclass(frozen=True)
class BatchRules:
    """What an organizer configures for one batch. Money in fen, instants in epoch milliseconds."""

    name: str
    kind: str
    face_fen: int
    threshold_fen: int
    stock: int
    person_limit: int
    claim_from: int
    claim_to: int
    valid_from: int | None
    valid_to: int | None
    valid_days: int | None

    def validity(self, claimed_at: int) -> tuple[int, int]:
        """`[valid_from, valid_to)` of a voucher claimed at this instant: fixed, or N days after the claim."""
        if self.valid_days is not None:
            return claimed_at, claimed_at + self.valid_days * DAY_MS
        assert self.valid_from is not None and self.valid_to is not None
        return self.valid_from, self.valid_to


@dataclass(frozen=True)
class Fault:
    """One thing that would go wrong, with the field to mend."""

    field: str
    code: str
    zh: str
    en: str


def lint_batch(rules: BatchRules, now: int, where: str = "") -> list[Fault]:
    """The faults of one batch, one entry each. `where` prefixes the field, e.g. `batches[0].`."""
    checks = [
        (
            rules.claim_to <= rules.claim_from,
            "claim_to",
            "end_before_start",
            "结束早于开始",
            "ends before it starts",
        ),
        (rules.claim_from < now, "claim_from", "start_in_the_past", "开始时间已过", "starts in the past"),
        (
            rules.kind == "full_reduction" and rules.threshold_fen <= rules.face_fen,
            "face_fen",
            "face_not_below_threshold",
            "面额须小于门槛",
            "the face value must be below the threshold",
        ),
        *_validity_checks(rules),
    ]
    return [Fault(where + field, code, zh, en) for wrong, field, code, zh, en in checks if wrong]


def lint_mode(mode: str, public_value_name: str | None) -> list[Fault]:
    """A lottery names beforehand the public value that will decide it; nothing else has one."""
    if (mode == "lottery") == (public_value_name is not None):
        return []
    return [
        Fault(
            "public_value_name",
            "public_value_unclear",
            "摇号批次须事先写明公开数值，其他批次不需要",
            "a lottery names its public value beforehand, other batches have none",
        )
    ]


def _validity_checks(rules: BatchRules) -> list[tuple[bool, str, str, str, str]]:
    fixed = rules.valid_from is not None and rules.valid_to is not None
    if fixed == (rules.valid_days is not None):
        return [
            (
                True,
                "valid_to",
                "validity_unclear",
                "有效期须二选一",
                "give fixed dates or days after the claim",
            )
        ]
    if rules.valid_days is not None:
        return []
    start, end = rules.validity(rules.claim_from)
    return [
        (
            end <= start,
            "valid_to",
            "end_before_start",
            "有效期结束早于开始",
            "validity ends before it starts",
        ),
        (
            end < rules.claim_to,
            "valid_to",
            "expires_before_claim_ends",
            "券在领取结束前失效",
            "expires while claimable",
        ),
    ]


def lint(batches: Iterable[BatchRules], budget_fen: int, now: int) -> list[Fault]:
    """Everything that would go wrong with this campaign, one entry per fault."""
    listed = list(batches)
    faults = [fault for n, rules in enumerate(listed) for fault in lint_batch(rules, now, f"batches[{n}].")]
    if not listed:
        faults.append(Fault("batches", "no_batch", "至少需要一个批次", "a campaign needs at least one batch"))
    return faults + lint_budget(sum(rules.stock * rules.face_fen for rules in listed), budget_fen)


def lint_budget(promised_fen: int, budget_fen: int) -> list[Fault]:
    """A budget below Σ stock × face cannot keep what the batches promise."""
    if promised_fen <= budget_fen:
        return []
    return [
        Fault("budget_fen", "budget_too_small", "预算不足以覆盖全部库存", "the budget is below stock × face")
    ]
