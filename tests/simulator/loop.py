"""
An event loop whose time is a number: it jumps to the next timer as soon as nothing is ready, so that an hour of waiting
takes as long as what is done in it, and two runs of one history are the same to the last step.

Tasks belong to a simulated process. A process that was killed takes no further step and cleans nothing up; one that is
frozen takes none until it thaws.
"""

from __future__ import annotations

import asyncio
import heapq
from contextvars import Context, ContextVar, copy_context
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from tests.simulator.life import Life

LIFE: ContextVar[Life | None] = ContextVar("LIFE", default=None)  # whose step this is; None: the world's


def nobodys() -> Context:
    """Return the context of what no process does: it goes on whoever dies."""
    context = copy_context()
    context.run(LIFE.set, None)
    return context


class _Task(asyncio.Task[Any]):
    """A task with a number of its own for a hash: sets of tasks come in the same order in every run."""

    _numbers = count()

    def __init__(self, *args: Any, **more: Any) -> None:
        self._number = next(_Task._numbers)
        super().__init__(*args, **more)

    def __hash__(self) -> int:
        return self._number

    def __eq__(self, other: object) -> bool:
        return self is other


class Stuck(Exception):
    """Nothing is ready and nobody waits for any time: the world stands still."""


class Loop(asyncio.BaseEventLoop):
    """The loop. `steps` counts what was run."""

    def __init__(self) -> None:
        super().__init__()
        self._at = 0.0
        self.steps = 0
        self.broken: list[str] = []  # what ended a task that nobody listened to
        _Task._numbers = count()
        self.set_task_factory(_factory)
        self.set_exception_handler(self._note)

    def time(self) -> float:
        return self._at

    @property
    def is_busy(self) -> bool:
        """Say whether anything else can go on at once."""
        return bool(self._ready)

    def run_in_executor(self, _executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        """Do it at once: there are no threads."""
        done = self.create_future()
        done.set_result(func(*args))
        return done

    def _run_once(self) -> None:
        while self._scheduled and self._scheduled[0]._cancelled:
            self._drop_timer()
        if not self._ready and not self._stopping:
            if not self._scheduled:
                raise Stuck
            self._at = max(self._at, self._scheduled[0]._when)
        while self._scheduled and self._scheduled[0]._when <= self._at:
            handle = heapq.heappop(self._scheduled)
            handle._scheduled = False
            self._ready.append(handle)
        for _ in range(len(self._ready)):
            handle = self._ready.popleft()
            if handle._cancelled:
                continue
            life = handle._context.get(LIFE)
            if life is not None and not life.may_step(handle):
                continue
            self.steps += 1
            handle._run()

    def _drop_timer(self) -> None:
        heapq.heappop(self._scheduled)._scheduled = False
        self._timer_cancelled_count -= 1

    def thaw(self, held: list[asyncio.Handle]) -> None:
        """Run what a frozen process could not, in the order in which it fell due."""
        self._ready.extend(held)

    def _process_events(self, event_list: object) -> None: ...

    def _write_to_self(self) -> None: ...

    def _note(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        self.broken.append(f"{context.get('message')}: {error!r}")


def _factory(loop: asyncio.AbstractEventLoop, coro: Coroutine[Any, Any, Any], **more: Any) -> asyncio.Task[Any]:
    task = _Task(coro, loop=loop, **more)
    life = LIFE.get() if more.get("context") is None else more["context"].get(LIFE)
    if life is not None:
        life.tasks.append(task)
    return task
