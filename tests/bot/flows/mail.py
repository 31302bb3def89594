"""
A channel to tell things to: the sandbox's Slack on loopback, a real outbox, and time that moves with every message.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from adapters.contract import AccountName, Plan, Region, Snapshot, TaskId, TaskRef, TaskState
from bot.domain.message import Look
from bot.domain.notice import CardBody, Kind, LineBody, Notice, ReplyBody
from bot.domain.outlook import Tone, judge_look
from bot.domain.pace import Slot
from bot.domain.subscription import Place, Wish
from bot.domain.task import Known, News, Why
from bot.flows.deliver import Office, deliver
from bot.flows.drain import LEASE
from bot.queue.tempo import Tempo
from bot.sandbox.slack.workspace import Channel
from bot.slack.speech import speech
from bot.store.tables import NoticeRow

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.domain.notice import Wake
    from bot.sandbox.clock import Clock
    from bot.sandbox.slack import Message, Slack
    from bot.slack.voice import Voice
    from bot.store.memory import Memory, Tx

TEAM = "T0SANDBOX"
RELAYS = Place(team=TEAM, channel="C0RELAYS")
REF = TaskRef(account=AccountName("aliyun"), region=Region("cn-shanghai"), task_id=TaskId("t-42"))
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
RUNNING, RETRYING, STOPPED = TaskState.RUNNING, TaskState.RETRYING, TaskState.STOPPED


class Killed(BaseException):
    """The process died here."""


@dataclass
class Mail:
    """The post office and everything around it. `dies_at`: the step at which the process is killed; 0 is never."""

    slack: Slack
    clock: Clock
    memory: Memory
    voice: Voice
    wakes: list[Wake] = field(default_factory=list)
    task: int = 0
    dies_at: int = 0
    steps: int = 0

    def step(self) -> None:
        self.steps += 1
        if self.steps == self.dies_at:
            raise Killed

    @property
    def office(self) -> Office:
        async def reserve(_lane: Any, terms: Any) -> Slot:
            self.clock.move(timedelta(seconds=terms.interval_s))
            return Slot(wait_s=0.0)

        async def sleep(seconds: float) -> None:
            self.clock.move(timedelta(seconds=seconds))

        honest = speech(self.voice, bot=self.slack.workspace.bot_b_id)
        said = replace(honest, **{name: self._mortal(getattr(honest, name)) for name in ("post", "edit", "find")})
        tempo = Tempo(reserve, sleep=sleep)
        return Office(
            memory=_Mortal(self), speech=said, tempo=tempo, titles={"aliyun": "Alibaba Cloud"}, now=self.clock
        )

    def _mortal(self, act: Any) -> Any:
        async def acted(*given: Any) -> Any:
            self.step()
            result = await act(*given)
            self.step()
            return result

        return acted

    async def subscribe(self, place: Place = RELAYS, *, by: str = "U0ANN") -> None:
        async with self.memory.transaction() as tx:
            read = snapshot(RUNNING, self.clock())
            known = Known(state=RUNNING, since=self.clock(), last=read)
            self.task = (await tx.tasks.follow(REF, provider="aliyun", known=known, due_at=None)).id
            wish = Wish(account=REF.account, region=REF.region, task=REF.task_id)
            await tx.subscriptions.put(place, wish, by=by, now=self.clock())

    async def put(self, *notices: Notice) -> None:
        async with self.memory.transaction() as tx:
            for notice in notices:
                await tx.outbox.put(notice, now=self.clock())

    def card(self, state: TaskState, place: Place = RELAYS, *, name: str = "main-en", **more: Any) -> Notice:
        read = snapshot(state, self.clock(), name)
        look = Look(
            ref=REF,
            provider="aliyun",
            title="Alibaba Cloud",
            snapshot=read,
            outlook=judge_look(read, self.clock()),
            asked_at=self.clock(),
        )
        body = CardBody(look=look, confirmed=state, since=None, **more)
        return Notice(place=place, kind=Kind.CARD, cause="card", body=body, task=self.task)

    def news(self, number: int, state: TaskState, place: Place = RELAYS, *, kind: Kind = Kind.REPLY) -> Notice:
        why = {RUNNING: Why.RECOVERED, RETRYING: Why.RETRYING, STOPPED: Why.STOPPED}[state]
        said = News(why=why, at=self.clock(), old=RUNNING, new=state, tone=Tone.BAD, is_bad=state is not RUNNING)
        body = ReplyBody(
            ref=REF, provider="aliyun", title="Alibaba Cloud", name=f"main-{number}", plan=Plan(), news=said
        )
        return Notice(place=place, kind=kind, cause=f"news:{number}", body=body, task=self.task)

    def line(self, number: int, place: Place = RELAYS) -> Notice:
        values = (("channel", "C0RELAYS"), ("code", f"n-{number}"))
        body = LineBody(key="paused_gone", user="U0ANN", values=values)
        return Notice(place=place, kind=Kind.LINE, cause=f"line:{number}", body=body)

    async def tell_a_story(self, place: Place = RELAYS) -> None:
        """A card, three changes under it, an edit; all at once, so that one drain has to say it all."""
        await self.put(
            self.card(RUNNING, place),
            self.news(1, RETRYING, place),
            self.news(2, STOPPED, place, kind=Kind.CHANNEL),
            self.news(3, RUNNING, place, kind=Kind.CHANNEL),
        )

    async def deliver(self, place: Place = RELAYS) -> None:
        await deliver(place, self.office)

    async def finish(self, *, within: timedelta = timedelta(minutes=10)) -> None:
        """What `tidy` does for as long as anything is open: drain where something is due, and let time pass."""
        until = self.clock() + within
        while await self.open_rows() and self.clock() < until:
            async with self.memory.transaction() as tx:
                places = await tx.outbox.due_places(self.clock())
            for place in places:
                await self.deliver(place)
            self.clock.move(SECOND)

    async def open_rows(self) -> int:
        """How much is not settled."""
        return len([row for row in await self.rows() if row.settled_at is None])

    async def rows(self) -> list[Any]:
        async with self.memory._database.reading() as connection:
            return list(await connection.execute(select(NoticeRow).order_by(NoticeRow.id)))

    async def write_over(self, number: int, body: str) -> None:
        """Write this over what a row of the outbox says."""
        async with self.memory._database.writing() as connection:
            await connection.execute(update(NoticeRow).where(NoticeRow.id == number).values(body=body))

    def roots(self, channel: str = "C0RELAYS") -> list[Message]:
        return [message for message in self.slack.heard(channel) if not message.thread_ts]

    def told(self, channel: str = "C0RELAYS") -> list[str]:
        """What stands in the channel: roots, and under each its thread, by the first words of each."""
        return [
            line
            for root in self.roots(channel)
            for line in (_brief(root), *(f"  {_brief(reply)}" for reply in self.slack.heard(channel, thread=root.ts)))
        ]

    def channel(self, number: int) -> Place:
        """A new channel, with the bot in it."""
        made = Channel(id=f"C1N{number:05d}", name=f"n{number}", members={self.slack.workspace.bot_id, "U0ANN"})
        self.slack.workspace.channels[made.id] = made
        return Place(team=TEAM, channel=made.id)

    def outlive(self) -> None:
        """The killed process's claims run out, and another one takes over."""
        self.dies_at = 0
        self.clock.move(LEASE + SECOND)


STORY = ["RUNNING main-en", "  RETRYING main-1", "  STOPPED main-2 +", "  RUNNING main-3 +"]


def snapshot(state: TaskState, at: Any, name: str = "main-en") -> Snapshot:
    return Snapshot(task_id=REF.task_id, state=state, taken_at=at, raw="1", name=name)


def _brief(message: Message) -> str:
    return message.text.partition(" · ")[0] + (" +" if message.is_broadcast else "")


class _Mortal:
    """A memory whose user may die before, in and after each transaction."""

    def __init__(self, mail: Mail) -> None:
        self._mail = mail
        self.reading = mail.memory.reading

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        self._mail.step()
        async with self._mail.memory.transaction() as tx:
            yield tx
            self._mail.step()
        self._mail.step()
