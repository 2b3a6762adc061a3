"""Who may see which page: every page that asks who is there is decided about here."""

from __future__ import annotations

from flask import Flask

from app.auth import PUBLIC, policy_of
from app.pages import face

STAFF = ("organizer", "author", "approver", "finance", "auditor", "support", "agent")
READERS = ("organizer", "author", "approver", "finance", "auditor")
MERCHANTS = ("owner", "finance", "cashier")
# What stands behind the name of a policy: `citizen`, `phone`, or the roles of staff.
MAY: dict[tuple[str, str], tuple[str, ...]] = {
    **{
        ("GET", f"/c/{page}"): ("citizen",)
        for page in (
            "",
            "batches/<batch_id>",
            "batches/<batch_id>/draw",
            "code",
            "me",
            "notices",
            "receipts",
            "scans",
            "stores",
            "wallet",
            "wallet/<voucher_id>",
        )
    },
    ("GET", "/c/apply"): ("phone",),
    ("POST", "/c/apply"): ("phone",),
    ("GET", "/till/"): MERCHANTS,
    ("GET", "/till/pair"): MERCHANTS,
    ("GET", "/till/refund"): MERCHANTS,
    ("GET", "/till/today"): MERCHANTS,
    ("GET", "/till/receipts/<order_no>"): MERCHANTS,
    ("GET", "/till/money"): ("owner", "finance"),
    ("GET", "/till/shop"): ("owner",),
    ("GET", "/till/staff"): ("owner",),
    ("POST", "/till/terminals/<terminal_id>/keys"): ("owner",),
    ("GET", "/console/"): STAFF,
    ("GET", "/console/desk"): ("agent",),
    ("GET", "/console/desk/residents/<citizen_id>"): ("agent",),
    ("GET", "/console/desk/sheets/<sheet_id>"): ("agent",),
    ("GET", "/console/merchants"): STAFF,
    ("GET", "/console/merchants/<merchant_id>"): STAFF,
    ("GET", "/console/stores/<store_id>/poster"): STAFF,
    ("GET", "/console/applications"): READERS,
    ("GET", "/console/applications/<application_id>"): ("organizer", "approver", "auditor"),
    ("GET", "/console/accounts"): READERS,
    ("GET", "/console/accounts/<account_id>"): ("organizer", "finance", "auditor"),
    ("GET", "/console/citizens"): ("organizer", "support"),
    ("POST", "/console/citizens"): ("organizer", "support"),
    **{
        ("GET", f"/console/{page}"): ("organizer", "auditor")
        for page in ("audit", "staff", "webhooks", "webhooks/<webhook_id>")
    },
    ("GET", "/console/anchors"): READERS,
    ("GET", "/console/campaigns"): STAFF,
    ("GET", "/console/campaigns/<campaign_id>"): STAFF,
    ("GET", "/console/campaigns/<campaign_id>/batches/<batch_id>/edit"): ("organizer", "author"),
    ("GET", "/console/campaigns/<campaign_id>/batches/new"): ("organizer", "author"),
    ("GET", "/console/campaigns/<campaign_id>/edit"): ("organizer", "author"),
    ("GET", "/console/batches/<batch_id>/lists"): READERS,
    ("GET", "/console/batches/<batch_id>/lottery"): READERS,
    ("GET", "/console/campaigns/<campaign_id>/live"): READERS,
    ("GET", "/console/campaigns/<campaign_id>/numbers"): READERS,
    ("GET", "/console/campaigns/new"): ("organizer", "author"),
    ("GET", "/console/factor"): STAFF,
    ("POST", "/console/factor"): STAFF,
    ("POST", "/console/factor/confirmations"): STAFF,
    ("GET", "/console/proof"): STAFF,
    ("POST", "/console/proof"): STAFF,
    **{
        ("GET", f"/console/{page}"): READERS
        for page in (
            "campaigns/<campaign_id>/adjustments",
            "campaigns/<campaign_id>/holds",
            "campaigns/<campaign_id>/returns",
            "campaigns/<campaign_id>/settlements",
            "exports",
            "holds",
            "holds/<case_id>",
            "ledger",
            "returns",
            "settlements",
            "settlements/<settlement_id>",
            "settlements/<settlement_id>/payouts",
            "settlements/<settlement_id>/statements/<merchant_id>.<form>",
        )
    },
}


def pages(app: Flask) -> dict[tuple[str, str], tuple[str, ...]]:
    """Every page that is not for everybody, and for whom it is."""
    with app.app_context():
        return {
            (method, rule.rule): tuple(found.name.partition(":")[2].split("|"))
            if ":" in found.name
            else (found.name,)
            for rule in app.url_map.iter_rules()
            if face.of(rule.rule) and (found := policy_of(rule.endpoint)) and found is not PUBLIC
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        }


def test_the_table_names_every_page(scratch: Flask):
    """A page that is not in it was not decided about; one that is gone does not stay in it."""
    assert pages(scratch) == MAY


def test_a_set_of_pages_lets_in_its_own_people_only(scratch: Flask):
    """No page of the console is for a merchant, none of the till for an organizer."""
    with scratch.app_context():
        policies = {
            rule.rule: policy_of(rule.endpoint)
            for rule in scratch.url_map.iter_rules()
            if face.of(rule.rule) in face.SETS
        }
    wanted = {
        "citizen": ("public", "phone", "citizen"),
        "till": ("public", "merchant_staff:"),
        "console": ("public", "staff:"),
    }
    for rule, found in policies.items():
        here = face.of(rule)
        assert here and found and found.name.startswith(wanted[here.name]), rule
