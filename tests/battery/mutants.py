"""
Two ways of being wrong that every comparable system is, each right for as long as nobody dies: the battery must find
both, for what finds nothing shows nothing. And two troubles of the engine, through which nothing may be lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import update

from bot.domain.notice import Kind
from bot.queue.work import Work
from bot.slack.cards import reply
from bot.slack.voice import Voice
from bot.store.cards import Cards
from bot.store.line import State
from bot.store.outbox import Outbox
from bot.store.tables import NoticeRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bot.domain.notice import Wake


def mark_before_send() -> None:
    """Mark a notice as said when it is taken up: who dies before saying it has lost it."""
    take = Outbox.next

    async def take_and_mark(self: Outbox, claim: Any, *, now: Any) -> Any:
        row = await take(self, claim, now=now)
        if row is not None:
            await self._settle(row.id, claim, state=State.DONE, now=now, ts="")
        return row

    async def remember_where(self: Outbox, row: Any, claim: Any, *, ts: str, now: Any, thread_ts: str = "") -> bool:
        if row.subject:
            await Cards(self._connection).put_subject(row.place, row.subject, ts=ts, thread_ts=thread_ts)
        return True

    Outbox.next, Outbox.settle = take_and_mark, remember_where


def send_before_commit() -> None:
    """Say it when it is put down, in the transaction that is still open: who dies before the commit says it again."""
    voices: list[Voice] = []
    make, put = Voice.__init__, Outbox.put

    def keep(self: Voice, *args: Any, **more: Any) -> None:
        make(self, *args, **more)
        voices.append(self)

    async def put_and_say(self: Outbox, notice: Any, *, now: Any) -> int | None:
        number = await put(self, notice, now=now)
        if number is None or notice.task is None or notice.kind not in {Kind.REPLY, Kind.CHANNEL}:
            return number
        root = await Cards(self._connection).of(notice.place, notice.task)
        if root is None:
            return number
        said = await voices[0].post(notice.place.channel, reply.dress(notice.body), thread_ts=root.ts)
        done = {"state": State.DONE.value, "settled_at": now, "ts": said.ts}
        await self._connection.execute(update(NoticeRow).where(NoticeRow.id == number).values(done))
        return number

    Voice.__init__, Outbox.put = keep, put_and_say


def lose_every_wake() -> None:
    """Put no job after a commit: what is due is found by whoever tidies."""

    async def put(_self: Work, _wakes: Iterable[Wake]) -> None: ...

    Work.put = put  # type: ignore[method-assign]  # the one place where an engine can be made to forget


def run_every_job_twice() -> None:
    """Put each job twice, at once."""
    put = Work.put

    async def put_twice(self: Work, wakes: Iterable[Wake]) -> None:
        wanted = list(wakes)
        await put(self, wanted)
        await put(self, wanted)

    Work.put = put_twice  # type: ignore[method-assign]  # likewise


MUTANTS: Final[Mapping[str, Callable[[], None]]] = {
    "mark before send": mark_before_send,
    "send before commit": send_before_commit,
}

TROUBLES: Final[Mapping[str, Callable[[], None]]] = {
    "lose every wake": lose_every_wake,
    "run every job twice": run_every_job_twice,
}
