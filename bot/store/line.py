"""
Line: which of the things that wait to be said in one channel comes next. Pure.

    edit    a card, board or group message that Slack has already
    root    one that it does not have yet
    begun   an attempt was made to send it; it keeps its place, and what is behind it waits

Oldest first, but: a call goes before all others, and so does the card that it goes under where that is still to come;
an edit lets all pass that does not go under its card, for nobody is woken by one, and two hundred take Slack's pace
four minutes; it holds nobody up and is held up by nothing but an earlier edit of the same card; what goes under a card
waits until the card is there; and what was put down for later lets the others pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime


class State(StrEnum):
    """How far a row of the outbox has come."""

    PENDING = "pending"
    SENDING = "sending"  # somebody sends it, or died while doing so: then it is as good as unsure
    UNSURE = "unsure"  # Slack may have it: look before saying it again
    DONE = "done"
    PARKED = "parked"  # refused for good
    DROPPED = "dropped"  # nobody wants it any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """As much of a row as decides when it is its turn. `card`: what it is; `thread`: the card that it goes under."""

    id: int
    card: str
    thread: str
    state: State
    fence: int
    attempts: int
    not_before: datetime | None
    is_of_many: bool = False  # a board, a group, a burst: whoever reads nothing else reads this
    is_page: bool = False  # somebody is called
    response: int | None = None  # whose call it is


def choose(line: Iterable[Waiting], *, cards: frozenset[str], fence: int, now: datetime) -> Waiting | None:
    """
    Choose the row that is to be sent now; None when there is none yet.

    Args:
        line: all rows of the channel about which something is to be done, oldest first.
        cards: those that Slack has.
        fence: the drainer's own.
    """
    rows = list(line)
    coming = {row.card for row in rows if row.card} - cards
    calls = (_call(row, rows, coming) for row in rows if row.is_page and may_go(row, fence, now))
    for call in calls:
        if may_go(call, fence, now):
            return call
    edited: set[str] = set()
    edits: dict[str, Waiting] = {}
    is_held_up = False
    for row in rows:
        is_edit = row.card in cards
        if (row.card and row.card in edited) or row.thread in coming or (is_held_up and not is_edit):
            continue
        is_ready = may_go(row, fence, now)
        if is_ready and not is_edit:
            return edits.get(row.thread, row)
        if is_ready:
            edits[row.card] = row
        edited.add(row.card)
        is_held_up |= bool(row.attempts) and not is_edit
    return min(edits.values(), key=lambda row: not row.is_of_many, default=None)


def _call(page: Waiting, rows: Iterable[Waiting], coming: Collection[str]) -> Waiting:
    """Return what a call needs first: its card where that is still to be posted, or else nothing but itself."""
    return next(row for row in rows if row.card == page.thread) if page.thread in coming else page


def may_go(row: Waiting, fence: int, now: datetime) -> bool:
    """Say whether a row may be sent now: its time has come, and it is not this drain's own attempt."""
    is_mine = row.state is State.SENDING and row.fence == fence
    return not is_mine and (row.not_before is None or row.not_before <= now)
