"""The console's pages, `/console/`, every one of them."""

from campaigns.console import campaigns, editor, entering, factor, home
from campaigns.console.frame import bp

__all__ = ["bp", "campaigns", "editor", "entering", "factor", "home"]
