"""The console's pages, `/console/`, every one of them."""

from campaigns.console import (
    adjustments,
    campaigns,
    editor,
    entering,
    exports,
    factor,
    holds,
    home,
    ledger,
    payouts,
    returns,
    settlements,
)
from campaigns.console.frame import bp

__all__ = [
    "adjustments",
    "bp",
    "campaigns",
    "editor",
    "entering",
    "exports",
    "factor",
    "holds",
    "home",
    "ledger",
    "payouts",
    "returns",
    "settlements",
]
