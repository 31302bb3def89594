"""
Lane: the queue in front of one API of one budget. Its pump reserves a slot first and then takes whoever is most urgent.

The other way round, with a limiter behind requests that are claimed already, a person would wait for all of those.
"""

from __future__ import annotations

import asyncio
from itertools import count
from typing import TYPE_CHECKING, Final, TypeAlias

from bot.domain.pace import Later
from bot.domain.turn import Urgency
from bot.queue.line import Line, Waiter
from bot.queue.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from bot.domain.figures import LaneFigures
    from bot.domain.pace import LaneName, Terms, Turn

AskRow: TypeAlias = "Callable[[LaneName, Terms], Awaitable[Turn]]"

LONGEST_NAP_S: Final = 5.0  # then the row is asked again, whatever it said: clocks are set, rows are mended


class Lane:
    """
    Gives turns.

    Args:
        terms: on what terms each urgency asks for slots.
        reserve: asks the pace row for a slot.
        charge: asks it to count a beat's slot as a person's.
        monotonic: seconds that only ever grow.
        sleep: waits for so many of them.
    """

    def __init__(
        self,
        name: LaneName,
        *,
        terms: Mapping[Urgency, Terms],
        reserve: AskRow,
        charge: AskRow,
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self.name: Final = name
        self.terms: Final = terms
        self.tally: Final = Tally()
        self._reserve = reserve
        self._charge = charge
        self._monotonic = monotonic
        self._sleep = sleep
        self._line = Line()
        self._numbers = count()
        self._in_vain_until = dict.fromkeys(Urgency, 0.0)  # before that, the row has no slot for the urgency
        self._nap: asyncio.Future[None] | None = None
        self._pump: asyncio.Task[None] | None = None

    def enter(self, urgency: Urgency, give_up_at: float) -> Waiter:
        """
        Let a request stand in line, at once: who asks before a slot is given away is there when it is.

        Its turn is the future `waiter.turn`: TimeoutError when it did not come before `give_up_at`, or what broke the
        pump. To cancel it is to leave the line.
        """
        turn = asyncio.get_running_loop().create_future()
        waiter = Waiter(urgency=urgency, number=next(self._numbers), give_up_at=give_up_at, turn=turn)
        self._join(waiter)
        return waiter

    def enter_again(self, waiter: Waiter) -> None:
        """Let a request that has to be sent again stand where it stood: before all that came later."""
        waiter.turn = asyncio.get_running_loop().create_future()
        self._join(waiter)

    def hurry(self, waiter: Waiter, give_up_at: float) -> None:
        """Let a person's urgency count for a request that came as a beat's; its number stays, so it goes first."""
        waiter.urgency = Urgency.PERSON
        waiter.give_up_at = min(waiter.give_up_at, give_up_at)
        if waiter.is_waiting:
            self._join(waiter)

    def figures(self) -> LaneFigures:
        """Tell what the lane has done."""
        return self.tally.figures(self.name, waiting=len(self._line.everybody()))

    async def close(self) -> None:
        """Stop giving turns; those who wait are the caller's to end."""
        if self._pump is not None:
            self._pump.cancel()
            await asyncio.wait({self._pump})

    def _join(self, waiter: Waiter) -> None:
        """Add to the line and let the pump look again; start one if none is running."""
        self._line.join(waiter)
        if self._nap is not None:
            self._nap.cancel()
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._give_turns(), name=f"pump of {self.name}")
            self._pump.add_done_callback(self._tell_why_it_ended)

    def _tell_why_it_ended(self, pump: asyncio.Task[None]) -> None:
        """Hand what broke the pump (no database, say) to all who wait; whoever comes next starts another."""
        error = None if pump.cancelled() else pump.exception()
        if error is not None:
            for waiter in self._line.everybody():
                waiter.turn.set_exception(error)

    async def _give_turns(self) -> None:
        while urgencies := self._who_wait():
            now = self._monotonic()
            asking = next((urgency for urgency in urgencies if self._in_vain_until[urgency] <= now), None)
            if asking is None:
                await self._doze(min(self._in_vain_until[urgency] for urgency in urgencies) - now)
                continue
            answer = await self._reserve(self.name, self.terms[asking])
            if isinstance(answer, Later):
                self._put_off(asking, answer)
                continue
            await self._sleep(answer.wait_s)
            await asyncio.sleep(0)  # timers of one millisecond end in one round of the loop: a person's may be the last
            await self._use(asking)

    async def _use(self, reserved_for: Urgency) -> None:
        """Give a slot that is due now to the most urgent. People who came meanwhile are charged for a beat's slot."""
        theirs = set(Urgency)
        if reserved_for is Urgency.BEAT and Urgency.PERSON in self._who_wait():
            answer = await self._charge(self.name, self.terms[Urgency.PERSON])
            if isinstance(answer, Later):
                self._put_off(Urgency.PERSON, answer)
                theirs = {Urgency.BEAT}
        for urgency in self._who_wait():
            if urgency in theirs and (first := self._line.take(urgency)) is not None:
                first.turn.set_result(None)
                return

    def _who_wait(self) -> list[Urgency]:
        """Name the urgencies in line, after those who have waited too long were sent away."""
        now = self._monotonic()
        for urgency in Urgency:
            while (first := self._line.first(urgency)) is not None and first.give_up_at <= now:
                first.turn.set_exception(TimeoutError())
        return self._line.urgencies()

    def _put_off(self, urgency: Urgency, answer: Later) -> None:
        self._in_vain_until[urgency] = self._monotonic() + min(answer.wait_s, LONGEST_NAP_S)

    async def _doze(self, seconds: float) -> None:
        """Sleep so long, or until somebody joins the line."""
        self._nap = asyncio.ensure_future(self._sleep(seconds))
        try:
            await asyncio.wait({self._nap})
        finally:
            self._nap.cancel()
            self._nap = None
