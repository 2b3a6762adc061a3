"""The house's set-wise statements, wherever they stand."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import app
import campaigns
import merchant_api
from app import sql


def set_wise() -> dict[str, sql.SetWise]:
    """Every set-wise statement of the house, by module and name."""
    names = [
        module.name
        for room in (app, campaigns, merchant_api)
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}.")
    ]
    return {
        f"{name}.{each}": found
        for name in names
        for each, found in vars(import_module(name)).items()
        if isinstance(found, sql.SetWise)
    }
