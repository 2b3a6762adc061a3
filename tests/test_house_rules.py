"""The house checks its own rules: a convention that is not a test is a wish."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

from tests.kit import house
from tests.kit.house import ROOT, Module, Room, modules, room_of

MOST_LINES = 300
MOST_FUNCTION_LINES = 40
MOST_LUA_LINES = 40
LUA = sorted((ROOT / "app" / "gate").glob("*.lua"))
TABLES = sorted(path for path in (ROOT / "app" / "models").glob("*.py") if path.name != "__init__.py")
HIDDEN_IMPORTS_IN = {"app.cli"}  # its docstring and docs/house.md say why
READ_THE_ENVIRONMENT = {"app.config", "app.cli.run_settings"}
TALK_TO_A_TERMINAL = ("app.cli", "app.sms")


def platform() -> list[Module]:
    """The modules that make up the platform: neither the load test nor the client to be copied."""
    return [
        module
        for name, module in modules().items()
        if not name.startswith(("loadtest", "merchant_api.client"))
    ]


def may_import(source: Room, target: Room) -> bool:
    """Down, or within the room."""
    if source is target:
        return True
    return source.floor is not None and target.floor is not None and target.floor < source.floor


def test_every_module_has_a_room():
    """A new module belongs to a row of docs/house.md, or gets one."""
    homeless = [name for name in modules() if name != "app" and room_of(name) is None]
    assert homeless == []
    assert house.imported(modules()["app"].tree) == set()


def test_every_room_is_still_there():
    """A row whose module is gone tells a story about another house."""
    named = [name for room in house.rooms() for name in room.modules]
    assert [name for name in named if name not in modules() and not (ROOT / name).is_dir()] == []
    assert len(named) == len(set(named))


def test_imports_point_down():
    """No module imports a floor above its own, nor a neighbour; imports inside functions count too."""
    breaches = [
        f"{name} may not import {target}"
        for name, module in modules().items()
        for target in sorted(house.imports_of_ours(module))
        if (source := room_of(name)) and (room := room_of(target)) and not may_import(source, room)
    ]
    assert breaches == []


def test_imports_never_go_in_circles():
    """Also within a room, also through a function."""
    assert house.cycle() == []


def test_imports_stand_at_the_top():
    """An import inside a function hides a dependency; the one exception is documented."""
    hiding = {name for name, module in modules().items() if house.hidden_imports(module)}
    assert hiding == HIDDEN_IMPORTS_IN


def test_the_rules_know_nothing_but_the_standard_library():
    """app.domain is pure."""
    outside = {
        name
        for module in modules().values()
        if module.name.startswith("app.domain")
        for name in house.imported(module.tree)
        if not name.startswith("app.domain") and name.partition(".")[0] not in sys.stdlib_module_names
    }
    assert outside == set()


def test_no_file_is_too_long():
    """At most 300 lines, tests included; a migration is as long as its tables."""
    paths = [module.path for module in modules().values() if not module.name.startswith("migrations")]
    lengths = {path: len(path.read_text().splitlines()) for path in [*paths, *house.python_files("tests")]}
    assert {str(path): lines for path, lines in lengths.items() if lines > MOST_LINES} == {}


def test_no_function_is_too_long():
    """At most 40 lines, outside tests and migrations."""
    long = [
        f"{module.name}.{function.name}"
        for module in modules().values()
        if not module.name.startswith("migrations")
        for function in module.functions()
        if (function.end_lineno or 0) - function.lineno >= MOST_FUNCTION_LINES
    ]
    assert long == []


@pytest.mark.parametrize("path", LUA, ids=lambda path: path.stem)
def test_every_lua_file_says_what_it_does(path: Path):
    """One act, one header: what it does, its KEYS, its ARGV, its reply; short enough to hold in mind."""
    text = path.read_text()
    head = [line for line in text.splitlines() if line.startswith("--")]
    assert head[0].startswith(f"-- {path.stem}: "), head[0]
    assert [word for word in ("KEYS  ", "ARGV  ", "Reply ") if f"\n-- {word}" not in text] == []
    assert text.startswith("--") and len(text.splitlines()) <= MOST_LUA_LINES


@pytest.mark.parametrize("path", LUA, ids=lambda path: path.stem)
def test_every_lua_file_has_a_race_test(path: Path):
    """Some race test names the act it drives."""
    races = [race.read_text() for race in (ROOT / "tests" / "races").glob("*.py")]
    assert any(path.name in text for text in races), f"no test in tests/races names {path.name}"


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_one_table_a_file(path: Path):
    """A table's file holds one class with one table name, and no behaviour."""
    (model,) = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef)]
    assigned = [ast.unparse(node) for node in model.body if isinstance(node, ast.Assign)]
    assert sum(line.startswith("__tablename__ = ") for line in assigned) == 1
    methods = {node.name for node in ast.walk(model) if isinstance(node, ast.FunctionDef)}
    assert methods <= {"__repr__"}
    assert model.name in modules()["app.models"].path.read_text()


def test_only_the_settings_read_the_environment():
    """Everything else is told."""
    readers = {
        module.name for module in platform() if house.imported(module.tree) & {"os.environ", "os.getenv"}
    } | {
        module.name
        for module in platform()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node) in {"os.environ", "os.environb", "os.getenv"}
    }
    assert readers == READ_THE_ENVIRONMENT


def test_only_commands_print():
    """The platform speaks through its log."""
    printing = {
        module.name
        for module in platform()
        if not module.name.startswith(TALK_TO_A_TERMINAL)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"print", "sys.stdout.write", "pprint"}
    }
    assert printing == set()


def test_nothing_is_left_for_later_and_nothing_is_tied_to_one_machine():
    """No reminder to oneself, no path of somebody's computer."""
    later = "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X"))
    machine = "|".join("/" + place for place in ("root/", "home/[a-z]", "Users/[A-Z]", "work/", "tmp/[a-z]/"))
    words = re.compile(rf"\b(?:{later})\b|(?<![\w.])(?:{machine})")
    found = [f"{path}: {match[0]}" for path, text in house.texts() for match in words.finditer(text)]
    assert found == []
