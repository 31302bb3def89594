"""
A row of a table that names tests, and pytest's own answer to whether they are there and would run.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pytest

ROOT = Path(__file__).parents[1]
PLUGINS = ("cacheprovider", "hypothesispytest", "xdist")
CHEAPLY = ("--collect-only", "-qq", "--noconftest", *(part for name in PLUGINS for part in ("-p", f"no:{name}")))
UNRUN = frozenset({"skip", "skipif", "xfail"})
RAISERS = frozenset({"raises", "warns"})
LEAVERS = frozenset({"skip", "xfail", "importorskip"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One promise: where it comes from, what it says, and which test holds it; or why there is none here."""

    source: str
    says: str
    test: str = ""  # path::name
    not_here: str = ""


def rows(file: Path, of: str) -> list[Row]:
    """Read a table's rows in their order."""
    return [Row(**row) for row in tomllib.loads(file.read_text())[of]]


def troubles(table: Iterable[Row], marks: Mapping[str, set[str]]) -> list[str]:
    """
    Say of each row that is not held why it is not; nothing when all is well.

    Args:
        marks: what `collected` tells of the files that the rows name.
    """
    return [f"{row.source}: {why}" for row in table for why in _trouble(row, marks)]


def _trouble(row: Row, marks: Mapping[str, set[str]]) -> Iterator[str]:
    if bool(row.test) == bool(row.not_here):
        yield "names a test or says why there is none, and not both"
    elif row.test and row.test not in marks:
        yield f"{row.test} does not exist"
    elif row.test:
        if unrun := marks[row.test] & UNRUN:
            yield f"{row.test} is marked {', '.join(sorted(unrun))}"
        yield from _in_its_text(row.test)


def _in_its_text(test: str) -> Iterator[str]:
    """Look for what marks do not tell: a test that leaves by itself, or that claims nothing."""
    path, _, name = test.partition("::")
    functions = {
        each.name: each
        for each in ast.walk(ast.parse((ROOT / path).read_text()))
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    calls = {_called(each) for line in functions[name].body for each in ast.walk(line) if isinstance(each, ast.Call)}
    if left := calls & LEAVERS:
        yield f"{test} may leave by {', '.join(sorted(left))}"
    asked = [functions[name], *(functions[call] for call in sorted(calls & functions.keys()))]
    if not any(_claims(each) for each in asked):
        yield f"{test} asserts nothing"


def _claims(function: ast.AST) -> bool:
    return any(
        isinstance(each, ast.Assert) or (isinstance(each, ast.Call) and _called(each) in RAISERS)
        for each in ast.walk(function)
    )


def _called(call: ast.Call) -> str:
    """Name what is called, without what it is called on."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def collected(tests: Iterable[str]) -> dict[str, set[str]]:
    """
    Have pytest collect the files of these tests, and say of each test there is which marks it has.

    Collecting asks for no fixture; without those, and without the plugins, it takes a third of the time.
    """
    files = sorted({path for path in (test.partition("::")[0] for test in tests) if (ROOT / path).is_file()})
    told = subprocess.run(  # noqa: S603 - what it is given stands in this file and in the tables beside it
        [sys.executable, "-m", "pytest", *CHEAPLY, "-p", __name__, *files],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    found = told.stdout.rpartition(_BEGINS)[2].partition(_ENDS)[0]
    if not found:
        raise RuntimeError(f"pytest collected nothing: {told.stdout[-500:]}{told.stderr[-500:]}")
    return {test: set(marks) for test, marks in json.loads(found).items()}


_BEGINS, _ENDS = "⟦collected ", " collected⟧"


def pytest_collection_finish(session: pytest.Session) -> None:
    """Print the marks of what was collected; only where this file is loaded as a plugin."""
    found: dict[str, set[str]] = {}
    for item in session.items:
        marks: set[Any] = {mark.name for mark in item.iter_markers()}
        found.setdefault(item.nodeid.partition("[")[0], set()).update(marks)
    sys.stdout.write(_BEGINS + json.dumps({test: sorted(marks) for test, marks in found.items()}) + _ENDS)
