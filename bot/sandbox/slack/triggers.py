"""
Trigger ids: each lets an app open one dialog within three seconds of what a person did.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.sandbox.slack.errors import SlackError

if TYPE_CHECKING:
    from datetime import datetime

TRIGGER_LIVES = timedelta(seconds=3)


class Triggers:
    """Which trigger ids were issued, when, for whom, and which of them were used."""

    def __init__(self) -> None:
        self._issued: dict[str, tuple[datetime, str]] = {}
        self._used: set[str] = set()

    def issue(self, trigger_id: str, user: str, now: datetime) -> str:
        self._issued[trigger_id] = (now, user)
        return trigger_id

    def use(self, trigger_id: str, now: datetime) -> str:
        """Return whose it is; raises SlackError invalid_trigger_id, exchanged_trigger_id, expired_trigger_id."""
        if trigger_id not in self._issued:
            raise SlackError("invalid_trigger_id")
        if trigger_id in self._used:
            raise SlackError("exchanged_trigger_id")
        issued_at, user = self._issued[trigger_id]
        if now - issued_at > TRIGGER_LIVES:
            raise SlackError("expired_trigger_id")
        self._used.add(trigger_id)
        return user
