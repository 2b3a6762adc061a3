"""The blueprint of every door whose bodies and queries are checked by schemas."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint


class Door(Blueprint):
    """A blueprint that makes each schema once; the library would make it, and all that it nests, for every request."""

    def arguments(self, schema: Any, **more: Any) -> Any:
        """Check what comes in by this schema, a class or an instance (see flask_smorest)."""
        return super().arguments(schema() if isinstance(schema, type) else schema, **more)
