"""The organizer's door: `/organizer/v1`."""

from campaigns.routes import bp

__all__ = ["bp"]
