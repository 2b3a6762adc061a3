"""The certification list: what a till must do, tried out on the sandbox with a vendor's client."""
