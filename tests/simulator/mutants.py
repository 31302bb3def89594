"""
Builds that are wrong in one way each, and right for as long as nothing goes wrong. The simulator must find every one:
what finds nothing shows nothing.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import update

from bot.domain.notice import Kind
from bot.domain.speech import Saying
from bot.store.cards import Cards
from bot.store.line import State
from bot.store.memory import Memory
from bot.store.outbox import Outbox
from bot.store.tables import NoticeRow
from tests.simulator.world import Honest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from bot.flows.deliver import Speech
    from bot.store.database import Database
    from bot.store.memory import Tx


class _Memory(Memory):
    """A memory whose transactions have another outbox."""

    outbox: type[Outbox]
    speech: Speech

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        async with super().transaction() as tx:
            tx.outbox.__class__ = self.outbox
            tx.outbox.speech = self.speech  # type: ignore[attr-defined]  # only the hasty one speaks
            yield tx


class _OtherOutbox(Honest):
    outbox: type[Outbox]

    def memory(self, database: Database, speech: Speech, **more: Any) -> Memory:
        memory = _Memory(database, **more)
        memory.outbox, memory.speech = self.outbox, speech
        return memory


class SendsBeforeCommit(_OtherOutbox):
    """It says a news when it puts it down, in the transaction that is still open: who dies then says it again."""

    class outbox(Outbox):  # noqa: N801 - stands for an attribute
        speech: Speech

        async def put(self, notice: Any, *, now: Any) -> int | None:
            number = await super().put(notice, now=now)
            if number is None or notice.task is None or notice.kind not in {Kind.REPLY, Kind.CHANNEL}:
                return number
            root = await Cards(self._connection).of(notice.place, notice.task)
            if root is None:
                return number
            saying = Saying(channel=notice.place.channel, body=notice.body, key=f"hasty:{number}", thread_ts=root.ts)
            ts = await self.speech.post(saying)
            done = {"state": State.DONE.value, "settled_at": now, "ts": ts}
            await self._connection.execute(update(NoticeRow).where(NoticeRow.id == number).values(done))
            return number


class MarksBeforeSending(_OtherOutbox):
    """It marks a notice as said when it takes it up: who dies before saying it has lost it."""

    class outbox(Outbox):  # noqa: N801
        async def next(self, claim: Any, *, now: Any) -> Any:
            row = await super().next(claim, now=now)
            if row is not None:
                await self._settle(row.id, claim, state=State.DONE, now=now, ts="")
            return row

        async def settle(self, row: Any, claim: Any, *, ts: str, now: Any, thread_ts: str = "") -> bool:  # noqa: ARG002
            if row.subject:
                await Cards(self._connection).put_subject(row.place, row.subject, ts=ts, thread_ts=thread_ts)
            return True


class NeverLooksBack(Honest):
    """It repeats what Slack may have without looking for it."""

    def speech(self, honest: Speech) -> Speech:
        async def find(_saying: object, _since: object) -> None:
            return None

        return replace(honest, find=find)


MUTANTS: Final[Mapping[str, type[Honest]]] = {
    "sends before it commits": SendsBeforeCommit,
    "marks before it sends": MarksBeforeSending,
    "never looks back": NeverLooksBack,
}
