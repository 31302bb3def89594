"""
How many looks callbacks may cause: they come from outside, and must not spend the watch's pace. Pure.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from adapters.contract import AccountName, TaskId

TENTH: Final = 0.1  # of the pace
WINDOW: Final = timedelta(seconds=10)
APART: Final = timedelta(seconds=2)  # two looks at one task


class Hints:
    """
    At most one look at a task in 2 s, and a tenth of an account's pace over ten seconds.

    Args:
        per_second: our share of the documented rate.
    """

    def __init__(self, per_second: float) -> None:
        self._most = max(1, int(per_second * TENTH * WINDOW.total_seconds()))
        self._granted: deque[datetime] = deque()
        self._looked: OrderedDict[tuple[AccountName, TaskId], datetime] = OrderedDict()

    def look_at(self, account: AccountName, task: TaskId, now: datetime) -> datetime | None:
        """
        Say when to look at a task that a callback names; None: not because of this one.

        A second callback within 2 s is not lost: it may be the one that says how it ended.
        """
        while self._granted and not timedelta(0) <= now - self._granted[0] < WINDOW:
            self._granted.popleft()  # too long ago, or of a clock that has been set back
        if len(self._granted) >= self._most:
            return None
        last = self._looked.get((account, task))
        if last is not None and last > now:
            return last if last - now <= APART else None
        at = now if last is None else max(now, last + APART)
        self._granted.append(now)
        self._looked[account, task] = at
        self._looked.move_to_end((account, task))
        while len(self._looked) > 10 * self._most:
            self._looked.popitem(last=False)
        return at
