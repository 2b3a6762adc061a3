"""The code as the house rules see it: modules, their imports, the rooms of docs/house.md."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NO_TEXT = {".pyc", ".png"}
TOPS = ("app", "merchant_api", "campaigns", "workers", "loadtest", "migrations", "wsgi.py")


@dataclass(frozen=True)
class Module:
    """One of our files, parsed."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def lines(self) -> int:
        """How long it is."""
        return len(self.path.read_text(encoding="utf-8").splitlines())

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Every function and method, nested ones too."""
        return (
            node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        )


@dataclass(frozen=True)
class Room:
    """A row of the table: its floor (None for what stands outside) and its modules."""

    floor: int | None
    modules: tuple[str, ...]


def python_files(*tops: str) -> list[Path]:
    """The Python files below these names."""
    paths = [ROOT / top for top in tops]
    return sorted(
        path for top in paths for path in ([top] if top.is_file() else top.rglob("*.py")) if top.exists()
    )


@cache
def modules() -> dict[str, Module]:
    """Everything of ours except tests, by dotted name."""
    found = {}
    for path in python_files(*TOPS):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = Module(name, path, ast.parse(path.read_text(encoding="utf-8")))
    return found


@cache
def rooms() -> tuple[Room, ...]:
    """The rows of docs/house.md."""
    table = (ROOT / "docs" / "house.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([0-9–]) \| ([^|]+) \|", table, re.MULTILINE)
    return tuple(
        Room(None if floor == "–" else int(floor), tuple(re.findall(r"`([^`]+)`", names)))
        for floor, names in rows
    )


def room_of(name: str) -> Room | None:
    """The room a module is in: the longest name in the table that begins its own."""
    fits = [
        (len(prefix), room)
        for room in rooms()
        for prefix in room.modules
        if name == prefix or name.startswith(prefix + ".")
    ]
    return max(fits, key=lambda fit: fit[0])[1] if fits else None


def imported(tree: ast.AST) -> set[str]:
    """Every dotted name that is imported anywhere in it; `from a import b` gives a.b."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def imports_of_ours(module: Module, inside: ast.AST | None = None) -> set[str]:
    """The modules of ours that a module imports, or only those imported inside a part of it."""
    targets = {_module_of(name) for name in imported(inside or module.tree)}
    return targets - {"", module.name}


def _module_of(name: str) -> str:
    """`from app.ids import new_id` means app.ids; empty for what is not ours."""
    while name and name not in modules():
        name = name.rpartition(".")[0]
    return name


def hidden_imports(module: Module) -> set[str]:
    """What of ours a module imports inside functions."""
    return {name for function in module.functions() for name in imports_of_ours(module, function)}


def cycle() -> list[str]:
    """Modules that import one another in a circle, or nothing."""
    state: dict[str, bool] = {}  # False while on the way, True when done

    def walk(name: str, way: list[str]) -> list[str]:
        if name in state:
            return [] if state[name] else [*way[way.index(name) :], name]
        state[name] = False
        for target in sorted(imports_of_ours(modules()[name])):
            if found := walk(target, [*way, name]):
                return found
        state[name] = True
        return []

    return next((found for name in modules() if (found := walk(name, []))), [])


def texts() -> Iterator[tuple[Path, str]]:
    """Every text file of the tree that is ours to write."""
    tops = [
        *TOPS,
        "tests",
        "docs",
        "scripts",
        ".ci",
        "README.md",
        "README.zh.md",
        "CHANGELOG.md",
        "Makefile",
        "pyproject.toml",
    ]
    for top in tops:
        for path in sorted((ROOT / top).rglob("*")) if (ROOT / top).is_dir() else [ROOT / top]:
            if path.is_file() and path.suffix not in NO_TEXT and "vendor" not in path.parts:
                yield path.relative_to(ROOT), path.read_text(encoding="utf-8")
