"""Every refusal the platform can give, with its stable code and its two sentences.

A refusal is a value. `app/errors.py` turns it into HTTP, in one place; the catalogue below is the only list, and what
each says on a screen stands in `refusals.toml`.
"""

from __future__ import annotations

import tomllib
from enum import Enum
from pathlib import Path
from typing import Any


class Kind(Enum):
    """What a client may conclude from a refusal (design 3, "two kinds of refusal")."""

    REQUEST = "request"  # the request itself is wrong: 4xx before any use case, never stored
    AWAY = "turned away"  # not now: never stored, the same key may succeed later
    DECIDED = "decided"  # final for this key: stored with it and replayed


SENTENCES: dict[str, dict[str, str]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)


class Refusal(Enum):
    """(stable code, kind)."""

    # the request
    REQUEST_INVALID = "request_invalid", Kind.REQUEST
    AMOUNT_INVALID = "amount_invalid", Kind.REQUEST
    JSON_INVALID = "json_invalid", Kind.REQUEST
    BODY_TOO_LARGE = "body_too_large", Kind.REQUEST
    MEDIA_TYPE = "unsupported_media_type", Kind.REQUEST
    NOT_FOUND = "not_found", Kind.REQUEST
    METHOD = "method_not_allowed", Kind.REQUEST
    KEY_MISSING = "idempotency_key_missing", Kind.REQUEST
    KEY_INVALID = "idempotency_key_invalid", Kind.REQUEST
    KEY_MISMATCH = "idempotency_mismatch", Kind.REQUEST
    # who is there
    NOT_SIGNED_IN = "not_signed_in", Kind.REQUEST
    SESSION_EXPIRED = "session_expired", Kind.REQUEST
    FORBIDDEN = "forbidden", Kind.REQUEST
    CROSS_SITE = "cross_site", Kind.REQUEST
    SMS_CODE_WRONG = "sms_code_wrong", Kind.REQUEST
    LOGIN_WRONG = "login_wrong", Kind.REQUEST
    TOTP_REQUIRED = "totp_required", Kind.REQUEST
    TOTP_WRONG = "totp_wrong", Kind.REQUEST
    SIGNATURE_MISSING = "signature_missing", Kind.REQUEST
    SIGNATURE_INVALID = "signature_invalid", Kind.REQUEST
    SIGNATURE_STALE = "signature_stale", Kind.REQUEST
    MERCHANT_SUSPENDED = "merchant_suspended", Kind.REQUEST
    STORE_SUSPENDED = "store_suspended", Kind.REQUEST
    TERMINAL_SUSPENDED = "terminal_suspended", Kind.REQUEST
    SANDBOX_ONLY = "sandbox_only", Kind.REQUEST
    NOT_APPLIED = "not_applied", Kind.REQUEST
    CITIZEN_SUSPENDED = "citizen_suspended", Kind.DECIDED
    # not now
    OTP_TOO_SOON = "otp_too_soon", Kind.AWAY
    TOO_MANY = "too_many_requests", Kind.AWAY
    NOT_STARTED = "not_started", Kind.AWAY
    SOLD_OUT = "sold_out", Kind.AWAY
    DAY_LIMIT = "person_day_limit", Kind.AWAY
    DAILY_BUDGET = "daily_budget_exhausted", Kind.AWAY
    CAMPAIGN_PAUSED = "campaign_paused", Kind.AWAY
    VOUCHER_BUSY = "voucher_busy", Kind.AWAY
    GATE_CLOSED = "gate_closed", Kind.AWAY
    OVERLOADED = "overloaded", Kind.AWAY
    IN_PROGRESS = "in_progress", Kind.AWAY
    UNAVAILABLE = "unavailable", Kind.AWAY
    # claiming
    CLAIM_ENDED = "claim_ended", Kind.REQUEST
    PERSON_LIMIT = "person_limit", Kind.REQUEST
    CLAIM_NOT_FOUND = "claim_not_found", Kind.REQUEST
    BATCH_NOT_FOUND = "batch_not_found", Kind.REQUEST
    CAMPAIGN_NOT_FOUND = "campaign_not_found", Kind.REQUEST
    VOUCHER_NOT_FOUND = "voucher_not_found", Kind.DECIDED
    # the lottery
    NOT_FIRST_COME = "not_first_come", Kind.REQUEST
    NOT_A_LOTTERY = "not_a_lottery", Kind.REQUEST
    REGISTRATION_NOT_STARTED = "registration_not_started", Kind.AWAY
    REGISTRATION_ENDED = "registration_ended", Kind.REQUEST
    REGISTRATION_PAUSED = "registration_paused", Kind.AWAY
    ALREADY_REGISTERED = "already_registered", Kind.REQUEST
    REGISTRATION_NOT_FOUND = "registration_not_found", Kind.REQUEST
    RESULTS_NOT_FOUND = "results_not_found", Kind.REQUEST
    # the Ankang code
    DUPLICATE_PERSON = "duplicate_person", Kind.REQUEST
    NO_VISIT = "no_visit", Kind.REQUEST
    SHEET_NOT_FOUND = "sheet_not_found", Kind.REQUEST
    ALREADY_APPLIED = "already_applied", Kind.REQUEST
    CODE_INVALID = "code_invalid", Kind.DECIDED
    CODE_EXPIRED = "code_expired", Kind.DECIDED
    CODE_CONSUMED = "code_consumed", Kind.DECIDED
    # the till
    SCAN_TOKEN_INVALID = "scan_token_invalid", Kind.DECIDED
    SCAN_EXPIRED = "scan_expired", Kind.DECIDED
    SCAN_BOUND = "scan_bound", Kind.DECIDED
    SCAN_PURPOSE = "scan_purpose", Kind.DECIDED
    SHEET_USED = "sheet_used", Kind.DECIDED
    SHEET_REVOKED = "sheet_revoked", Kind.DECIDED
    SHEET_NO_IDENTITY = "sheet_no_identity", Kind.DECIDED
    VOUCHER_USED = "voucher_used", Kind.DECIDED
    VOUCHER_EXPIRED = "voucher_expired", Kind.DECIDED
    VOUCHER_REVOKED = "voucher_revoked", Kind.DECIDED
    VOUCHER_NOT_YET_VALID = "voucher_not_yet_valid", Kind.DECIDED
    THRESHOLD_NOT_MET = "threshold_not_met", Kind.DECIDED
    NOTHING_LEFT = "nothing_left", Kind.DECIDED
    BASKET_NEEDED = "basket_needed", Kind.DECIDED
    WRONG_MERCHANT = "wrong_merchant", Kind.DECIDED
    WRONG_CATEGORY = "wrong_category", Kind.DECIDED
    WRONG_AREA = "wrong_area", Kind.DECIDED
    WRONG_HOURS = "wrong_hours", Kind.DECIDED
    STACKING_CONFLICT = "stacking_conflict", Kind.DECIDED
    NONE_APPLIES = "none_applies", Kind.DECIDED
    TEST_AND_LIVE = "test_and_live", Kind.DECIDED
    POSSIBLE_DUPLICATE = "possible_duplicate", Kind.DECIDED
    BUDGET_EXHAUSTED = "budget_exhausted", Kind.DECIDED
    CITIZEN_CAP = "citizen_day_cap", Kind.DECIDED
    TERMINAL_CAP = "terminal_day_cap", Kind.DECIDED
    MERCHANT_CAP = "merchant_day_cap", Kind.DECIDED
    ORDER_EXISTS = "order_exists", Kind.DECIDED
    ORDER_REVERSED = "order_reversed", Kind.DECIDED
    ORDER_NOT_REDEEMED = "order_not_redeemed", Kind.REQUEST
    REFUND_EXCEEDS = "refund_exceeds", Kind.DECIDED
    VOUCHER_HELD = "voucher_held", Kind.DECIDED
    ORDER_RESERVED = "order_reserved", Kind.DECIDED
    RESERVATION_NOT_FOUND = "reservation_not_found", Kind.REQUEST
    RESERVATION_EXPIRED = "reservation_expired", Kind.DECIDED
    RESERVATION_RELEASED = "reservation_released", Kind.DECIDED
    VOUCHER_CYCLES = "voucher_cycles", Kind.DECIDED
    APPROVAL_REQUIRED = "approval_required", Kind.DECIDED
    APPROVAL_INVALID = "approval_invalid", Kind.DECIDED
    ORDER_NOT_FOUND = "order_not_found", Kind.REQUEST
    # without a network
    NEEDS_NETWORK = "voucher_needs_network", Kind.REQUEST
    OFFLINE_TAMPERED = "offline_tampered", Kind.DECIDED
    OFFLINE_ALLOWANCE = "allowance_invalid", Kind.DECIDED
    OFFLINE_HOURS = "offline_outside_hours", Kind.DECIDED
    OFFLINE_LATE = "offline_late", Kind.DECIDED
    OFFLINE_OVER = "over_allowance", Kind.DECIDED
    OFFLINE_CONFLICT = "offline_conflict", Kind.DECIDED
    # the organizer
    CAMPAIGN_INVALID = "campaign_invalid", Kind.REQUEST
    SELF_APPROVAL = "self_approval", Kind.REQUEST
    WRONG_STATE = "wrong_state", Kind.REQUEST
    HARMFUL_EDIT = "harmful_edit", Kind.REQUEST
    APPLICATION_NOT_FOUND = "application_not_found", Kind.REQUEST
    LOGIN_TAKEN = "login_taken", Kind.REQUEST
    BANK_ACCOUNT_NOT_FOUND = "bank_account_not_found", Kind.REQUEST
    ANCHOR_NOT_FOUND = "anchor_not_found", Kind.REQUEST
    OWN_ROLE = "own_role", Kind.REQUEST
    LAST_ORGANIZER = "last_organizer", Kind.REQUEST
    STAFF_NOT_FOUND = "staff_not_found", Kind.REQUEST
    CREDIT_CODE_TAKEN = "credit_code_taken", Kind.REQUEST
    CITIZEN_NOT_FOUND = "citizen_not_found", Kind.REQUEST
    MERCHANT_NOT_FOUND = "merchant_not_found", Kind.REQUEST
    STORE_NOT_FOUND = "store_not_found", Kind.REQUEST
    TERMINAL_NOT_FOUND = "terminal_not_found", Kind.REQUEST
    TERMINAL_KEY_NOT_FOUND = "terminal_key_not_found", Kind.REQUEST
    HOLD_CASE_NOT_FOUND = "hold_case_not_found", Kind.REQUEST
    ADJUSTMENT_NOT_FOUND = "adjustment_not_found", Kind.REQUEST
    REDEMPTION_NOT_FOUND = "redemption_not_found", Kind.REQUEST
    STATEMENT_NOT_FOUND = "statement_not_found", Kind.REQUEST
    GESTURE_TOO_LARGE = "gesture_too_large", Kind.REQUEST
    REVIEW_INCOMPLETE = "review_incomplete", Kind.REQUEST
    PAYOUT_FILE_NOT_FOUND = "payout_file_not_found", Kind.REQUEST
    SETTLEMENT_NOT_FOUND = "settlement_not_found", Kind.REQUEST
    TARGET_LIST_NOT_FOUND = "target_list_not_found", Kind.REQUEST
    LIST_ENCODING = "list_encoding", Kind.REQUEST
    LIST_HEADER = "list_header", Kind.REQUEST
    LIST_EMPTY = "list_empty", Kind.REQUEST
    LIST_TOO_LONG = "list_too_long", Kind.REQUEST
    TREASURY_RETURN_NOT_FOUND = "treasury_return_not_found", Kind.REQUEST
    NOT_RETURNABLE = "not_returnable", Kind.REQUEST
    CUTOFF_INVALID = "cutoff_invalid", Kind.REQUEST
    EXPORT_NOT_FOUND = "export_not_found", Kind.REQUEST
    EXPORT_NOT_READY = "export_not_ready", Kind.REQUEST
    # webhooks
    WEBHOOK_NOT_FOUND = "webhook_not_found", Kind.REQUEST
    WEBHOOK_ADDRESS = "webhook_address_invalid", Kind.REQUEST
    WEBHOOKS_FULL = "webhooks_full", Kind.REQUEST
    DELIVERY_NOT_FOUND = "delivery_not_found", Kind.REQUEST
    # notices
    NOTICE_NOT_FOUND = "notice_not_found", Kind.REQUEST

    def __init__(self, code: str, kind: Kind) -> None:
        self.code = code
        self.kind = kind
        said = SENTENCES[code]
        self.zh = said["zh"]
        self.en = said["en"]
        self.do_zh = said.get("do_zh")
        self.do_en = said.get("do_en")

    @property
    def retryable(self) -> bool:
        """True where the same key may still succeed."""
        return self.kind is Kind.AWAY

    @property
    def is_at_the_till(self) -> bool:
        """True where a till can get it: then it tells the cashier what to do."""
        return self.do_zh is not None

    @classmethod
    def of(cls, code: str) -> Refusal:
        """The refusal with this stable code. Raises KeyError for a code that is not in the catalogue."""
        return _BY_CODE[code]


_BY_CODE = {refusal.code: refusal for refusal in Refusal}


class Refused(Exception):
    """A use case says no. `facts` go into the answer beside the code, e.g. `shortfall_fen=1000`."""

    def __init__(self, refusal: Refusal, **facts: Any) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal
        self.facts = facts

    @classmethod
    def because(cls, refusal: Refusal, error: Exception) -> Refused:
        """A refusal as a value, with the error behind it: what `raise … from error` is for one that is raised."""
        refused = cls(refusal)
        refused.__cause__ = error
        return refused
