"""The console's pages, `/console/`, every one of them."""

from campaigns.console import entering, factor, home
from campaigns.console.frame import bp

__all__ = ["bp", "entering", "factor", "home"]
