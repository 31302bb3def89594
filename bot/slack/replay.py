"""
What was heard already: commands by trigger, buttons by who and when, events by their id, for ten minutes.

Slack sends an event again when it did not hear our ack; a replayed button must do nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

MEMORY: Final = timedelta(minutes=10)
MOST: Final = 100_000


class Replays:
    """Keys seen lately."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, datetime] = OrderedDict()

    def is_new(self, key: str, now: datetime) -> bool:
        """Say whether the key was not heard in the last ten minutes, and remember it."""
        while self._seen and (len(self._seen) > MOST or now - next(iter(self._seen.values())) > MEMORY):
            self._seen.popitem(last=False)
        if key in self._seen:
            return False
        self._seen[key] = now
        return True
