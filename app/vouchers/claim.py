"""Claiming a voucher (领取), first come first served: ask the gate, write in SQL, confirm. In groups (design 3.1)."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, cast

import redis
from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app import clock, courtesy, once, sql
from app.config import Settings
from app.domain.refusals import Refusal, Refused
from app.gate import admission, rebuild
from app.gate.admission import Admission, Claimant, Verdict
from app.vouchers import commit, wallet
from app.vouchers.grant import Ask, Issued, StaleEpoch, grant

PASSES = 4
ADMITTED = (Verdict.ADMITTED, Verdict.AGAIN)
REBUILD_WAITS_S = (0.0, 0.02, 0.05, 0.1, 0.2)


class Claim(NamedTuple):
    """One claim in a group: who, from which batch, under which key; what the gate said of it."""

    citizen_id: str
    batch_id: str
    write: once.Write
    admitted: Admission | None = None

    @property
    def claimant(self) -> Claimant:
        """As the gate knows it."""
        return Claimant(self.citizen_id, self.write.key)


Outcome = once.Answer | Exception


def claim(citizen_id: str, batch_id: str, write: once.Write) -> once.Answer:
    """Give this citizen one voucher of the batch, or raise Refused; granted only after COMMIT.

    1. The gate admits (Redis).  2. SQL answers a known key, or grants, fenced.  3. The pending note goes. A refusal is
    only given when the key has no effect: SQL is asked first. Refusals of claims are never stored.
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return once.final(lane(app).run(Claim(citizen_id, batch_id, write)))


def lane(app: Flask) -> commit.Lane[Claim, once.Answer]:
    """The claims of this process on their way through gate and SQL; for callers that may not wait, too."""
    return commit.lane(app, "claim", _serve, _apart, most=most_in_a_group(app))


def most_in_a_group(app: Flask) -> int:
    """As many for each shard of a split batch as a whole batch has: a group is one script a shard."""
    return commit.MOST_IN_A_GROUP * cast("Settings", app.extensions["settings"]).gate_shards


def _apart(wanted: Claim) -> Hashable:
    """A person claims once in a group: counters and keys of two claims of one person would meet."""
    return wanted.citizen_id


def _serve(group: list[Claim]) -> Sequence[Outcome]:
    """Every claim of a group answered: the gate first, then one transaction for those it admitted.

    What passed a gate that was rebuilt meanwhile passes the new one; who meets that twice asks for a rebuild first.
    """
    courtesy.give_way()
    outcomes: dict[Claim, Outcome] = {}
    left = group
    for number in range(PASSES):
        if number > 1:
            _correct_gates(each.batch_id for each in left)
        outcomes |= _passed(left)
        left = [each for each in left if isinstance(outcomes[each], StaleEpoch)]
        if not left:
            break
    outcomes |= dict.fromkeys(left, Refused(Refusal.GATE_CLOSED))
    return _unless_known([outcomes[each] for each in group], group)


def _passed(group: list[Claim]) -> dict[Claim, Outcome]:
    outcomes: dict[Claim, Outcome] = {}
    admitted: list[Claim] = []
    for batch_id in dict.fromkeys(each.batch_id for each in group):
        asked = [each for each in group if each.batch_id == batch_id]
        for each, word in zip(asked, _ask(batch_id, asked), strict=True):
            if isinstance(word, Admission) and word.verdict in ADMITTED:
                admitted.append(each._replace(admitted=word))
            else:
                outcomes[each] = word if isinstance(word, Exception) else _turned_away(word)
    return outcomes | (_granted(admitted) if admitted else {})


def _ask(batch_id: str, asked: Sequence[Claim]) -> Sequence[Admission | Exception]:
    """The gate's words; where it is closed it is rebuilt, and they are asked again for a while."""
    claimants = [each.claimant for each in asked]
    try:
        words: list[Admission | Exception] = [*admission.ask(batch_id, claimants)]
    except SQLAlchemyError as error:  # how the gate is split is not known yet
        return [Refused.because(Refusal.UNAVAILABLE, error)] * len(asked)
    for wait_s in REBUILD_WAITS_S:
        closed = [place for place, word in enumerate(words) if _is_closed(word)]
        if not closed:
            break
        time.sleep(wait_s)
        for place, word in zip(closed, _opened(batch_id, [claimants[n] for n in closed]), strict=True):
            words[place] = word
    return [
        Refused.because(Refusal.GATE_CLOSED, word) if isinstance(word, redis.RedisError) else word
        for word in words
    ]


def _is_closed(word: Admission | Exception) -> bool:
    return isinstance(word, Admission) and word.verdict is Verdict.CLOSED


def _opened(batch_id: str, claimants: Sequence[Claimant]) -> Sequence[Admission | Exception]:
    """What the gate says when it has been set from SQL."""
    try:
        rebuild.rebuild_soon(batch_id)
        return admission.ask(batch_id, claimants)
    except (redis.RedisError, Refused) as error:
        return [error] * len(claimants)


def _turned_away(word: Admission) -> Refused:
    match word.verdict:
        case Verdict.NOT_STARTED:
            wait_ms = word.claim_from - word.at
            return Refused(Refusal.NOT_STARTED, server_time=clock.iso(word.at), wait_ms=wait_ms)
        case Verdict.PAUSED:
            return Refused(Refusal.CAMPAIGN_PAUSED)
        case Verdict.ENDED:
            return Refused(Refusal.CLAIM_ENDED)
        case Verdict.PERSON_LIMIT:
            return Refused(Refusal.PERSON_LIMIT)
        case Verdict.SOLD_OUT:
            return Refused(Refusal.SOLD_OUT)
        case _:
            return Refused(Refusal.GATE_CLOSED)


def _unless_known(outcomes: list[Outcome], group: list[Claim]) -> list[Outcome]:
    """No key is refused its own effect: what would be refused is looked up in SQL first."""
    refused = [n for n, outcome in enumerate(outcomes) if isinstance(outcome, Refused)]
    if not refused:
        return outcomes
    try:
        with sql.reading() as session:
            known = once.look_up_all(session, [group[n].write for n in refused])
    except Exception as error:  # a refusal may not be given while the key may have an effect
        known = [Refused.because(Refusal.UNAVAILABLE, error)] * len(refused)
    for n, found in zip(refused, known, strict=True):
        outcomes[n] = found or outcomes[n]
    return outcomes


def _granted(admitted: list[Claim]) -> dict[Claim, Outcome]:
    """One transaction; then the gate hears what became of each unit.

    Who is refused may be somebody's twin: its key is looked up before its unit goes back.
    """
    courtesy.give_way()
    try:
        decided: list[Outcome] = list(commit.together(admitted, _decide))
    except Refused as refused:
        decided = [refused] * len(admitted)
    decided = _unless_known(decided, admitted)
    _tell_gate(list(zip(admitted, decided, strict=True)))
    return {each._replace(admitted=None): outcome for each, outcome in zip(admitted, decided, strict=True)}


def _decide(session: Session, claims: Sequence[Claim]) -> list[Outcome]:
    known = once.look_up_all(session, [each.write for each in claims])
    fresh = [each for each, found in zip(claims, known, strict=True) if found is None]
    granted = iter(grant(session, [_ask_of(each) for each in fresh]) if fresh else [])
    outcomes: list[Outcome] = [
        found if found is not None else _answer(each, next(granted))
        for each, found in zip(claims, known, strict=True)
    ]
    new = [(each.write, outcome) for each, outcome in zip(claims, outcomes, strict=True) if _is_new(outcome)]
    once.store_all(session, new)  # type: ignore[arg-type]
    return outcomes


def _ask_of(wanted: Claim) -> Ask:
    assert wanted.admitted is not None
    return Ask(wanted.citizen_id, wanted.batch_id, wanted.admitted.at, wanted.admitted.epoch)


def _is_new(outcome: Outcome) -> bool:
    return isinstance(outcome, once.Answer) and not outcome.replayed


def _answer(wanted: Claim, outcome: Any) -> Outcome:
    if not isinstance(outcome, Issued):
        return Refused(outcome) if isinstance(outcome, Refusal) else outcome
    shown = wallet.shown_new(outcome.voucher, outcome.batch)
    return once.Answer(201, {"claim_key": wanted.write.key, "voucher": shown}, outcome.voucher_id)


def _tell_gate(decided: list[tuple[Claim, Outcome]]) -> None:
    """Notes of committed claims go, units that the person could not use go back, wrong counts are corrected.

    Twins share a note, and each decides by the same answer, so its unit goes back once or stays.
    """
    committed: dict[tuple[str, int], list[Claimant]] = defaultdict(list)
    wrong: set[str] = set()
    for each, outcome in decided:
        assert each.admitted is not None
        place = (each.batch_id, each.admitted.epoch)
        match outcome:
            case once.Answer(replayed=True) if not _is_of(outcome, each.admitted):
                admission.give_back(*place, each.claimant)  # this unit was taken for nothing
            case once.Answer():
                committed[place].append(each.claimant)
            case Refused(refusal=Refusal.SOLD_OUT):
                wrong.add(each.batch_id)
            case Refused(refusal=Refusal.UNAVAILABLE | Refusal.IN_PROGRESS):
                pass  # unknown: the note stays until the key comes again or the gate is rebuilt
            case Refused():
                admission.give_back(*place, each.claimant)
    for (batch_id, epoch), claimants in committed.items():
        admission.confirm(batch_id, epoch, claimants)
    _correct_gates(wrong)


def _is_of(answer: once.Answer, admitted: Admission) -> bool:
    """Whether the voucher was made of this very admission, by ourselves or by a twin who was told AGAIN."""
    return bool(answer.body["voucher"]["claimed_at"] == clock.iso(admitted.at))


def _correct_gates(batch_ids: Iterable[str]) -> None:
    """What these gates count may be wrong: set them from SQL, now or when the sweeper finds a pending note."""
    for batch_id in sorted(set(batch_ids)):
        with suppress(redis.RedisError, Refused):
            rebuild.rebuild_soon(batch_id)
