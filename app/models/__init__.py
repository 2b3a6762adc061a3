"""SQL state: one table per file, columns and constraints, no behaviour."""

from app.models.adjustment import Adjustment
from app.models.application_document import ApplicationDocument
from app.models.application_event import ApplicationEvent
from app.models.audit_link import AuditLink
from app.models.audit_log import AuditLog
from app.models.bank_account import BankAccount
from app.models.batch import Batch
from app.models.batch_hour import BatchHour
from app.models.batch_merchant import BatchMerchant
from app.models.campaign import Campaign
from app.models.citizen import Citizen
from app.models.code_count import CodeCount
from app.models.code_handle import CodeHandle
from app.models.counter import Counter
from app.models.desk_claim import DeskClaim
from app.models.desk_visit import DeskVisit
from app.models.event import Event
from app.models.event_clock import EventClock
from app.models.export_job import ExportJob
from app.models.export_part import ExportPart
from app.models.hold_case import HoldCase
from app.models.hold_item import HoldItem
from app.models.hold_scan import HoldScan
from app.models.idempotency import Idempotency
from app.models.indirect_estimate import IndirectEstimate
from app.models.lottery import Lottery
from app.models.merchant import Merchant
from app.models.merchant_application import MerchantApplication
from app.models.merchant_staff import MerchantStaff
from app.models.notice import Notice
from app.models.notice_clock import NoticeClock
from app.models.offline_allowance import OfflineAllowance
from app.models.order import Order
from app.models.otp import Otp
from app.models.outbox import Outbox
from app.models.paper_sheet import PaperSheet
from app.models.payout import Payout
from app.models.payout_answer import PayoutAnswer
from app.models.payout_attempt import PayoutAttempt
from app.models.payout_file import PayoutFile
from app.models.posting_clock import PostingClock
from app.models.posting_fold import PostingFold
from app.models.posting_span import PostingSpan
from app.models.posting_sum import PostingSum
from app.models.redemption import Redemption
from app.models.redemption_line import RedemptionLine
from app.models.refund import Refund
from app.models.refund_approval import RefundApproval
from app.models.refund_line import RefundLine
from app.models.registration import Registration
from app.models.reservation import Reservation
from app.models.reservation_voucher import ReservationVoucher
from app.models.row_fold import RowFold
from app.models.sandbox_citizen import SandboxCitizen
from app.models.sandbox_fault import SandboxFault
from app.models.scan import Scan
from app.models.seal import Seal
from app.models.sealing import Sealing
from app.models.settlement_batch import SettlementBatch
from app.models.settlement_line import SettlementLine
from app.models.settlement_sample import SettlementSample
from app.models.staff import Staff
from app.models.staff_totp import StaffTotp
from app.models.store import Store
from app.models.target_list import TargetList
from app.models.target_part import TargetPart
from app.models.target_row import TargetRow
from app.models.terminal import Terminal
from app.models.terminal_key import TerminalKey
from app.models.transfer import Transfer
from app.models.treasury_return import TreasuryReturn
from app.models.voucher import Voucher
from app.models.webhook import Webhook
from app.models.webhook_delivery import WebhookDelivery

__all__ = [
    "Adjustment",
    "ApplicationDocument",
    "ApplicationEvent",
    "AuditLink",
    "AuditLog",
    "BankAccount",
    "Batch",
    "BatchHour",
    "BatchMerchant",
    "Campaign",
    "Citizen",
    "CodeCount",
    "CodeHandle",
    "Counter",
    "DeskClaim",
    "DeskVisit",
    "Event",
    "EventClock",
    "ExportJob",
    "ExportPart",
    "HoldCase",
    "HoldItem",
    "HoldScan",
    "Idempotency",
    "IndirectEstimate",
    "Lottery",
    "Merchant",
    "MerchantApplication",
    "MerchantStaff",
    "Notice",
    "NoticeClock",
    "OfflineAllowance",
    "Order",
    "Otp",
    "Outbox",
    "PaperSheet",
    "Payout",
    "PayoutAnswer",
    "PayoutAttempt",
    "PayoutFile",
    "PostingClock",
    "PostingFold",
    "PostingSpan",
    "PostingSum",
    "Redemption",
    "RedemptionLine",
    "Refund",
    "RefundApproval",
    "RefundLine",
    "Registration",
    "Reservation",
    "ReservationVoucher",
    "RowFold",
    "SandboxCitizen",
    "SandboxFault",
    "Scan",
    "Seal",
    "Sealing",
    "SettlementBatch",
    "SettlementLine",
    "SettlementSample",
    "Staff",
    "StaffTotp",
    "Store",
    "TargetList",
    "TargetPart",
    "TargetRow",
    "Terminal",
    "TerminalKey",
    "Transfer",
    "TreasuryReturn",
    "Voucher",
    "Webhook",
    "WebhookDelivery",
]
