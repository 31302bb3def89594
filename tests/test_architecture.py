"""
Rules of the house that no tool of its own holds: see also the contracts in pyproject.toml, which run here too.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1]
CODE = sorted(file for room in ("bot", "adapters", "migrations") for file in (HOUSE / room).rglob("*.py"))
TESTS = sorted((HOUSE / "tests").rglob("*.py"))
PAGES = [
    *(file for file in HOUSE.iterdir() if file.suffix in {".md", ".toml", ".yaml", ".txt"} or file.stem == "Makefile"),
    *(file for file in (HOUSE / "tests").rglob("*") if file.suffix in {".json", ".txt"}),
    *(HOUSE / "benchmarks").rglob("*.py"),
    HOUSE / ".ci" / "run",
]

# A function with no home is a missing noun.
NAMELESS = {"utils", "util", "helpers", "helper", "common", "base", "core", "manager", "service", "misc"}

# Where an error that nobody foresaw is caught, logged and survived; nowhere else is it swallowed.
WIDE = {"Exception", "BaseException"}
CATCH_ALL = {"bot/slack/errands.py", "bot/queue/work.py", "bot/flows/watch.py", "bot/wiring/beats.py"}
# An abstract property's way of saying so.
NOT_IMPLEMENTED = {"adapters/contract.py"}


def place(file: Path) -> str:
    return file.relative_to(HOUSE).as_posix()


def test_the_contracts_between_rooms_are_kept():
    lint = Path(sys.executable).with_name("lint-imports")
    told = subprocess.run(  # noqa: S603 - our own tool
        [lint, "--no-cache"], cwd=HOUSE, capture_output=True, text=True, check=False
    )

    assert told.returncode == 0, told.stdout[-4000:]
    assert "8 kept, 0 broken" in told.stdout


def test_no_file_is_named_for_want_of_a_noun():
    assert [place(file) for file in CODE if file.stem in NAMELESS or file.parent.name in NAMELESS] == []


def test_an_error_that_nobody_foresaw_is_swallowed_only_where_that_is_said():
    def is_catch_all(node: ast.AST) -> bool:
        if not isinstance(node, ast.ExceptHandler):
            return False
        caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        return any(one is None or (isinstance(one, ast.Name) and one.id in WIDE) for one in caught)

    found = {place(file) for file in CODE if any(is_catch_all(node) for node in ast.walk(ast.parse(file.read_text())))}

    assert found == CATCH_ALL


@pytest.mark.parametrize("file", [*CODE, *TESTS], ids=place)
def test_nothing_is_put_off(file: Path):
    marks = "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"))

    assert not re.search(rf"\b({marks})\b", file.read_text(encoding="utf-8"))


def test_nothing_is_a_stub():
    def is_stub(node: ast.AST) -> bool:
        return isinstance(node, ast.Name) and node.id == "NotImplementedError"

    found = {place(file) for file in CODE if any(is_stub(node) for node in ast.walk(ast.parse(file.read_text())))}

    assert found == NOT_IMPLEMENTED


@pytest.mark.parametrize("file", CODE, ids=place)
def test_every_module_says_what_lives_in_it(file: Path):
    assert ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))


@pytest.mark.parametrize("file", [*CODE, *TESTS, *PAGES], ids=place)
def test_no_file_knows_the_machine_it_was_written_on(file: Path):
    """Neither its folders nor where its packages came from."""
    text = file.read_text(encoding="utf-8")
    somewhere = r"(?<![\w.:/-])/(?:home|root|Users|work|tmp|mnt)/\w"
    registry = r"(?:pypi|pythonhosted|npmjs|goproxy|crates)\.(?:org|io|com|cn)|^\s*--(?:extra-)?index-url|/simple/?\s"

    assert not re.search(somewhere, text)
    assert not re.search(registry, text, re.MULTILINE)


def test_mocks_are_met_nowhere():
    """Ruff bans `unittest.mock` by name; this holds the fixture and the classes that do the same."""
    banned = {"mock" + "er", "Magic" + "Mock", "Async" + "Mock", "pytest_" + "mock"}

    def names(file: Path) -> set[str]:
        nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
        return {node.id for node in nodes if isinstance(node, ast.Name)} | {
            node.arg for node in nodes if isinstance(node, ast.arg)
        }

    assert [place(file) for file in TESTS if names(file) & banned] == []
