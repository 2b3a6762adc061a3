"""The web till's pages, `/till/`, every one of them."""

from merchant_api import pages_apply, pages_books, pages_sell, pages_shop
from merchant_api.pages_sell import bp

__all__ = ["bp", "pages_apply", "pages_books", "pages_sell", "pages_shop"]
