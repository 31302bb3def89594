"""
Call: drain what waits for one pager outside Slack. Nothing is lost; what arrives twice is one by its key.

What may have arrived is sent again, in the order in which it came about for each response: an ack never overtakes its
call. What a pager does not take is told in the channel, and the next level is called without waiting for the timer.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from bot.domain.notice import Kind, LineBody, Notice, PageBody
from bot.domain.pager import name_of, unheard
from bot.domain.speech import Obstacle, Refused, Unsure
from bot.domain.subscription import Place
from bot.flows.amend import is_needless
from bot.flows.drain import backoff, drain, surely
from bot.queue.punctual import Late

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from typing import Protocol

    from bot.store.claims import Claim
    from bot.store.memory import Memory, Tx
    from bot.store.outbox import OutboxRow

    class Send(Protocol):
        """Sends one call; may raise `Refused`, `Unsure` and `Late`."""

        async def __call__(self, body: PageBody, *, key: str, now: datetime) -> None: ...


LONGEST_WAIT: Final = timedelta(minutes=10)  # however long a pager asks for: somebody is to be woken
TELLING_TRY: Final = 3  # after so many calls that did not get through, somebody else is called too
PUZZLED_TRIES: Final = 6  # over half a minute, of a refusal that time may heal
GONE: Final = "no_such_pager"  # the code of a row whose pager the configuration does not name any more

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """
    What calling needs: how each pager is called, by its name; else as `deliver.Office` has it.
    """

    memory: Memory
    pagers: Mapping[str, Send]
    now: Callable[[], datetime]
    monotonic: Callable[[], float] = lambda: 0.0
    is_leaving: Callable[[], bool] = lambda: False


async def call(place: Place, exchange: Exchange) -> None:
    """
    Send everything that is due for a pager, in the order of each response.

    Raises:
        DatabaseUnavailable: what was begun is found and sent again by whoever drains the pager next.
    """
    await drain(place, exchange, begin=partial(_begin, exchange), send=partial(_send, exchange))


async def _begin(exchange: Exchange, claim: Claim) -> OutboxRow | None:
    """Begin the next row, unless the team is to hear nothing; what may have arrived is not sent again in vain."""
    async with exchange.memory.transaction() as tx:
        if await tx.channels.paused(Place(team=claim.place.team, channel="")) is not None:
            return None  # what waits is kept as it is
        now = exchange.now()
        while (row := await tx.outbox.next(claim, now=now)) is not None and await is_needless(tx, row, now=now):
            await tx.outbox.drop(row, claim, now=now)  # what came of it goes after it
        return row


async def _send(exchange: Exchange, row: OutboxRow, claim: Claim) -> bool:
    """Send one row; False when the pager is to be left for now."""
    name = name_of(row.place) or ""
    send = exchange.pagers.get(name)
    try:
        if send is None or not isinstance(row.body, PageBody):
            raise Refused(GONE, obstacle=Obstacle.INSTALL)  # noqa: TRY301 - as whoever sends it would say
        async with surely(claim, exchange):
            await send(row.body, key=row.key, now=exchange.now())
    except Late:  # it has not left; if somebody else has the pager by now, this writes nothing
        log.warning("a call of %s was held up and is looked at again", name)
        async with exchange.memory.transaction() as tx:
            return await tx.outbox.put_off(row, claim, exchange.now())
    except Unsure as unsure:
        return await _is_open(exchange, row, claim, str(unsure), wait=backoff(row.attempts), is_certain=False)
    except Refused as refused:
        return await _is_refused(exchange, row, claim, refused)
    async with exchange.memory.transaction() as tx:
        return await tx.outbox.settle(row, claim, ts="", now=exchange.now())


async def _is_refused(exchange: Exchange, row: OutboxRow, claim: Claim, refused: Refused) -> bool:
    is_puzzle = refused.obstacle is Obstacle.OTHER and row.attempts < PUZZLED_TRIES
    if refused.obstacle is Obstacle.WAIT or is_puzzle:
        wait = backoff(row.attempts) if refused.retry_after is None else min(refused.retry_after, LONGEST_WAIT)
        return await _is_open(exchange, row, claim, refused.code, wait=wait, is_certain=refused.is_certain)
    log.error("%s does not take a call: %s", name_of(row.place), refused.code)
    now = exchange.now()
    async with exchange.memory.transaction() as tx:
        if not await tx.outbox.park(row, claim, refused.code, now=now):
            return False
        await _tell(tx, row, "pager_refused", refused.code, now)
    return True


async def _is_open(
    exchange: Exchange, row: OutboxRow, claim: Claim, code: str, *, wait: timedelta, is_certain: bool
) -> bool:
    """Try again later. The pager is left for now: what stands in the way of this call stands in the others' too."""
    now = exchange.now()
    async with exchange.memory.transaction() as tx:
        if is_certain:
            is_ours = await tx.outbox.put_off(row, claim, now + wait)
        else:
            is_ours = await tx.outbox.unsure(row, claim, not_before=now + wait)
        # No less than so many: whoever made just that one may have died of it, or been held up.
        if is_ours and row.attempts >= TELLING_TRY and await _tell(tx, row, "pager_silent", code, now):
            log.warning(
                "%s is not reached: %s; somebody else is called, and it is tried again", name_of(row.place), code
            )
    return False


async def _tell(tx: Tx, row: OutboxRow, key: str, code: str, now: datetime) -> bool:
    """Say once in the channel what a pager did not take, and call the next level now where it was a call."""
    body = row.body
    if not isinstance(body, PageBody) or row.response is None:
        return False  # a drill says itself what did not arrive
    there, cause = Place(team=row.place.team, channel=body.channel), f"{key}:{row.id}"
    if await tx.outbox.is_put(there, Kind.LINE, cause):
        return False
    said = "pager_behind"
    if body.act == "trigger":
        said = f"{key}_next" if await _is_next_called(tx, row.response, body.step, now) else key
    values = (("name", name_of(row.place) or ""), ("number", str(body.incident)), ("code", code))
    line = LineBody(key=said, user="", values=values)
    await tx.outbox.put(Notice(place=there, kind=Kind.LINE, cause=cause, body=line), now=now)
    return True


async def _is_next_called(tx: Tx, number: int, step: int, now: datetime) -> bool:
    while (response := await tx.responses.get(number)) is not None:
        after = unheard(response, step, now)
        if after == response:
            return False
        if await tx.responses.save(after):
            return True
    return False
