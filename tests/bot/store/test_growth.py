"""
What is forgotten by its age makes room for what comes: a bot that runs for years needs no bigger disk than after weeks.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import text

from bot.domain.notice import LineBody
from bot.store.database import Database
from bot.store.kept import Kept
from bot.store.memory import Memory
from tests.bot.store.given import LEASE, NOW, PLACE, known, news, notice, ref, single

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from bot.store.memory import Tx

DAY = timedelta(days=1)
KEPT = Kept(history=3 * DAY, audit=3 * DAY, notices=3 * DAY)
EACH = 25  # of everything, a day
SENTENCE = LineBody(key="settings", user="U1", values=(("to", "a sentence " * 20),))


async def live(tx: Tx, task: int, day: datetime) -> None:
    """One day's life: what happened, what was said of it, who did what, and when nothing could be seen."""
    for number in range(EACH):
        at = day + number * timedelta(minutes=10)
        await tx.changes.add(task, news(at=at))
        incident = await tx.incidents.open(
            account=ref().account, region=ref().region, task=task, opened_at=at, why="stopped"
        )
        assert incident is not None
        await tx.incidents.close(incident, at, "recovered")
        await tx.blind.begin(ref().account, ref().region, ref().task_id, at)
        await tx.blind.end(ref().account, ref().region, ref().task_id, at)
        await tx.audit.record(
            at=at, team_id="T1", user_id="U1", channel_id="C1", verb="mute", subject="t-1", outcome="done", why=""
        )
        await tx.outbox.put(replace(notice(f"line:{at}"), body=SENTENCE), now=at)
    claim = await tx.outbox.claim_place(PLACE, now=day, lease=LEASE)
    assert claim is not None
    while row := await tx.outbox.next(claim, now=day):
        await tx.outbox.settle(row, claim, ts="1", now=day)
    await tx.outbox.release(claim)


async def test_the_file_of_a_bot_that_runs_for_weeks_grows_no_more(tmp_path: Path):
    pages: list[int] = []
    database = Database.open(f"sqlite:///{tmp_path / 'relaybot.db'}")
    await database.upgrade()
    memory = Memory(database, wake=lambda _wakes: _nothing(), kept=KEPT)
    async with memory.transaction() as tx:
        await tx.subscriptions.put(PLACE, single(), by="U1", now=NOW)
        followed = await tx.tasks.follow(ref(), provider="aliyun", known=known(), due_at=None)
    for day in range(12):
        async with memory.transaction() as tx:
            await live(tx, followed.id, NOW + day * DAY)
        await memory.trim(NOW + (day + 1) * DAY)
        async with database.reading() as connection:
            pages.append(await connection.scalar(text("PRAGMA page_count")) or 0)
    await database.close()

    assert pages[0] < pages[3], "a file that does not grow at first shows nothing"
    assert max(pages[8:]) <= 1.05 * max(pages[4:8]), f"{pages}: more than the odd page that is not quite full"


async def _nothing() -> None: ...
