"""
Ways of being wrong that comparable systems are, most of them right for as long as nobody dies: the battery must find
each, for what finds nothing shows nothing. And two troubles of the engine, through which nothing may be lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import update

from bot.domain.notice import Kind
from bot.queue.work import Work
from bot.slack.cards import page, reply
from bot.slack.voice import Voice
from bot.store.cards import Cards
from bot.store.line import State
from bot.store.outbox import Outbox
from bot.store.responses import Responses
from bot.store.tables import NoticeRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bot.domain.notice import Wake
    from bot.domain.response import Response
    from bot.slack.cards.block import Dressed


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
    _say_when_put({Kind.REPLY: reply.dress, Kind.CHANNEL: reply.dress})


def call_before_commit() -> None:
    """Likewise, only with calls: the timer is saved after they are sent."""
    _say_when_put({Kind.PAGE: page.dress})


def _say_when_put(dresses: Mapping[Kind, Callable[[Any], Dressed]]) -> None:
    voices: list[Voice] = []
    make, put = Voice.__init__, Outbox.put

    def keep(self: Voice, *args: Any, **more: Any) -> None:
        make(self, *args, **more)
        voices.append(self)

    async def put_and_say(self: Outbox, notice: Any, *, now: Any) -> int | None:
        number = await put(self, notice, now=now)
        if number is None or notice.task is None or notice.kind not in dresses:
            return number
        root = await Cards(self._connection).of(notice.place, notice.task)
        if root is None:
            return number
        said = await voices[0].post(notice.place.channel, dresses[notice.kind](notice.body), thread_ts=root.ts)
        done = {"state": State.DONE.value, "settled_at": now, "ts": said.ts}
        await self._connection.execute(update(NoticeRow).where(NoticeRow.id == number).values(done))
        return number

    Voice.__init__, Outbox.put = keep, put_and_say


def fire_without_saving() -> None:
    """Put calls down and leave the timer as it was: it fires again and again, and never comes to the next level."""
    save = Responses.save

    async def save_but_timers(self: Responses, response: Response) -> bool:
        before = await self.get(response.id)
        return (before is not None and before.step < response.step) or await save(self, response)

    Responses.save = save_but_timers  # type: ignore[method-assign]  # the one place where timers are saved


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
    "call before commit": call_before_commit,
    "fire without saving": fire_without_saving,
}

TROUBLES: Final[Mapping[str, Callable[[], None]]] = {
    "lose every wake": lose_every_wake,
    "run every job twice": run_every_job_twice,
}
