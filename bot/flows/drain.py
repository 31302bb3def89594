"""
Drain: take what waits for one place out of the outbox, one after another, under a claim that nobody else holds.

Between any two lines the process may be killed. What somebody else has claimed meanwhile is theirs, and the fence makes
our writes come to nothing.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

from bot.queue.punctual import Late, Moment, within

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from datetime import datetime

    from bot.domain.subscription import Place
    from bot.store.claims import Claim
    from bot.store.memory import Memory
    from bot.store.outbox import OutboxRow

LEASE: Final = timedelta(seconds=30)  # a killed drainer's place is another's after so long
SURE: Final = timedelta(seconds=15)  # of it something may leave: it has arrived, and shows, well before the claim ends
LONGEST_BACKOFF: Final = timedelta(minutes=1)


class Drainer(Protocol):
    """Whoever drains: `now` is the clock, `monotonic` are seconds that only ever grow."""

    @property
    def memory(self) -> Memory: ...
    @property
    def now(self) -> Callable[[], datetime]: ...
    @property
    def monotonic(self) -> Callable[[], float]: ...
    @property
    def is_leaving(self) -> Callable[[], bool]: ...


async def drain(
    place: Place,
    by: Drainer,
    *,
    begin: Callable[[Claim], Awaitable[OutboxRow | None]],
    send: Callable[[OutboxRow, Claim], Awaitable[bool]],
) -> None:
    """
    Send everything that is due for a place; whoever drains it already will look once more.

    Args:
        begin: begins the next row; None when nothing is due.
        send: sends it; False when the place is to be left for now.

    Raises:
        DatabaseUnavailable: what was begun is found and finished by whoever drains the place next.
    """
    while not by.is_leaving():
        async with by.memory.transaction() as tx:
            claim = await tx.outbox.claim_place(place, now=by.now(), lease=LEASE)
        if claim is None:
            return
        while not by.is_leaving() and (row := await begin(claim)) is not None:
            if not await send(row, claim):
                break
        async with by.memory.transaction() as tx:
            is_dirty = await tx.outbox.release(claim)
        if not is_dirty and not by.is_leaving():
            return
    async with by.memory.transaction() as tx:
        tx.outbox.hand_on(place)


@asynccontextmanager
async def surely(claim: Claim, by: Drainer) -> AsyncIterator[None]:
    """
    Let something leave while the place is surely ours.

    Raises:
        Late: it is not, or was not any more when it was to leave.
    """
    moment = Moment.of(by.now, by.monotonic)
    async with by.memory.transaction() as tx:
        if not await tx.outbox.renew(claim, now=moment.at):
            raise Late
    with within(SURE, moment):
        yield


def backoff(attempts: int) -> timedelta:
    """Say how long to wait after so many attempts: 1, 2, 4 … seconds, a minute at most."""
    return min(timedelta(seconds=2 ** min(attempts - 1, 10)), LONGEST_BACKOFF)
