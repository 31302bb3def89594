"""
How often people may make the bot ask a cloud. Joined and remembered answers cost nothing and are not counted.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most `most` in any window of that length."""

    most: int
    window: timedelta


PERSON: Final = (Limit(most=5, window=timedelta(seconds=10)), Limit(most=30, window=timedelta(minutes=1)))
CHANNEL: Final = (Limit(most=60, window=timedelta(minutes=1)),)
LONGEST: Final = max(limit.window for limit in (*PERSON, *CHANNEL))


class TooOften(Exception):
    """Somebody's, or a channel's, questions of late are enough. `wait` says when the next one is fine."""

    def __init__(self, wait: timedelta) -> None:
        self.wait = wait
        super().__init__(wait)


class Rates:
    """Sliding windows per person and per channel, kept for the longest window and no longer."""

    def __init__(self) -> None:
        self._asked: OrderedDict[str, deque[datetime]] = OrderedDict()

    def admit(self, *, user: str, channel: str, now: datetime) -> None:
        """
        Count one read that goes to a cloud.

        Raises:
            TooOften: nothing was counted.
        """
        wait = max(self._wait(f"user {user}", PERSON, now), self._wait(f"channel {channel}", CHANNEL, now))
        if wait > timedelta():
            raise TooOften(wait)
        for key in (f"user {user}", f"channel {channel}"):
            asked = self._asked.setdefault(key, deque())
            asked.append(now)
            while now - asked[0] >= LONGEST:
                asked.popleft()
            self._asked.move_to_end(key)
        while now - next(iter(self._asked.values()))[-1] >= LONGEST:  # who asked least recently stands first
            self._asked.popitem(last=False)

    def _wait(self, key: str, limits: tuple[Limit, ...], now: datetime) -> timedelta:
        # A clock that stepped back leaves questions in the future; they must not shut anybody out until then.
        asked = [at for at in self._asked.get(key, ()) if at <= now]
        waits = [asked[-limit.most] + limit.window - now for limit in limits if len(asked) >= limit.most]
        return max(waits, default=timedelta())
