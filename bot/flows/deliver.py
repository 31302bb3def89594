"""
Deliver: drain one channel's outbox into Slack. Nothing is lost, nothing is said twice.

Between any two lines the process may be killed. What was begun and not settled is looked for by its key before it is
said again; what somebody else has claimed meanwhile is theirs, and the fence makes our writes come to nothing.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from bot.domain import burst, telling
from bot.domain.notice import CardBody, DrillBody, Kind, LineBody, Notice, PageBody, ReplyBody
from bot.domain.speech import Obstacle, Refused, Saying, Unsure
from bot.domain.subscription import Place
from bot.flows.amend import handled, is_needless, sent
from bot.flows.drain import backoff, drain, surely
from bot.flows.pause import pause
from bot.flows.unreachable import pass_over
from bot.queue.punctual import Late
from bot.store.cards import DIGEST, DRILL, name
from bot.store.channels import ARCHIVED

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    from bot.domain.notice import Body
    from bot.queue.tempo import Tempo
    from bot.store.claims import Claim
    from bot.store.memory import Memory, Tx
    from bot.store.outbox import OutboxRow

LOOK_BACK: Final = timedelta(minutes=5)  # before the first attempt: Slack's clock and ours differ
PUZZLED: Final = timedelta(seconds=15)  # longer with each attempt, after a refusal that is new to us
PUZZLED_LONGEST: Final = timedelta(seconds=45)
PUZZLED_TRIES: Final = 5  # over two minutes; the last one also as plain text
LOCKED_OUT: Final = timedelta(minutes=1)  # how long a channel rests after Slack did not let us in at all

_IN_CHANNEL_STOPS: Final = {
    Obstacle.GONE: "paused_gone",
    Obstacle.NOT_MEMBER: "paused_not_member",
    Obstacle.POLICY: "paused_policy",
}

log = logging.getLogger(__name__)


class Needless(Exception):
    """Somebody was to be called again, and has it in hand by now."""


async def _no_link(_channel: str, _ts: str) -> str:
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """
    How things are said outside; each may raise `Refused` and `Unsure`.

    `post(saying)` returns where it stands, `edit(channel, ts, body)` changes what stands there, `find(saying, since)`
    looks for what may have been posted, `direct(user)` names the conversation with one person; `link(channel, ts)` is
    the address of a message, empty where there is none to be had, and raises nothing.
    """

    post: Callable[[Saying], Awaitable[str]]
    edit: Callable[[str, str, Body], Awaitable[None]]
    find: Callable[[Saying, datetime], Awaitable[str | None]]
    direct: Callable[[str], Awaitable[str]]
    link: Callable[[str, str], Awaitable[str]] = _no_link


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """
    What delivering needs.

    `titles` are the clouds as people call them, by the registry's words; `now` is the clock: a drain takes a while;
    `admins` are told what cannot be told to whom it was meant for; `monotonic` are seconds that only ever grow; once
    `is_leaving`, nothing more is begun and the channel is handed on.
    """

    memory: Memory
    speech: Speech
    tempo: Tempo
    titles: Mapping[str, str]
    now: Callable[[], datetime]
    admins: tuple[str, ...] = ()
    monotonic: Callable[[], float] = lambda: 0.0
    is_leaving: Callable[[], bool] = lambda: False


async def deliver(place: Place, office: Office) -> None:
    """
    Say everything that is due in a channel, oldest first; whoever drains it already will look once more.

    Raises:
        DatabaseUnavailable: what was begun is found and finished by whoever drains the channel next.
    """
    await drain(place, office, begin=partial(_next, office=office), send=partial(_send, office=office, fresh={}))


async def _next(claim: Claim, office: Office) -> OutboxRow | None:
    """Begin the next row, unless the team or the channel is to hear nothing."""
    place, now = claim.place, office.now()
    async with office.memory.transaction() as tx:
        if await tx.channels.paused(Place(team=place.team, channel="")) is not None:
            return None  # what waits is kept as it is
        if (why := await tx.channels.paused(place)) is not None:
            await tx.outbox.park_place(place, why, now=now)
            return None
        await _gather(tx, claim, now)
        row = await tx.outbox.next(claim, now=now)
        return None if row is None else replace(row, body=await handled(tx, row, now=now))


async def _gather(tx: Tx, claim: Claim, now: datetime) -> None:
    """Put what came too fast into one message, which is edited while the burst goes on."""
    place = claim.place
    since = now - burst.LONGEST
    changes = await tx.bursts.recent(place, since=since)
    waiting = [change for change in changes if change.is_waiting]
    if not waiting or not burst.is_burst([change.created_at for change in changes]):
        return
    if not (await tx.channels.settings(place)).digest:
        return
    last = await tx.bursts.newest(place, since=since)
    goes_on = last is not None and (not last.is_said or last.body.until > since)
    if not goes_on and (card := await tx.cards.get(place, DIGEST)) is not None:
        await tx.cards.forget(place, card.ts)  # an older burst's message is left as it is
    if await tx.bursts.gather(waiting, claim, now=now):
        body = burst.gather(last.body if last is not None and goes_on else None, [change.body for change in waiting])
        cause = f"digest:{waiting[0].id}"
        await tx.outbox.put(Notice(place=place, kind=Kind.DIGEST, cause=cause, body=body), now=now)


async def _send(row: OutboxRow, claim: Claim, office: Office, fresh: dict[str, datetime]) -> bool:
    """
    Say one row; False when the channel is to be left for now.

    Args:
        fresh: the cards that this drain has posted with their news: as of when they told how their task is.
    """
    if _is_lost(row):
        async with office.memory.transaction() as tx:
            return await tx.outbox.drop(row, claim, now=office.now())
    early = await (office.tempo.edit(row.place) if _is_edit(row) else office.tempo.post(row.place))
    if early is not None:
        async with office.memory.transaction() as tx:
            await tx.outbox.put_off(row, claim, office.now() + early)
        return False
    try:
        ts, thread_ts = await _say_somehow(row, claim, office, fresh)
    except Late:  # it has not left; if somebody else has the channel by now, this writes nothing
        log.warning("something to be said in %s was held up and is looked at again", row.place.channel)
        async with office.memory.transaction() as tx:
            return await tx.outbox.put_off(row, claim, office.now())
    except Needless:
        async with office.memory.transaction() as tx:
            return await tx.outbox.drop(row, claim, now=office.now())
    except Unsure:
        return await _is_unsure(row, claim, office)
    except Refused as refused:
        return await _is_refused(row, claim, refused, office)
    if row.root is None and isinstance(row.body, CardBody) and row.body.comes_with_news:
        fresh[row.subject] = row.body.look.asked_at
    async with office.memory.transaction() as tx:
        if await tx.outbox.settle(row, claim, ts=ts, thread_ts=thread_ts, now=office.now()):
            await sent(tx, row, now=office.now())
            return True
        if _is_edit(row):
            await tx.outbox.again(row, now=office.now())
        return False


async def _say_somehow(row: OutboxRow, claim: Claim, office: Office, fresh: Mapping[str, datetime]) -> tuple[str, str]:
    """Say it; what was refused again and again, and nobody knows why, with its words alone."""
    try:
        return await _say(row, claim, office, fresh)
    except Refused as refused:
        if refused.obstacle is not Obstacle.OTHER or row.attempts < PUZZLED_TRIES or _is_edit(row):
            raise
        return await _say(row, claim, office, fresh, is_plain=True)


async def _say(
    row: OutboxRow, claim: Claim, office: Office, fresh: Mapping[str, datetime], *, is_plain: bool = False
) -> tuple[str, str]:
    """Say it, unless it stands there already; return where it stands, and in whose thread a card stands."""
    row = await _linked(row, office)
    if row.root is not None and row.subject:
        channel = await _channel(row, office)
        async with surely(claim, office):
            await office.speech.edit(channel, row.root.ts, row.body)
        return row.root.ts, row.root.thread_ts
    saying = replace(await _saying(row, office, fresh), is_plain=is_plain)
    if not saying.thread_ts or row.root is not None:
        return await _find_or_post(row, saying, claim, office), saying.thread_ts
    try:
        return await _find_or_post(row, saying, claim, office), saying.thread_ts
    except Refused as refused:
        if refused.obstacle is not Obstacle.THREAD:
            raise
        # The thread in which somebody asked for it is gone: the channel will do.
        return await _find_or_post(row, replace(saying, thread_ts=""), claim, office), ""


async def _saying(row: OutboxRow, office: Office, fresh: Mapping[str, datetime]) -> Saying:
    saying = Saying(channel=await _channel(row, office), body=row.body, key=row.key)
    match row.body:
        case PageBody() if row.root is not None:
            return replace(saying, thread_ts=row.root.root_ts, in_channel=True)
        case ReplyBody(in_thread=True) if row.root is not None:
            # What a card said when it appeared is not shown in the channel once more.
            shown_until = fresh.get(row.root.subject)
            in_channel = row.kind is Kind.CHANNEL and (shown_until is None or shown_until < row.created_at)
            return replace(saying, thread_ts=row.root.root_ts, in_channel=in_channel)
        case DrillBody() if row.root is not None:
            return replace(saying, thread_ts=row.root.root_ts, in_channel=row.body.is_end and row.body.is_failed)
        case CardBody(thread_ts=thread_ts) | LineBody(thread_ts=thread_ts):
            return replace(saying, thread_ts=thread_ts)
        case _:
            return saying


async def _channel(row: OutboxRow, office: Office) -> str:
    return await office.speech.direct(row.user) if row.kind is Kind.DIRECT else row.place.channel


async def _linked(row: OutboxRow, office: Office) -> OutboxRow:
    """Let a call to one person say where its story is told, if that stands there already."""
    if row.kind is not Kind.DIRECT or not isinstance(row.body, PageBody):
        return row
    there = Place(team=row.place.team, channel=row.body.channel)
    async with office.memory.reading() as tx:
        told = DRILL if row.body.act == "drill" else name(task=row.task, subscription=None, incident=row.incident)
        card = await tx.cards.get(there, told)
    link = "" if card is None else await office.speech.link(there.channel, card.root_ts)
    return replace(row, body=replace(row.body, link=link))


async def _find_or_post(row: OutboxRow, saying: Saying, claim: Claim, office: Office) -> str:
    if row.is_unsure and (found := await office.speech.find(saying, row.started_at - LOOK_BACK)) is not None:
        return found
    async with office.memory.reading() as tx:
        if await is_needless(tx, row, now=office.now()):
            raise Needless
    async with surely(claim, office):
        return await office.speech.post(saying)


async def _is_unsure(row: OutboxRow, claim: Claim, office: Office) -> bool:
    """Slack may have it: look before saying it again. Edits go on, unless it was one that got no answer."""
    later = office.now() + backoff(row.attempts)
    async with office.memory.transaction() as tx:
        if _is_edit(row):
            if not await tx.outbox.put_off(row, claim, later):
                await tx.outbox.again(row, now=office.now())
            return False
        return await tx.outbox.unsure(row, claim, not_before=later)


async def _is_refused(row: OutboxRow, claim: Claim, refused: Refused, office: Office) -> bool:
    """Do what a refusal calls for; False when the channel is to be left for now."""
    now = office.now()
    if refused.obstacle in _IN_CHANNEL_STOPS and row.kind is not Kind.DIRECT:
        await _pause(row, claim, refused, office)
        return False
    async with office.memory.transaction() as tx:
        match refused.obstacle:
            case Obstacle.WAIT:
                later = now + (refused.retry_after or backoff(row.attempts))
                if _is_edit(row) or refused.is_certain:
                    await tx.outbox.put_off(row, claim, later)
                else:
                    await tx.outbox.unsure(row, claim, not_before=later)
                return not _is_edit(row)
            case Obstacle.INSTALL:
                log.error("Slack does not let the bot in: %s; what is to be said waits", refused.code)
                await tx.outbox.put_off(row, claim, now + LOCKED_OUT)
                return False
            case Obstacle.THREAD if row.root is not None:
                return await _begin_anew(tx, row, claim, office)
            case Obstacle.OTHER if row.attempts < PUZZLED_TRIES:
                log.warning("%s in %s is not taken and is tried again: %s", row.kind, row.place.channel, refused.code)
                return await tx.outbox.put_off(row, claim, now + min(PUZZLED * row.attempts, PUZZLED_LONGEST))
            case _ if row.kind is Kind.DIRECT and _is_call(row):
                if is_parked := await tx.outbox.park(row, claim, refused.code, now=now):
                    await pass_over(tx, row, refused.code, now=now)
                return is_parked
            case Obstacle.PERSON if row.kind is Kind.DIRECT and not isinstance(row.body, PageBody):
                return await _tell_admins(tx, row, claim, refused, office)
            case _:
                log.error("%s in %s is not taken: %s", row.kind, row.place.channel, refused.code)
                return await tx.outbox.park(row, claim, refused.code, now=now)


async def _tell_admins(tx: Tx, row: OutboxRow, claim: Claim, refused: Refused, office: Office) -> bool:
    """Tell the admins what a person who left, or who takes nothing from us, cannot be told."""
    now = office.now()
    log.warning("%s cannot be told anything: %s", row.user, refused.code)
    if not await tx.outbox.park(row, claim, refused.code, now=now):
        return False
    for admin in office.admins if row.user not in office.admins else ():
        place, cause = Place(team=row.place.team, channel=admin), f"{row.cause}:for:{row.user}"
        notice = Notice(place=place, kind=Kind.DIRECT, cause=cause, body=row.body, task=row.task, user=admin)
        await tx.outbox.put(notice, now=now)
    return True


async def _begin_anew(tx: Tx, row: OutboxRow, claim: Claim, office: Office) -> bool:
    """
    Let a message go that is lost: what it showed is posted anew, and what goes under it waits for that.

    Only a task's card has to be composed again for its replies; every other lost message is the row itself.
    """
    if row.root is None or not await tx.outbox.put_off(row, claim, office.now()):
        return False
    await tx.cards.forget(row.place, row.root.ts)
    followed = None if row.task is None or _is_edit(row) else await tx.tasks.by_id(row.task)
    if followed is not None:
        title = office.titles.get(followed.provider, followed.provider)
        for card in telling.card(followed, followed.known, place=row.place, title=title, now=office.now()):
            await tx.outbox.put(card, now=office.now())
    return True


async def _pause(row: OutboxRow, claim: Claim, refused: Refused, office: Office) -> None:
    place, now = row.place, office.now()
    why = ARCHIVED if refused.code in {ARCHIVED, "is_inactive"} else refused.code
    log.warning("nothing more is said in %s: %s", place.channel, refused.code)
    async with office.memory.transaction() as tx:
        if await tx.outbox.park(row, claim, why, now=now):
            await pause(tx, place, why, tells=_IN_CHANNEL_STOPS[refused.obstacle], code=refused.code, now=now)


def _is_edit(row: OutboxRow) -> bool:
    return row.root is not None and bool(row.subject)


def _is_call(row: OutboxRow) -> bool:
    """Say whether it calls somebody in Slack, and is no edit of what did."""
    return isinstance(row.body, PageBody) and not row.subject


def _is_lost(row: OutboxRow) -> bool:
    """Say whether it is the edit of a call that does not stand there any more: nobody is called by that."""
    return isinstance(row.body, PageBody) and bool(row.subject) and row.root is None
