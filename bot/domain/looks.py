"""
Since when a task has been as it is, as far as somebody has looked: no cloud tells that.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from adapters.contract import Snapshot, TaskRef, TaskState

MOST: Final = 10_000  # tasks remembered; the least recently seen goes first


class Looks:
    """The first of the looks in a row that saw a task in one state."""

    def __init__(self) -> None:
        self._first: OrderedDict[TaskRef, tuple[TaskState, str, datetime]] = OrderedDict()

    def note(self, ref: TaskRef, snapshot: Snapshot) -> datetime | None:
        """
        Remember a look and say since when, at least, the task has been so; None when this is the first look to see it.

        A look at an older read than the remembered one changes nothing.
        """
        known = self._first.get(ref)
        if known is not None and known[:2] == (snapshot.state, snapshot.raw):
            self._first.move_to_end(ref)
            return known[2] if known[2] < snapshot.taken_at else None
        if known is None or known[2] < snapshot.taken_at:
            self._first[ref] = (snapshot.state, snapshot.raw, snapshot.taken_at)
            self._first.move_to_end(ref)
            while len(self._first) > MOST:
                self._first.popitem(last=False)
        return None
