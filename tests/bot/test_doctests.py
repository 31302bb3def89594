from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import bot.domain
import bot.slack.cards

MODULES = [
    found.name
    for room in (bot.domain, bot.slack.cards)
    for found in pkgutil.iter_modules(room.__path__, f"{room.__name__}.")
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_docstrings_are_true(name: str):
    result = doctest.testmod(importlib.import_module(name))

    assert result.failed == 0


def test_examples_there_are():
    finder = doctest.DocTestFinder()

    assert sum(len(found.examples) for name in MODULES for found in finder.find(importlib.import_module(name))) >= 5
