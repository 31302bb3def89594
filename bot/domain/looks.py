"""
Since when a task has been as it is, as far as somebody has looked: no cloud tells that.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from adapters.contract import Snapshot, TaskRef, TaskState

MOST: Final = 10_000  # tasks remembered; the least recently seen goes first


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """Looks in a row that saw one state: the first and the last of them."""

    state: TaskState
    raw: str
    first: datetime
    last: datetime


class Looks:
    """The first of the looks in a row that saw a task in one state."""

    def __init__(self) -> None:
        self._rows: OrderedDict[TaskRef, _Row] = OrderedDict()

    def note(self, ref: TaskRef, snapshot: Snapshot) -> datetime | None:
        """
        Remember a look and say since when, at least, the task has been so; None when this is the first look to see it.

        A look at an older read than the remembered one changes nothing.
        """
        at = snapshot.taken_at
        row = self._rows.get(ref)
        if row is None or (row.state, row.raw) != (snapshot.state, snapshot.raw):
            if row is None or row.last < at:
                self._put(ref, _Row(state=snapshot.state, raw=snapshot.raw, first=at, last=at))
            return None
        self._put(ref, replace(row, last=max(row.last, at)))
        return row.first if row.first < at else None

    def _put(self, ref: TaskRef, row: _Row) -> None:
        self._rows[ref] = row
        self._rows.move_to_end(ref)
        while len(self._rows) > MOST:
            self._rows.popitem(last=False)
