"""
The outbox: what we want to say in Slack, put down with what caused it and kept until Slack has it.

A row is pending, then sending; from there done, parked or dropped (settled: nothing is to be done about it any more),
unsure (Slack may have it) or pending again. Every write of a drainer checks that its claim is still the channel's.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import case, delete, func, literal, or_, select, text, update

from bot.domain.notice import Body, DrillBody, Kind, Notice, PageBody, Wake, from_json, to_json
from bot.domain.pager import name_of
from bot.domain.subscription import Place
from bot.store import claims, legible
from bot.store.batches import batches
from bot.store.calls import choose_call
from bot.store.cards import DIGEST, DRILL, Card, Cards, name, of_page
from bot.store.line import State, Waiting, choose
from bot.store.tables import ChannelRow, NoticeRow
from bot.store.upsert import upsert

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.store.claimant import Claimant
    from bot.store.claims import Claim


UNREADABLE: Final = "unreadable_body"  # the code of a row that this release cannot read
RELEASES_CHANGE: Final = timedelta(minutes=30)  # for so long two of them may serve at once
LEFT_FOR: Final = timedelta(seconds=10)  # then it is looked at again

WITHDRAWN: Final = "withdrawn"  # the code of a call that nobody needs any more

_CALLS: Final = (Kind.PAGE.value, Kind.DIRECT.value, Kind.CALL.value)
_FOLLOWS: Final = ("page:%:ack:%", "page:%:resolve:%")  # the causes of what an outside pager hears of a call it has


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """A notice that is ours to send now."""

    id: int
    key: str  # 32 hexadecimal digits; the message carries it, so that it is found again
    place: Place
    kind: Kind
    cause: str
    body: Body
    user: str
    task: int | None
    subscription: int | None
    incident: int | None
    response: int | None
    subject: str  # of the card that it is; empty for what is posted once
    root: Card | None  # the card that it edits, or goes under; None: not there
    is_unsure: bool  # an earlier attempt may have reached Slack: look for the key from `started_at` on, then send
    started_at: datetime  # when the first attempt began that may have reached Slack
    attempts: int  # this one counted
    created_at: datetime


class Outbox:
    """
    The outbox of one transaction.

    Args:
        wakes: where it puts down whom to wake after the commit.
        new_key: gives 128 random bits as 32 hexadecimal digits.
        claimant: who claims channels.
    """

    def __init__(
        self, connection: AsyncConnection, *, wakes: set[Wake], new_key: Callable[[], str], claimant: Claimant
    ) -> None:
        self._connection = connection
        self._wakes = wakes
        self._new_key = new_key
        self._claimant = claimant

    async def put(self, notice: Notice, *, now: datetime) -> int | None:
        """
        Put down what is to be said, and wake the channel's drainer after the commit.

        The waiting row of a CARD with a task, a BOARD with a subscription or a GROUP with an incident takes the newer
        body and keeps its place; what such a row is replaced by is never `None`.

        Returns:
            The row's id; None when the same cause was put down already for this destination and kind.
        """
        subject = _subject(notice)
        begun = upsert(self._connection, NoticeRow).values(
            key=self._new_key(),
            team_id=notice.place.team,
            channel_id=notice.place.channel,
            user_id=notice.user,
            kind=notice.kind.value,
            cause=notice.cause,
            body=to_json(notice.body),
            task=notice.task,
            subscription=notice.subscription,
            incident=notice.incident,
            response=notice.response,
            card=subject,
            thread=_thread(notice),
            state=State.PENDING.value,
            created_at=now,
            not_before=notice.not_before,
            fence=0,
            attempts=0,
            ts="",
            code="",
        )
        if subject:
            made = begun.on_conflict_do_update(
                index_elements=[NoticeRow.team_id, NoticeRow.channel_id, NoticeRow.card],
                index_where=text("card <> '' AND state = 'pending'"),
                set_={"body": begun.excluded.body, "cause": begun.excluded.cause},
            )
        else:
            made = begun.on_conflict_do_nothing()
        number: int | None = (await self._connection.execute(made.returning(NoticeRow.id))).scalar_one_or_none()
        if number is not None and (notice.not_before is None or notice.not_before <= now):
            self._wakes.add(wake(notice.place))
        return number

    async def is_put(self, place: Place, kind: Kind, cause: str) -> bool:
        """Say whether something was put down for this cause already, said or not."""
        which = (NoticeRow.team_id == place.team) & (NoticeRow.channel_id == place.channel)
        its = select(NoticeRow.id).where(which, NoticeRow.kind == kind.value, NoticeRow.cause == cause)
        return await self._connection.scalar(its) is not None

    async def claim_place(self, place: Place, *, now: datetime, lease: timedelta) -> Claim | None:
        """Claim a channel; None when somebody else has it, who will look once more."""
        return await claims.claim(self._connection, place, now=now, lease=lease, claimant=self._claimant)

    async def renew(self, claim: Claim, *, now: datetime) -> bool:
        """Hold a claim for a whole lease more, just before something is sent; False when it is somebody else's."""
        return await claims.renew(self._connection, claim, now=now, claimant=self._claimant)

    async def release(self, claim: Claim) -> bool:
        """Give a claim back; True when something came meanwhile: claim it again and look once more."""
        return await claims.release(self._connection, claim)

    async def next(self, claim: Claim, *, now: datetime) -> OutboxRow | None:
        """
        Begin to send what comes next, and renew the lease; commit before sending it.

        Returns:
            None when nothing is due (`line` says what waits for what) or when the claim is somebody else's.
        """
        if not await self.renew(claim, now=now):
            return None
        while True:
            line = await self._line(claim.place)
            subjects = {subject for row in line for subject in (row.card, row.thread) if subject}
            cards = await Cards(self._connection).among(claim.place, sorted(subjects))
            if name_of(claim.place) is None:
                chosen = choose(line, cards=frozenset(cards), fence=claim.fence, now=now)
            else:
                chosen = choose_call(line, fence=claim.fence, now=now)
            if chosen is None:
                return None
            row = await self._begin(chosen, claim, now)
            if row is None:
                continue
            try:
                return _outbox_row(row, chosen, cards)
            except ValueError:  # a newer release's, or spoilt: it must not hold up what is behind it
                legible.complain(row)
                await self._leave(row, chosen, claim, now)

    async def settle(self, row: OutboxRow, claim: Claim, *, ts: str, now: datetime, thread_ts: str = "") -> bool:
        """
        Slack has it; a card, board or group message is from now on edited at `ts`.

        Args:
            thread_ts: of a card whose story goes under another message.

        Returns:
            False when the claim is somebody else's, who will look for the message.
        """
        if not await self._settle(row.id, claim, state=State.DONE, now=now, ts=ts):
            return False
        if row.subject:
            await Cards(self._connection).put_subject(row.place, row.subject, ts=ts, thread_ts=thread_ts)
        return True

    async def again(self, row: OutboxRow, *, now: datetime) -> None:
        """Show once more what a card showed last: an edit of ours may have come after that one."""
        card = await Cards(self._connection).get(row.place, row.subject)
        newest = await self._newest(row.place, row.subject)
        if card is None or row.root is None or card.ts != row.root.ts or newest is None or newest.id <= row.id:
            return
        await self._repeat(newest, now=now)

    async def show_again(self, place: Place, subject: str, *, now: datetime) -> None:
        """Show a card once more, where there is or is about to be one: what is only known as it is sent has changed."""
        is_its = _is_open_in(place) & (NoticeRow.card == subject)
        states = set(await self._connection.scalars(select(NoticeRow.state).where(is_its)))
        if State.PENDING.value in states:
            return  # what waits will be sent as it then is
        if states or await Cards(self._connection).get(place, subject) is not None:
            newest = await self._newest(place, subject)
            if newest is not None:
                await self._repeat(newest, now=now)

    async def _newest(self, place: Place, subject: str) -> Any | None:
        found = await self._connection.execute(
            select(NoticeRow)
            .where(
                NoticeRow.team_id == place.team,
                NoticeRow.channel_id == place.channel,
                NoticeRow.card == subject,
                NoticeRow.state.not_in((State.DROPPED.value, State.PARKED.value)),
            )
            .order_by(NoticeRow.id.desc())
            .limit(1)
        )
        return found.one_or_none()

    async def _repeat(self, row: Any, *, now: datetime) -> None:
        body = legible.body_of(row)
        if body is None:
            return
        notice = Notice(
            place=Place(team=row.team_id, channel=row.channel_id),
            kind=Kind(row.kind),
            cause=row.cause,
            body=body,
            task=row.task,
            subscription=row.subscription,
            incident=row.incident,
            response=row.response,
            user=row.user_id,
        )
        await self.put(notice, now=now)

    def hand_on(self, place: Place) -> None:
        """Wake another process for a channel: this one leaves."""
        self._wakes.add(wake(place))

    async def unsure(self, row: OutboxRow, claim: Claim, *, not_before: datetime | None = None) -> bool:
        """Slack may have it or not: whoever takes it next looks first."""
        return await self._write(row.id, claim, state=State.UNSURE.value, not_before=not_before)

    async def put_off(self, row: OutboxRow, claim: Claim, not_before: datetime) -> bool:
        """
        Slack does not have it for certain; try again later, and hold up what is behind it.

        Where a newer edit of the same card waits, that one waits in its stead.
        """
        if row.is_unsure:  # this attempt did not reach Slack, but the one before it may have
            return await self.unsure(row, claim, not_before=not_before)
        if row.subject and await self._give_way(row, claim, not_before):
            return True
        return await self._write(row.id, claim, state=State.PENDING.value, not_before=not_before, started_at=None)

    async def park(self, row: OutboxRow, claim: Claim, code: str, *, now: datetime) -> bool:
        """Slack refuses it for good; `revive` takes it up again once the reason has gone."""
        return await self._settle(row.id, claim, state=State.PARKED, now=now, code=code)

    async def drop(self, row: OutboxRow, claim: Claim, *, now: datetime) -> bool:
        """Nobody wants it any more."""
        return await self._settle(row.id, claim, state=State.DROPPED, now=now)

    async def due_places(self, now: datetime, *, limit: int = 1_000) -> list[Place]:
        """Name the channels where something may be due and that nobody has claimed."""
        is_claimed = (
            select(literal(1))
            .where(ChannelRow.team_id == NoticeRow.team_id, ChannelRow.channel_id == NoticeRow.channel_id)
            .where(ChannelRow.claim_until > self._claimant.at(now))
            .exists()
        )
        rows = await self._connection.execute(
            select(NoticeRow.team_id, NoticeRow.channel_id)
            .where(NoticeRow.settled_at.is_(None), _is_due(now), ~is_claimed)
            .group_by(NoticeRow.team_id, NoticeRow.channel_id)
            .order_by(func.min(NoticeRow.id))
            .limit(limit)
        )
        return [Place(team=row.team_id, channel=row.channel_id) for row in rows]

    async def coming(self, cards: Iterable[str]) -> dict[str, set[Place]]:
        """Say in which channels a card, or an edit of it, is still to be sent, by the cards' names."""
        coming: dict[str, set[Place]] = {}
        for batch in batches([*cards]):
            rows = await self._connection.execute(
                select(NoticeRow.card, NoticeRow.team_id, NoticeRow.channel_id)
                .where(NoticeRow.settled_at.is_(None), NoticeRow.card.in_(batch))
                .distinct()
            )
            for row in rows:
                coming.setdefault(row.card, set()).add(Place(team=row.team_id, channel=row.channel_id))
        return coming

    async def parked(self, team: str, place: Place | None = None) -> Counter[str]:
        """Count by the code what is parked for a team, or for one channel of it; what is kept is looked through."""
        where = NoticeRow.team_id == team
        if place is not None:
            where &= NoticeRow.channel_id == place.channel
        rows = await self._connection.execute(
            select(NoticeRow.code, func.count().label("many"))
            .where(where, NoticeRow.state == State.PARKED.value)
            .group_by(NoticeRow.code)
        )
        return Counter({row.code: row.many for row in rows})

    async def rewind(self, now: datetime) -> None:
        """Let nothing that was put off wait for longer than until now: the clock has stepped back."""
        is_off = NoticeRow.settled_at.is_(None) & (NoticeRow.not_before > now)
        await self._connection.execute(update(NoticeRow).where(is_off).values(not_before=now))

    async def park_place(self, place: Place, code: str, *, now: datetime) -> int:
        """Park all that waits for a channel that refuses everything; says how much that was."""
        parked = await self._connection.execute(
            update(NoticeRow)
            .where(_is_open_in(place), NoticeRow.state != State.SENDING.value)
            .values(state=State.PARKED.value, settled_at=now, code=code)
        )
        return parked.rowcount

    async def revive(self, place: Place, *, now: datetime) -> int:
        """
        Say what was parked for a channel after all, oldest first; says how much that is.

        Of a card only the newest; and no calls, for whoever was to come was called elsewhere meanwhile.
        """
        is_parked = (
            (NoticeRow.team_id == place.team)
            & (NoticeRow.channel_id == place.channel)
            & (NoticeRow.state == State.PARKED.value)
            & (NoticeRow.code != UNREADABLE)
        )
        waiting = select(NoticeRow.card).where(_is_open_in(place), NoticeRow.card != "")
        newest = select(func.max(NoticeRow.id)).where(is_parked, NoticeRow.card != "").group_by(NoticeRow.card)
        is_old_edit = (NoticeRow.card != "") & (NoticeRow.card.in_(waiting) | NoticeRow.id.not_in(newest))
        is_overtaken = is_old_edit | NoticeRow.kind.in_(_CALLS) & NoticeRow.response.is_not(None)
        await self._connection.execute(
            update(NoticeRow).where(is_parked, is_overtaken).values(state=State.DROPPED.value, settled_at=now)
        )
        revived = await self._connection.execute(
            update(NoticeRow)
            .where(is_parked)
            .values(
                # What began once may have reached Slack before it was parked.
                state=case((NoticeRow.started_at.is_(None), State.PENDING.value), else_=State.UNSURE.value),
                settled_at=None,
                not_before=None,
                code="",
            )
        )
        if revived.rowcount:
            self._wakes.add(wake(place))
        return revived.rowcount

    async def withdraw(self, response: int, *, now: datetime) -> int:
        """
        Take back the calls of a response that nobody has begun to send; says how many that were.

        What a pager is still to hear of an earlier one stays: without its end that one would ring on.
        """
        taken_back = await self._connection.execute(
            update(NoticeRow)
            .where(NoticeRow.response == response, NoticeRow.settled_at.is_(None))
            .where(~or_(*(NoticeRow.cause.like(cause) for cause in _FOLLOWS)))
            .where(NoticeRow.state == State.PENDING.value, NoticeRow.kind.in_(_CALLS), NoticeRow.card == "")
            .values(state=State.DROPPED.value, settled_at=now, code=WITHDRAWN)
        )
        return taken_back.rowcount

    async def triggered(self, response: int) -> list[Place]:
        """Name the outside pagers that were called for a response, or are about to be."""
        rows = await self._connection.execute(
            select(NoticeRow.team_id, NoticeRow.channel_id)
            .where(NoticeRow.response == response, NoticeRow.kind == Kind.CALL.value)
            .where(NoticeRow.state != State.DROPPED.value)
            .distinct()
        )
        return sorted(Place(team=row.team_id, channel=row.channel_id) for row in rows)

    async def trim(self, before: datetime) -> None:
        """Forget what was settled earlier."""
        await self._connection.execute(delete(NoticeRow).where(NoticeRow.settled_at < before))

    async def _line(self, place: Place) -> list[Waiting]:
        columns = (NoticeRow.card, NoticeRow.thread, NoticeRow.fence, NoticeRow.attempts, NoticeRow.not_before)
        rows = await self._connection.execute(
            select(NoticeRow.id, NoticeRow.state, NoticeRow.kind, NoticeRow.task, NoticeRow.response, *columns)
            .where(_is_open_in(place))
            .order_by(NoticeRow.id)
        )
        return [
            Waiting(
                id=row.id,
                card=row.card,
                thread=row.thread,
                state=State(row.state),
                fence=row.fence,
                attempts=row.attempts,
                not_before=row.not_before,
                is_of_many=bool(row.card) and row.task is None,
                is_page=row.kind == Kind.PAGE.value and not row.card,
                response=row.response,
            )
            for row in rows
        ]

    async def _begin(self, chosen: Waiting, claim: Claim, now: datetime) -> Any | None:
        """Mark a row as being sent; None when it was dropped a moment ago."""
        begun = await self._connection.execute(
            update(NoticeRow)
            .where(NoticeRow.id == chosen.id, NoticeRow.state == chosen.state.value)
            .values(
                state=State.SENDING.value,
                fence=claim.fence,
                attempts=NoticeRow.attempts + 1,
                started_at=func.coalesce(NoticeRow.started_at, literal(now, NoticeRow.started_at.type)),
            )
            .returning(NoticeRow)
        )
        return begun.one_or_none()

    async def _leave(self, row: Any, chosen: Waiting, claim: Claim, now: datetime) -> None:
        """Leave what cannot be read to whoever can, while releases change; after that nobody will, and it is parked."""
        if now - row.created_at > RELEASES_CHANGE:
            await self._settle(row.id, claim, state=State.PARKED, now=now, code=UNREADABLE)
            return
        is_sure = chosen.state is State.PENDING
        await self._write(
            row.id,
            claim,
            state=(State.PENDING if is_sure else State.UNSURE).value,
            attempts=chosen.attempts,
            started_at=None if is_sure else row.started_at,
            not_before=now + LEFT_FOR,
            code=UNREADABLE,
        )

    async def _give_way(self, row: OutboxRow, claim: Claim, not_before: datetime) -> bool:
        newer = await self._connection.execute(
            update(NoticeRow)
            .where(_is_open_in(row.place), NoticeRow.card == row.subject, NoticeRow.state == State.PENDING.value)
            .values(not_before=not_before, attempts=row.attempts)
        )
        return newer.rowcount > 0 and await self._settle(row.id, claim, state=State.DROPPED, now=not_before)

    async def _settle(
        self, row: int, claim: Claim, *, state: State, now: datetime, ts: str = "", code: str = ""
    ) -> bool:
        return await self._write(row, claim, state=state.value, settled_at=now, ts=ts, code=code)

    async def _write(self, row: int, claim: Claim, **values: Any) -> bool:
        if not await claims.holds(self._connection, claim):
            return False
        written = await self._connection.execute(
            update(NoticeRow)
            .where(NoticeRow.id == row, NoticeRow.state == State.SENDING.value, NoticeRow.fence == claim.fence)
            .values(**values)
        )
        return written.rowcount == 1


def wake(place: Place) -> Wake:
    """Name the wake of a channel's drainer."""
    return Wake(what="deliver", key=f"{place.team} {place.channel}")


def _subject(notice: Notice) -> str:
    match notice.kind:
        case Kind.CARD:
            return name(task=notice.task, subscription=None, incident=None)
        case Kind.BOARD:
            return name(task=None, subscription=notice.subscription, incident=None)
        case Kind.GROUP:
            return name(task=None, subscription=None, incident=notice.incident)
        case Kind.DIGEST:
            return DIGEST
        case Kind.PAGE | Kind.DIRECT if isinstance(notice.body, PageBody) and notice.body.handling is not None:
            return of_page(notice.body.response, notice.body.version)
        case Kind.DRILL if isinstance(notice.body, DrillBody) and notice.body.is_root:
            return DRILL
        case _:
            return ""


def _thread(notice: Notice) -> str:
    if _subject(notice):
        return ""
    match notice.kind:
        case Kind.DRILL:
            return DRILL
        case Kind.PAGE if isinstance(notice.body, PageBody) and notice.body.act == "drill":
            return DRILL
        case Kind.REPLY | Kind.CHANNEL | Kind.PAGE:
            return name(task=notice.task, subscription=notice.subscription, incident=notice.incident)
        case _:
            return ""


def _is_due(now: datetime) -> ColumnElement[bool]:
    return or_(NoticeRow.not_before.is_(None), NoticeRow.not_before <= now)


def _is_open_in(place: Place) -> ColumnElement[bool]:
    is_open: ColumnElement[bool] = (
        (NoticeRow.team_id == place.team) & (NoticeRow.channel_id == place.channel) & NoticeRow.settled_at.is_(None)
    )
    return is_open


def _outbox_row(row: Any, chosen: Waiting, cards: dict[str, Card]) -> OutboxRow:
    return OutboxRow(
        id=row.id,
        key=row.key,
        place=Place(team=row.team_id, channel=row.channel_id),
        kind=Kind(row.kind),
        cause=row.cause,
        body=from_json(row.body),
        user=row.user_id,
        task=row.task,
        subscription=row.subscription,
        incident=row.incident,
        response=row.response,
        subject=row.card,
        root=cards.get(row.card or row.thread),
        is_unsure=chosen.state is not State.PENDING,
        started_at=row.started_at,
        attempts=row.attempts,
        created_at=row.created_at,
    )
