"""
Tests that hold nothing, for `test_complaints` to find; nobody else collects this file.
"""

from __future__ import annotations

import pytest


@pytest.mark.skip(reason="on purpose")
def test_it_is_skipped():
    assert str(1) == "1"


@pytest.mark.skipif("not None", reason="on purpose")
def test_it_is_skipped_on_some_machines():
    assert str(1) == "1"


@pytest.mark.xfail(reason="on purpose")
def test_it_may_fail():
    assert str(1) == "2"


@pytest.mark.parametrize("word", ["1", pytest.param("2", marks=pytest.mark.xfail(reason="on purpose"))])
def test_one_case_of_it_may_fail(word: str):
    assert str(1) == word


def test_it_leaves():
    if str(1) == "1":
        pytest.skip("on purpose")
    assert str(1) == "2"


def test_it_claims_nothing():
    str(1)


def test_it_is_well():
    claim(1)


def test_another_is():
    with pytest.raises(ValueError, match="invalid literal"):
        int("x")


def claim(number: int) -> None:
    assert str(number) == "1"
