"""
What people complained of elsewhere, and the rules that follow from it: each has a test here that is run and that claims
something.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.complaints import Row, collected, rows, troubles

TABLE = Path(__file__).parent / "complaints.toml"
WRONG = "tests/complaints_wrong.py"


@pytest.fixture(scope="module")
def marks() -> dict[str, set[str]]:
    """What pytest says of all files that are named here, asked once."""
    named = [row.test for of in ("complaint", "rule") for row in rows(TABLE, of)]
    return collected([*named, f"{WRONG}::any"])


@pytest.mark.parametrize(("of", "many"), [("complaint", 25), ("rule", 18)])
def test_every_one_is_in_the_table_once(of: str, many: int):
    table = rows(TABLE, of)

    assert len(table) == len({row.source for row in table}) == many
    assert all(row.says.endswith(".") for row in table)


def test_each_is_held_by_a_test_that_is_run_and_claims_something(marks: dict[str, set[str]]):
    assert troubles([*rows(TABLE, "complaint"), *rows(TABLE, "rule")], marks) == []


def test_a_row_that_holds_nothing_is_found(marks: dict[str, set[str]]):
    wrong = [
        ("test_nobody_wrote_this", "does not exist"),
        ("test_it_is_skipped", "is marked skip"),
        ("test_it_is_skipped_on_some_machines", "is marked skipif"),
        ("test_it_may_fail", "is marked xfail"),
        ("test_one_case_of_it_may_fail", "is marked xfail"),
        ("test_it_leaves", "may leave by skip"),
        ("test_it_claims_nothing", "asserts nothing"),
    ]
    table = [Row(source=name, says="It.", test=f"{WRONG}::{name}") for name, _ in wrong]
    well = [Row(source=name, says="It.", test=f"{WRONG}::{name}") for name in ("test_it_is_well", "test_another_is")]
    silent = [Row(source="neither", says="It."), Row(source="both", says="It.", test=f"{WRONG}::x", not_here="y")]

    assert troubles([*table, *well, *silent], marks) == [
        *(f"{name}: {WRONG}::{name} {trouble}" for name, trouble in wrong),
        "neither: names a test or says why there is none, and not both",
        "both: names a test or says why there is none, and not both",
    ]
