"""The table of periods rings for jobs that are there."""

from __future__ import annotations

from pkgutil import resolve_name

import pytest

from workers.schedule import SCHEDULE


@pytest.mark.parametrize("path", [path for path, _ in SCHEDULE])
def test_every_row_names_a_job(path: str):
    """A bell for a name that is nowhere fails in the worker's log only."""
    assert callable(resolve_name(path))
