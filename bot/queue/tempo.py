"""
Tempo: how fast we may speak in Slack, agreed between all processes that share a database.

One message a second in a channel, four posts a second and 45 edits a minute in a workspace, each evenly spaced.

Source: https://docs.slack.dev/apis/web-api/rate-limits (one message a second per channel; Tier 3 is 50 a minute and
more; read 2026-11-21).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from adapters.contract import Api
from bot.domain.pace import LaneName, Slot
from bot.domain.turn import Urgency
from bot.queue import pace

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.domain.pace import Terms, Turn
    from bot.domain.subscription import Place

SHARE: Final = 0.9
HORIZON_S: Final = 5.0  # slots may be reserved so far ahead: first come, first served between channels
PATIENCE: Final = timedelta(seconds=8)  # longer than that a channel is not held: its turn comes again

_SLACK: Final = "slack"


def _terms(per_second: float) -> Terms:
    return replace(pace.terms(per_second, SHARE, Urgency.BEAT), horizon_s=HORIZON_S)


IN_CHANNEL: Final = _terms(1.0)
POSTS: Final = _terms(4.0 / SHARE)
EDITS: Final = _terms(50.0 / 60.0)  # 45 a minute


class Tempo:
    """
    Waits for a turn to speak.

    Args:
        reserve: reserves a slot in a pace row, or says how long until that may succeed.
        sleep: waits so many seconds.
        haste: how many times faster to speak: for a Slack on this machine, whose calendar runs faster too.
        is_leaving: asked after each sleep; when it says so, nobody is kept waiting, and nobody's turn has come.
    """

    def __init__(
        self,
        reserve: Callable[[LaneName, Terms], Awaitable[Turn]],
        *,
        sleep: Callable[[float], Awaitable[None]],
        haste: float = 1.0,
        is_leaving: Callable[[], bool] = lambda: False,
    ) -> None:
        self._reserve = reserve
        self._sleep = sleep
        self._haste = haste
        self._is_leaving = is_leaving

    async def post(self, place: Place) -> timedelta | None:
        """Wait for the turn of a post; when that would take too long, return how long to come again after."""
        channel = LaneName(provider=_SLACK, budget=place.team, api=Api(f"post {place.channel}"))
        team = LaneName(provider=_SLACK, budget=place.team, api=Api("post"))
        early = await self._wait(channel, IN_CHANNEL)
        return await self._wait(team, POSTS) if early is None else early

    async def edit(self, place: Place) -> timedelta | None:
        """Wait for the turn of an edit, likewise."""
        return await self._wait(LaneName(provider=_SLACK, budget=place.team, api=Api("update")), EDITS)

    async def _wait(self, lane: LaneName, terms: Terms) -> timedelta | None:
        waited_s = 0.0
        terms = replace(terms, interval_s=terms.interval_s / self._haste, slowest_s=terms.slowest_s / self._haste)
        while True:
            turn = await self._reserve(lane, terms)
            if isinstance(turn, Slot):
                await self._sleep(turn.wait_s)
                return timedelta() if self._is_leaving() else None
            if waited_s + turn.wait_s > PATIENCE.total_seconds():
                return timedelta(seconds=max(turn.wait_s, 1.0))
            await self._sleep(turn.wait_s)
            if self._is_leaving():
                return timedelta()
            waited_s += turn.wait_s
