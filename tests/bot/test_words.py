"""
The table of words holds each sentence that is said anywhere, with the values it is given there, and no other.

The callers are read from the source. Where a key is put together (`say(f"state.{state}")`), `FAMILIES` says of what.
"""

from __future__ import annotations

import ast
import itertools
import re
import string
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, get_args, get_type_hints

import pytest

from adapters import registry
from adapters.contract import TaskState
from bot.domain.command import VERBS
from bot.domain.mend import KINDS
from bot.domain.notice import Skip
from bot.domain.outlook import BadWhy
from bot.domain.permit import Refusal
from bot.domain.response import Because
from bot.domain.task import Why
from bot.domain.words import ENGLISH, has, say

if TYPE_CHECKING:
    from collections.abc import Iterator

BOT = Path(__file__).parents[2] / "bot"

ERRORS = [kind.__name__ for kind in KINDS]
CLOUDS = list(registry.providers())

# Keys that are put together: a hole takes each of these values, and each key must be there.
FAMILIES = {
    "state.{}": [TaskState],
    "sign.{}": [TaskState],
    "means.{}": [TaskState],
    "error.{}": [ERRORS],
    "mend.{}": [ERRORS],
    "refused.{}": [Refusal],
    "help.verb.{}": [VERBS],
    "news.{}": [Why],
    "page.skipped.{}": [get_args(get_type_hints(Skip)["why"])],
    "drill.step.{}": [["judged", "on_call", "card", "thread"]],
    "drill.to.{}": [["channel", "direct", "pager"]],
    "remark.{}": [["flapping", "stalled", "over_run", "start_failed", "started_again"]],
}
# Keys that are asked for with `has` before they are said: those that are there must be made of these values.
# None: of any word, because it is a vendor's.
PERHAPS = {
    "means.{}.{}": [TaskState, [*BadWhy, *CLOUDS]],
    "alarm.{}": [BadWhy],
    "reason.{}": [None],
    "help.{}.cdn": [VERBS],
    "line.{}": [None],
    "responded.over.{}": [None],
    "page.because.{}": [Because],
    "drill.why.{}": [None],
}
# What a refusal is told with: `refusal_said(refusal, **values)` hands values through.
REFUSALS = {
    Refusal.NOT_IN_CHANNEL: {"bot"},
    Refusal.NOT_INVITED: {"bot"},
    Refusal.TOO_OFTEN: {"seconds"},
    Refusal.FULL: {"most"},
}


@dataclass(frozen=True)
class Call:
    """One place in the source where a sentence is said, or asked for."""

    where: str
    does: str  # say, has
    key: str  # with {} for each hole
    given: frozenset[str]
    is_open: bool  # hands **values through


def calls() -> Iterator[Call]:
    for file in sorted(BOT.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        imported = {
            name.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == "bot.domain.words"
            for name in node.names
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in imported:
                where = f"{file.relative_to(BOT.parent)}:{node.lineno}"
                names = [keyword.arg for keyword in node.keywords]
                for key in _keys(node.args[0], where):
                    given = frozenset(name for name in names if name is not None)
                    yield Call(where, node.func.id, key, given, is_open=None in names)


def _keys(argument: ast.expr, where: str) -> list[str]:
    match argument:
        case ast.Constant(value=str() as key):
            return [key]
        case ast.IfExp(body=body, orelse=orelse):
            return _keys(body, where) + _keys(orelse, where)
        case ast.JoinedStr(values=parts):
            return ["".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts)]
    raise AssertionError(f"{where}: say the key where it is said, so that it can be found")


def placeholders(key: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(ENGLISH[key]) if name is not None}


def members(pattern: str, holes: list[object]) -> set[str]:
    """Return the keys that are there and made by the pattern of these values."""
    if None in holes:
        made = re.compile(re.escape(pattern).replace(r"\{\}", r"[^.]+"))
        return {key for key in ENGLISH if made.fullmatch(key)}
    return {pattern.format(*map(str, values)) for values in itertools.product(*holes)} & set(ENGLISH)


CALLS = list(calls())
LITERAL = [call for call in CALLS if "{}" not in call.key]
MADE = [call for call in CALLS if "{}" in call.key]


def test_the_source_was_read():
    assert len(CALLS) > 100
    assert {call.does for call in CALLS} == {"say", "has"}


@pytest.mark.parametrize("call", LITERAL, ids=lambda call: f"{call.where} {call.key}")
def test_a_sentence_is_there_with_exactly_the_values_it_is_given(call: Call):
    assert call.key in ENGLISH
    assert call.does == "has" or call.given == placeholders(call.key)


@pytest.mark.parametrize("call", MADE, ids=lambda call: f"{call.where} {call.key}")
def test_every_sentence_of_a_family_is_there_and_wants_no_more_than_it_is_given(call: Call):
    known = FAMILIES | PERHAPS
    assert call.key in known, "say in this test, in FAMILIES or PERHAPS, what the hole can be"
    there = members(call.key, known[call.key])
    if call.key in FAMILIES:
        asked = {call.key.format(*map(str, values)) for values in itertools.product(*FAMILIES[call.key])}
        assert there == asked
    assert there
    if call.does == "say" and not call.is_open:
        wanted = set().union(*map(placeholders, there))
        assert wanted == call.given


@pytest.mark.parametrize("refusal", Refusal)
def test_a_refusal_wants_only_what_it_is_told_with(refusal: Refusal):
    assert placeholders(f"refused.{refusal}") == REFUSALS.get(refusal, set())


def test_no_sentence_is_left_over():
    used = {call.key for call in LITERAL}
    for pattern, holes in (FAMILIES | PERHAPS).items():
        used |= members(pattern, holes)

    assert set(ENGLISH) - used == set()


def test_no_family_is_left_over():
    assert {call.key for call in MADE} == {*FAMILIES, *PERHAPS}


@pytest.mark.parametrize("key", ENGLISH)
def test_a_sentence_can_be_shown_as_it_stands(key: str):
    """Escaping makes primes of backticks; a control character or a mention has no place in our own words."""
    assert ENGLISH[key].strip()
    assert not re.search(r"[`<>\x00-\x1f]|\{\}|\{\d", ENGLISH[key])


def test_a_sentence_is_filled_and_a_missing_value_is_an_error():
    assert say("age.ago", age="4 s") == "4 s ago"
    assert (has("age.ago"), has("age.then")) == (True, False)
    with pytest.raises(KeyError):
        say("age.ago")
    with pytest.raises(KeyError):
        say("age.then")
