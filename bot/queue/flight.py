"""
Flight: one question under way to a cloud, and everybody who waits for its answer.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from bot.domain.turn import Urgency
from bot.queue.retry import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from bot.queue.lane import Lane
    from bot.queue.line import Waiter

T = TypeVar("T")


class Withdrawn(Exception):
    """Nobody who waits may have the rest of the answer any more."""


class Flight(Generic[T]):
    """
    A task of its own, so that an asker who goes takes nothing from the others; when all have gone, it ends.

    Args:
        lane: of its first request; its figures count those who join.
        urgency: of who asked first.
        now: monotonic seconds. It stands in line from now on.
    """

    def __init__(self, lane: Lane, urgency: Urgency, now: float) -> None:
        self.lane = lane
        self.urgency = urgency
        self.is_sent = False  # once a request has left, the answer may be older than a question that comes now
        self.replied_at: float | None = None  # when its first reply came, monotonic seconds
        self._askers: list[Callable[[], Awaitable[bool]] | None] = []
        self._is_abandoned = False
        self._answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._answer.add_done_callback(_was_heard)
        self._task: asyncio.Task[T] | None = None
        self.waiter: Waiter  # its request's place
        self._standing_in: Lane
        self.enter(lane, now)

    @property
    def is_over(self) -> bool:
        """Say whether it is too late to join."""
        return self._is_abandoned or self._answer.done()

    def start(self, answering: Coroutine[Any, Any, T], at_end: Callable[[], None]) -> None:
        """Set off; `at_end` is called when it is over, however it ends."""
        self._task = asyncio.create_task(answering, name=f"flight over {self.lane.name}")
        self._task.add_done_callback(self._land)
        self._task.add_done_callback(lambda _task: at_end())

    def enter(self, lane: Lane, now: float) -> None:
        """Let its next request stand in line; `now` in monotonic seconds."""
        self.waiter = lane.enter(self.urgency, now + PATIENCE_S[self.urgency])
        self._standing_in = lane

    def hurry(self, now: float) -> None:
        """Make it a person's, because one has joined what the beat asked."""
        self.urgency = Urgency.PERSON
        self._standing_in.hurry(self.waiter, now + PATIENCE_S[Urgency.PERSON])

    async def answer(self, may_go_on: Callable[[], Awaitable[bool]] | None = None) -> T:
        """
        Wait for the answer, with everybody else who does.

        Args:
            may_go_on: see `Lanes.list`.

        Raises:
            Exception: whatever it came to, the same for all.
        """
        self._askers.append(may_go_on)
        try:
            return await asyncio.shield(self._answer)
        finally:
            self._askers.remove(may_go_on)
            if not self._askers and self._task is not None:
                self._is_abandoned = True
                self._task.cancel()

    async def check(self) -> None:
        """
        Make sure that somebody may have what the next request brings.

        Raises:
            Withdrawn: nobody. It is over then.
        """
        if None in self._askers:
            return
        for may_go_on in tuple(self._askers):
            if may_go_on is None or await may_go_on():
                return
        if None not in self._askers:  # a person may have joined meanwhile
            self._is_abandoned = True
            raise Withdrawn

    async def call_off(self, reason: Exception) -> None:
        """End it with this for an answer."""
        if not self._answer.done():
            self._answer.set_exception(reason)
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    def _land(self, task: asyncio.Task[T]) -> None:
        self.waiter.turn.cancel()  # it may have been cancelled before it began to wait for its turn
        error = None if task.cancelled() else task.exception()
        if self._answer.done():
            return
        if task.cancelled():
            self._answer.cancel()
        elif error is not None:
            self._answer.set_exception(error)
        else:
            self._answer.set_result(task.result())


def _was_heard(answer: asyncio.Future[Any]) -> None:
    """Nobody may be left to hear it: then asyncio need not complain about an error that was not."""
    if not answer.cancelled():
        answer.exception()
