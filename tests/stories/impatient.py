"""
An event loop that does not wait: where nobody has anything to do, the next timer comes soon.

Clouds, Slack, the bot and the story run in one loop. So when no socket has anything to read, no database connection is
lent out and no thread works, all of them wait for time to pass, and it may as well have passed. What is done takes as
long as it takes, and nothing overtakes it: a busy machine makes a story slow, and not wrong.

What it cannot see is the work of another process. A story with a PostgreSQL server waits as everybody does.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from sqlalchemy import Double, Engine, Pool, bindparam, event

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Callable, Iterator

    from sqlalchemy import Dialect

    from bot.store.pace import PaceClock

STILL_S = 0.001  # of ours; when nothing has happened for so long, nothing is under way on loopback either
OPENING_S = 5.0  # of ours; a database connection that takes longer to open is one that was given up
LEAP_S = 0.1  # skipped at once at most: where a busy machine delivers late all the same, no patience runs out at once

# Database connections in use, and those being opened with the moment that began. Of one that is given up while it is
# being opened nobody tells, and what was raised then may keep it for ever.
_lent: WeakSet[object] = WeakSet()
_opening: dict[object, float] = {}


def _passed_s(clock: Callable[[], float] = time.monotonic) -> float:
    return clock()  # bound above: a story freezes the one that modules know by name


def _is_one_opening() -> bool:
    for record in [each for each, began_s in _opening.items() if _passed_s() - began_s > OPENING_S]:
        del _opening[record]
    return bool(_opening)


class _Selector(selectors.DefaultSelector):  # type: ignore[misc,valid-type]  # its type depends on the machine
    def __init__(self) -> None:
        super().__init__()
        self.threads: set[Future[Any]] = set()
        self.skipped_s = 0.0

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None or timeout <= STILL_S:
            return super().select(timeout)
        if happened := super().select(STILL_S):
            return happened
        if _lent or self.threads:
            return super().select(timeout - STILL_S)
        if _is_one_opening():
            return super().select(min(timeout - STILL_S, OPENING_S))
        self.skipped_s += min(timeout - STILL_S, LEAP_S)
        return []


class Impatient(asyncio.SelectorEventLoop):
    """The loop; its seconds are those that passed and those that were skipped."""

    def __init__(self) -> None:
        self._waiting = _Selector()
        super().__init__(self._waiting)

    def time(self) -> float:
        return super().time() + self._waiting.skipped_s

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Future[Any]:
        work = super().run_in_executor(executor, func, *args)
        self._waiting.threads.add(work)
        work.add_done_callback(self._waiting.threads.discard)
        return work


def pace_clock(loop: asyncio.AbstractEventLoop) -> PaceClock | None:
    """Return the clock by which the bot's pace goes: what sleeps in skipped seconds must reserve in them too."""
    if not isinstance(loop, Impatient):
        return None
    began_s = 1_800_000_000.0
    return bindparam("clock", type_=Double(), callable_=lambda: began_s + loop.time())


@contextmanager
def attentive() -> Iterator[None]:
    """Notice who uses a database, in whatever thread its driver works."""

    def opens(dialect: Dialect, record: object, places: Any, named: Any) -> Any:
        _opening[record] = _passed_s()
        try:
            return dialect.connect(*places, **named)
        except BaseException:
            _opening.pop(record, None)
            raise

    def takes(_: object, record: object, *__: object) -> None:
        _opening.pop(record, None)
        _lent.add(record)

    def returns(_: object, record: object) -> None:
        _lent.discard(record)

    heard = ((Engine, "do_connect", opens), (Pool, "checkout", takes), (Pool, "checkin", returns))
    for about, what, hear in heard:
        event.listen(about, what, hear)
    try:
        yield
    finally:
        for about, what, hear in heard:
            event.remove(about, what, hear)
        _lent.clear()
        _opening.clear()
