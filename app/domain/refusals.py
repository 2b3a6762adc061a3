"""Every refusal the platform can give, with its stable code and its two sentences.

A refusal is a value. `app/errors.py` turns it into HTTP, in one place; the catalogue below is the only list.
"""

from __future__ import annotations

from enum import Enum
from typing import Any


class Kind(Enum):
    """What a client may conclude from a refusal (design 3, "two kinds of refusal")."""

    REQUEST = "request"  # the request itself is wrong: 4xx before any use case, never stored
    AWAY = "turned away"  # not now: never stored, the same key may succeed later
    DECIDED = "decided"  # final for this key: stored with it and replayed


class Refusal(Enum):
    """(stable code, kind, Chinese sentence, English sentence)."""

    # the request
    REQUEST_INVALID = "request_invalid", Kind.REQUEST, "请求内容有误", "The request is not valid"
    AMOUNT_INVALID = "amount_invalid", Kind.REQUEST, "金额不正确", "The amount is not valid"
    JSON_INVALID = "json_invalid", Kind.REQUEST, "请求不是有效的 JSON", "The body is not valid JSON"
    BODY_TOO_LARGE = "body_too_large", Kind.REQUEST, "请求内容过大", "The body is too large"
    MEDIA_TYPE = "unsupported_media_type", Kind.REQUEST, "不接受这种内容类型", "Not a media type for here"
    NOT_FOUND = "not_found", Kind.REQUEST, "没有这个地址", "There is nothing at this address"
    METHOD = "method_not_allowed", Kind.REQUEST, "不支持这种请求方式", "This method is not allowed here"
    KEY_MISSING = "idempotency_key_missing", Kind.REQUEST, "缺少请求编号", "An Idempotency-Key is required"
    KEY_INVALID = (
        "idempotency_key_invalid",
        Kind.REQUEST,
        "请求编号格式不正确",
        "The Idempotency-Key is malformed",
    )
    KEY_MISMATCH = (
        "idempotency_mismatch",
        Kind.REQUEST,
        "同一请求编号对应的内容不同",
        "This Idempotency-Key was used with another request",
    )
    # who is there
    NOT_SIGNED_IN = "not_signed_in", Kind.REQUEST, "请先登录", "Please sign in"
    SESSION_EXPIRED = "session_expired", Kind.REQUEST, "登录已过期，请重新登录", "The session has expired"
    FORBIDDEN = "forbidden", Kind.REQUEST, "没有权限", "You may not do this"
    SMS_CODE_WRONG = (
        "sms_code_wrong",
        Kind.REQUEST,
        "验证码错误或已失效",
        "The SMS code is wrong or no longer valid",
    )
    LOGIN_WRONG = "login_wrong", Kind.REQUEST, "账号或密码错误", "The login or password is wrong"
    SIGNATURE_MISSING = "signature_missing", Kind.REQUEST, "缺少签名", "The request is not signed"
    SIGNATURE_INVALID = "signature_invalid", Kind.REQUEST, "签名无效", "The signature is not valid"
    SIGNATURE_STALE = (
        "signature_stale",
        Kind.REQUEST,
        "签名时间超出范围",
        "The signature is too old or too new",
    )
    NOT_APPLIED = "not_applied", Kind.REQUEST, "尚未申领安康码", "No Ankang code has been applied for yet"
    CITIZEN_SUSPENDED = (
        "citizen_suspended",
        Kind.DECIDED,
        "该安康码已暂停使用",
        "This Ankang code is suspended",
    )
    # not now
    OTP_TOO_SOON = "otp_too_soon", Kind.AWAY, "验证码已发送，请稍后再试", "A code was just sent, please wait"
    TOO_MANY = "too_many_requests", Kind.AWAY, "操作过于频繁，请稍后再试", "Too many requests, please wait"
    NOT_STARTED = "not_started", Kind.AWAY, "领取尚未开始", "Claiming has not started yet"
    SOLD_OUT = "sold_out", Kind.AWAY, "本批消费券已领完", "All vouchers of this batch are taken"
    DAY_LIMIT = "person_day_limit", Kind.AWAY, "今日领取已达上限，请明天再来", "The limit per day is reached"
    DAILY_BUDGET = (
        "daily_budget_exhausted",
        Kind.AWAY,
        "今日额度已发完，请明天再来",
        "The budget of today is given out",
    )
    CAMPAIGN_PAUSED = "campaign_paused", Kind.AWAY, "活动暂停领取", "Claiming is paused"
    VOUCHER_BUSY = (
        "voucher_busy",
        Kind.AWAY,
        "该券正在核销，请稍候",
        "This voucher is being redeemed right now",
    )
    GATE_CLOSED = (
        "gate_closed",
        Kind.AWAY,
        "系统繁忙，请稍后用原请求重试",
        "Busy: please repeat the same request",
    )
    OVERLOADED = (
        "overloaded",
        Kind.AWAY,
        "当前人数过多，请稍后用原请求重试",
        "Too busy right now: please repeat the same request",
    )
    IN_PROGRESS = "in_progress", Kind.AWAY, "相同请求正在处理", "The same request is still being worked on"
    UNAVAILABLE = (
        "unavailable",
        Kind.AWAY,
        "服务暂不可用，请用原请求重试",
        "Unavailable: repeat the same request",
    )
    # claiming
    CLAIM_ENDED = "claim_ended", Kind.REQUEST, "领取已结束", "Claiming has ended"
    PERSON_LIMIT = "person_limit", Kind.REQUEST, "已达每人限领数量", "The limit per person is reached"
    CLAIM_NOT_FOUND = "claim_not_found", Kind.REQUEST, "没有这次领取", "There is no claim with this key"
    BATCH_NOT_FOUND = "batch_not_found", Kind.REQUEST, "没有这个批次", "There is no such batch"
    CAMPAIGN_NOT_FOUND = "campaign_not_found", Kind.REQUEST, "没有这个活动", "There is no such campaign"
    VOUCHER_NOT_FOUND = "voucher_not_found", Kind.DECIDED, "没有这张券", "There is no such voucher"
    # the lottery
    NOT_FIRST_COME = (
        "not_first_come",
        Kind.REQUEST,
        "本批消费券不是先到先得",
        "This batch is not first come, first served",
    )
    NOT_A_LOTTERY = "not_a_lottery", Kind.REQUEST, "本批消费券不摇号", "This batch is no lottery"
    REGISTRATION_NOT_STARTED = (
        "registration_not_started",
        Kind.AWAY,
        "报名尚未开始",
        "Registration has not started yet",
    )
    REGISTRATION_ENDED = "registration_ended", Kind.REQUEST, "报名已结束", "Registration has ended"
    REGISTRATION_PAUSED = "registration_paused", Kind.AWAY, "活动暂停报名", "Registration is paused"
    ALREADY_REGISTERED = (
        "already_registered",
        Kind.REQUEST,
        "您已报名，请勿重复提交",
        "You are already registered",
    )
    REGISTRATION_NOT_FOUND = (
        "registration_not_found",
        Kind.REQUEST,
        "没有您的报名记录",
        "You are not registered here",
    )
    RESULTS_NOT_FOUND = "results_not_found", Kind.REQUEST, "尚未摇号", "Nothing has been drawn yet"
    # the Ankang code
    DUPLICATE_PERSON = (
        "duplicate_person",
        Kind.REQUEST,
        "该身份已申领安康码",
        "This person already has an Ankang code",
    )
    ALREADY_APPLIED = (
        "already_applied",
        Kind.REQUEST,
        "该手机号已申领安康码",
        "This phone already has an Ankang code",
    )
    CODE_INVALID = "code_invalid", Kind.DECIDED, "无法识别的安康码", "This is not a valid Ankang code"
    CODE_EXPIRED = (
        "code_expired",
        Kind.DECIDED,
        "安康码已过期，请刷新后重试",
        "The code has expired, please refresh it",
    )
    CODE_CONSUMED = "code_consumed", Kind.DECIDED, "安康码已使用，请刷新后重试", "The code was already used"
    # the till
    SCAN_TOKEN_INVALID = (
        "scan_token_invalid",
        Kind.DECIDED,
        "扫码凭证无效",
        "The scan token is not valid here",
    )
    SCAN_EXPIRED = (
        "scan_expired",
        Kind.DECIDED,
        "扫码已超时，请重新扫码",
        "The scan is too old, please scan again",
    )
    SCAN_BOUND = "scan_bound", Kind.DECIDED, "该次扫码已用于另一订单", "This scan already paid another order"
    SCAN_PURPOSE = (
        "scan_purpose",
        Kind.DECIDED,
        "该次扫码只用于身份核验",
        "This scan verified an identity only",
    )
    VOUCHER_USED = "voucher_used", Kind.DECIDED, "该券已核销", "This voucher is already used"
    VOUCHER_EXPIRED = "voucher_expired", Kind.DECIDED, "该券已过期", "This voucher has expired"
    VOUCHER_REVOKED = "voucher_revoked", Kind.DECIDED, "该券已作废", "This voucher was revoked"
    VOUCHER_NOT_YET_VALID = (
        "voucher_not_yet_valid",
        Kind.DECIDED,
        "该券尚未生效",
        "This voucher is not valid yet",
    )
    THRESHOLD_NOT_MET = (
        "threshold_not_met",
        Kind.DECIDED,
        "未达到使用门槛",
        "The order is below the threshold",
    )
    NOTHING_LEFT = (
        "nothing_left",
        Kind.DECIDED,
        "订单已无可抵扣金额",
        "Nothing is left of the order for this voucher",
    )
    TEST_AND_LIVE = "test_and_live", Kind.DECIDED, "测试与正式不能混用", "Test and live do not mix"
    ORDER_EXISTS = "order_exists", Kind.DECIDED, "该订单号已核销", "This order number was already redeemed"
    ORDER_REVERSED = "order_reversed", Kind.DECIDED, "该订单号已撤销", "This order number was reversed"
    ORDER_NOT_FOUND = "order_not_found", Kind.REQUEST, "没有这个订单号", "There is no such order number"
    # the organizer
    CAMPAIGN_INVALID = "campaign_invalid", Kind.REQUEST, "活动配置有误", "The campaign has faults"
    SELF_APPROVAL = (
        "self_approval",
        Kind.REQUEST,
        "不能审批自己提交的内容",
        "You may not approve your own work",
    )
    WRONG_STATE = (
        "wrong_state",
        Kind.REQUEST,
        "当前状态不允许此操作",
        "This is not possible in the present state",
    )
    HARMFUL_EDIT = (
        "harmful_edit",
        Kind.REQUEST,
        "不能损害已发放的券",
        "This would harm vouchers already issued",
    )
    MERCHANT_NOT_FOUND = "merchant_not_found", Kind.REQUEST, "没有这个商户", "There is no such merchant"
    STORE_NOT_FOUND = "store_not_found", Kind.REQUEST, "没有这个门店", "There is no such store"
    TERMINAL_NOT_FOUND = "terminal_not_found", Kind.REQUEST, "没有这个终端", "There is no such terminal"
    SETTLEMENT_NOT_FOUND = (
        "settlement_not_found",
        Kind.REQUEST,
        "没有这个结算批次",
        "There is no such settlement",
    )
    TARGET_LIST_NOT_FOUND = "target_list_not_found", Kind.REQUEST, "没有这份名单", "There is no such list"
    LIST_ENCODING = "list_encoding", Kind.REQUEST, "名单须为 UTF-8 编码", "The list must be UTF-8"
    LIST_HEADER = "list_header", Kind.REQUEST, "名单首行须为列名", "The first line must name the columns"
    LIST_EMPTY = "list_empty", Kind.REQUEST, "名单没有数据行", "The list has no rows"
    LIST_TOO_LONG = "list_too_long", Kind.REQUEST, "名单行数过多", "The list has too many rows"
    CUTOFF_INVALID = "cutoff_invalid", Kind.REQUEST, "结算截止时间不正确", "The cutoff is not possible"

    def __init__(self, code: str, kind: Kind, zh: str, en: str) -> None:
        self.code = code
        self.kind = kind
        self.zh = zh
        self.en = en

    @property
    def retryable(self) -> bool:
        """True where the same key may still succeed."""
        return self.kind is Kind.AWAY

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
