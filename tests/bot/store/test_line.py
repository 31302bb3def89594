"""Which row of a channel is next: a table, one sentence a row."""

from __future__ import annotations

from itertools import count

import pytest

from bot.store.line import State, Waiting, choose
from tests.bot.store.given import NOW, after

MINE, THEIRS = 7, 6
NUMBERS = count(1)


def row(
    card: str = "",
    under: str = "",
    *,
    state: State = State.PENDING,
    attempts: int = 0,
    later: bool = False,
    fence: int = 0,
    many: bool = False,
    page: bool = False,
) -> Waiting:
    return Waiting(
        id=next(NUMBERS),
        card=card,
        thread=under,
        state=state,
        fence=fence,
        attempts=attempts,
        not_before=after(1) if later else None,
        is_of_many=many,
        is_page=page,
    )


TABLE = [
    ("Nothing waits.", [], set(), None),
    ("The oldest is first.", [row(), row()], set(), 0),
    ("What is for later lets the others pass.", [row(later=True), row()], set(), 1),
    ("What was begun and is for later holds them up.", [row(attempts=1, later=True), row()], set(), None),
    ("So does what may have reached Slack.", [row(state=State.UNSURE, attempts=1, later=True), row()], set(), None),
    ("And the root of a card.", [row("a", attempts=1, later=True), row()], set(), None),
    ("An edit holds nobody up.", [row("a", attempts=1, later=True), row()], {"a"}, 1),
    ("An edit lets all else pass.", [row("a"), row("b"), row(), row("b")], {"a", "b"}, 2),
    ("Also what goes under another card.", [row("a"), row("b"), row(under="c")], {"a", "b", "c"}, 2),
    ("But not what goes under its own.", [row("b"), row("a"), row(under="a")], {"a", "b"}, 1),
    ("Of edits the oldest is first.", [row("a"), row("b")], {"a", "b"}, 0),
    ("But first what tells of many.", [row("a"), row("b", many=True), row("c", many=True)], {"a", "b", "c"}, 1),
    ("An edit is held up by nothing.", [row(attempts=1, later=True), row("a")], {"a"}, 1),
    ("But by an earlier edit of its card.", [row("a", attempts=1, later=True), row("a")], {"a"}, None),
    ("Not by one of another card.", [row("a", attempts=1, later=True), row("b")], {"a", "b"}, 1),
    ("A newer root waits for the one before it.", [row("a", later=True), row("a")], set(), None),
    ("A reply waits for its card.", [row(under="a"), row("a")], set(), 1),
    ("Also when the card is for later.", [row("a", later=True), row(under="a")], set(), None),
    ("Others do not wait for that card.", [row("a", later=True), row(under="a"), row(under="b")], {"b"}, 2),
    ("A reply whose card is there does not wait for its edit.", [row("a", later=True), row(under="a")], {"a"}, 1),
    ("A reply whose card will never come does not wait.", [row(under="a")], set(), 0),
    ("A call goes before all others.", [row(), row("a"), row("b"), row(page=True, under="a")], {"a"}, 3),
    ("Nothing holds it up.", [row(attempts=1, later=True), row("a"), row(page=True, under="a")], {"a"}, 2),
    ("Of calls the oldest is first.", [row(), row(page=True), row(page=True)], set(), 1),
    ("Its card goes before it, and so before all others.", [row(), row("a"), row(page=True, under="a")], set(), 1),
    (
        "But a card that is for later holds up its call alone.",
        [row(), row("a", later=True), row(page=True, under="a")],
        set(),
        0,
    ),
    ("And no call of another.", [row("a", later=True), row(page=True, under="a"), row(page=True, under="b")], {"b"}, 2),
    ("A call whose card will never come does not wait.", [row(), row(page=True, under="a")], set(), 1),
    ("A call for later lets the others pass.", [row(page=True, later=True), row()], set(), 1),
    ("What is being sent by me is not given again.", [row(state=State.SENDING, attempts=1, fence=MINE)], set(), None),
    (
        "Nor is what is behind it.",
        [row(state=State.SENDING, attempts=1, fence=MINE), row()],
        set(),
        None,
    ),
    ("What somebody died over is.", [row(state=State.SENDING, attempts=1, fence=THEIRS), row()], set(), 0),
    ("And what may have reached Slack.", [row(state=State.UNSURE, attempts=1), row()], set(), 0),
]


@pytest.mark.parametrize(("sentence", "line", "cards", "chosen"), TABLE, ids=[row[0] for row in TABLE])
def test_who_is_next(sentence: str, line: list[Waiting], cards: set[str], chosen: int | None):
    found = choose(line, cards=frozenset(cards), fence=MINE, now=NOW)

    assert found == (None if chosen is None else line[chosen])


def test_what_was_for_later_is_due_at_its_instant():
    waiting = row(later=True)

    assert choose([waiting], cards=frozenset(), fence=MINE, now=after(0.999)) is None
    assert choose([waiting], cards=frozenset(), fence=MINE, now=after(1)) == waiting
