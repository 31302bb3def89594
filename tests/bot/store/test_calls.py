from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.store.calls import choose_call
from bot.store.line import State, Waiting

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
FENCE = 5


def row(
    number: int, response: int | None, state: State = State.PENDING, *, fence: int = 0, later: bool = False
) -> Waiting:
    return Waiting(
        id=number,
        card="",
        thread="",
        state=state,
        fence=fence,
        attempts=int(state is not State.PENDING or later),
        not_before=NOW + timedelta(seconds=1) if later else None,
        response=response,
    )


# What waits for a pager, oldest first, and which of it is sent.
LINES = [
    ("nothing", [], None),
    ("the oldest", [row(1, 7), row(2, 8)], 1),
    ("an ack waits for its call", [row(1, 7, later=True), row(2, 7)], None),
    ("and for one that may have arrived", [row(1, 7, State.UNSURE, later=True), row(2, 7)], None),
    ("but nobody else's call does", [row(1, 7, later=True), row(2, 7), row(3, 8)], 3),
    ("one that may have arrived is sent again", [row(1, 7, State.UNSURE), row(2, 7)], 1),
    ("so is what a killed process began", [row(1, 7, State.SENDING, fence=4), row(2, 7)], 1),
    ("what this drain has begun is not", [row(1, 7, State.SENDING, fence=FENCE), row(2, 7), row(3, 8)], 3),
    ("drills belong to no response and wait for nobody", [row(1, None, later=True), row(2, None)], 2),
]


@pytest.mark.parametrize(("line", "number"), [each[1:] for each in LINES], ids=[each[0] for each in LINES])
def test_the_next_call_is(line: list[Waiting], number: int | None):
    chosen = choose_call(line, fence=FENCE, now=NOW)

    assert (None if chosen is None else chosen.id) == number
