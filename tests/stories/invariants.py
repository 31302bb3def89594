"""
What must hold after every story: what Slack has, and what is kept, against what was done to the tasks.

I1 nothing is lost, I2 nothing is said twice, I3 each task's changes come in their order, I4 its card shows the last of
them, I5 nothing is told of what a mute silences (`Following.history` lacks it), and nobody is called while it does, nor
while somebody has it in hand (`Night.quiet`), I6 it has one incident for each time that it was bad, and one open at
most, with one response of each channel, I9 no secret stands anywhere, I10 at every instant exactly one is on call, or
it is said that nobody is, I11 what cannot be seen is never told as bad of a task, I12 each timer fires once, not too
soon.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from bot.cli.logs import Redacted
from bot.domain.response import AGAIN, policy_from_json
from bot.domain.rota import from_json, on_call, shifts

if TYPE_CHECKING:
    import logging

    from tests.stories.following import Following
    from tests.stories.waking import Night

BAD = ("STOPPED", "ENDED")
FORTNIGHT = timedelta(days=14)
A_MOMENT = timedelta(seconds=5)  # from when a call is due until Slack has it


def hold(channel: Following) -> None:
    """Hold everything that was said in a channel, and all that is kept, against the history of its tasks."""
    for one in (channel, *channel.others):
        assert one.story() == one.history  # I1, I2, I3, I5
        assert one.shows(one.state)  # I4
        assert len(one.cards()) == 1 + one.anew  # I2
        assert _incidents(one) == _spells(one.happened)  # I6, I11
    assert channel.waiting() == []
    _hold_nothing_else_was_said(channel)
    _hold_one_open_incident_at_most(channel)
    _hold_no_secret_stands_anywhere(channel)


def _incidents(one: Following) -> list[bool]:
    """Say of each incident of a task whether it is over."""
    found = one.rows(
        "SELECT closed_at IS NOT NULL FROM incidents WHERE scope = 'task'"
        " AND task = (SELECT id FROM tasks WHERE task_id = ?) ORDER BY id",
        one.task,
    )
    return [bool(is_over) for (is_over,) in found]


def _spells(happened: list[str]) -> list[bool]:
    """Say of each time that a task was bad whether it is over."""
    return [place < len(happened) - 1 for place, state in enumerate(happened) if state in BAD]


def _hold_nothing_else_was_said(channel: Following) -> None:
    """Hold it to its tasks' cards, their replies, who subscribed and muted, and what the accounts hid meanwhile."""
    tasks = (channel, *channel.others)
    expected = {message.ts for one in tasks for message in (*one.cards(), *one.replies())}
    rest = [
        message.words
        for message in channel.house.slack.heard(channel.channel)
        if not message.ephemeral_to and message.ts not in expected
    ]
    joined = [words for words in rest if "subscribed" in words]
    assert len(joined) == len(tasks)
    assert (
        len(rest) - len(joined) - channel.mutes == 2 * channel.spells
    )  # that it cannot be seen, and that it can be again
    assert channel.rows("SELECT count(*) FROM incidents WHERE scope <> 'task'") == [(channel.spells,)]
    keys = [message.metadata["event_payload"]["key"] for one in tasks for message in one.replies() if message.metadata]
    assert len(set(keys)) == sum(len(one.history) for one in tasks)


def _hold_one_open_incident_at_most(channel: Following) -> None:
    """Try in a copy to open every incident once more, twice: what keeps it out is the table's own index."""
    with (
        closing(sqlite3.connect(channel.house.folder / "relaybot.db", timeout=30)) as database,
        closing(sqlite3.connect(":memory:")) as copy,
    ):
        database.backup(copy)
        columns = [name for _, name, *_ in copy.execute("PRAGMA table_info(incidents)") if name != "id"]
        again = ", ".join("NULL" if name == "closed_at" else name for name in columns)
        opens = f"INSERT INTO incidents ({', '.join(columns)}) SELECT {again} FROM incidents WHERE id = ?"  # noqa: S608
        for (number,) in copy.execute("SELECT id FROM incidents WHERE scope = 'task'").fetchall():
            with pytest.raises(sqlite3.IntegrityError):
                copy.executemany(opens, [(number,), (number,)])


def hold_calls(night: Night) -> None:
    """Hold every call that was made, and whatever is kept of it, against who was to be called when."""
    assert night.waiting() == []
    _hold_nobody_is_called_in_the_quiet(night)  # I5
    _hold_one_response_of_a_channel(night)  # I6
    _hold_one_is_on_call_at_each_instant(night)  # I10
    _hold_each_timer_fired_once(night)  # I12
    _hold_no_secret_stands_anywhere(night)  # I9


def _hold_nobody_is_called_in_the_quiet(night: Night) -> None:
    assert [call for began, ended, where in night.quiet for call in night.calls(where) if began < call.at < ended] == []


def _hold_one_response_of_a_channel(night: Night) -> None:
    """Of what is over nothing is due; a second response is kept out by the table's own index."""
    over = "SELECT r.id FROM responses r LEFT JOIN incidents i ON i.id = r.incident"
    assert night.rows(f"{over} WHERE r.closed_at IS NULL AND (i.id IS NULL OR i.closed_at IS NOT NULL)") == []
    assert night.rows(f"{over} WHERE r.closed_at IS NOT NULL AND r.due_at IS NOT NULL") == []
    with (
        closing(sqlite3.connect(night.house.folder / "relaybot.db", timeout=30)) as database,
        closing(sqlite3.connect(":memory:")) as copy,
    ):
        database.backup(copy)
        columns = ", ".join(name for _, name, *_ in copy.execute("PRAGMA table_info(responses)") if name != "id")
        again = f"INSERT INTO responses ({columns}) SELECT {columns} FROM responses WHERE id = ?"  # noqa: S608
        for (number,) in copy.execute("SELECT id FROM responses").fetchall():
            with pytest.raises(sqlite3.IntegrityError):
                copy.execute(again, (number,))


def _hold_one_is_on_call_at_each_instant(night: Night) -> None:
    """The coming fortnight's shifts have no break, and whoever was called first was on call by the rota as it is."""
    for channel, text, changed_at in night.rows("SELECT channel_id, rota, changed_at FROM rotas"):
        rota, changed = from_json(text), _instant(changed_at)
        parts = shifts(rota, changed, changed + FORTNIGHT, {})
        edges = [changed, *(part.ends_at for part in parts)]
        assert edges == [*(part.begins_at for part in parts), changed + FORTNIGHT]
        assert all(before.who != after.who for before, after in pairwise(parts) if before.is_cover is after.is_cover)
        for call in night.calls(channel):
            shift = on_call(rota, call.at, {})
            if call.step == 0 and call.at >= changed:
                assert (shift.who and shift.who.id) in {None, *call.mentions}


def _hold_each_timer_fired_once(night: Night) -> None:
    """
    Each call came to each place once, and is there once; the next one not before its time.

    Whatever calls at once (it got worse, a mute ended, somebody could not be called) has no time to wait for.
    """
    calls = night.calls()
    counted = Counter((call.response, call.where, call.step, call.attempt) for call in calls)
    assert set(counted.values()) <= {1}
    keys = Counter(
        message.metadata["event_payload"]["key"] for message in night.house.slack.heard() if message.metadata
    )
    told = night.rows("SELECT key FROM notices WHERE state = 'done' AND card = '' AND kind IN ('page', 'direct')")
    assert {key: keys[key] for (key,) in told} == {key: 1 for (key,) in told}  # I1, I2
    unheard = set(  # levels of which somebody, or a pager, took no call
        night.rows(
            "SELECT p.response, json_extract(p.body, '$.step') FROM notices p LEFT JOIN notices l"
            " ON l.cause IN ('pager_silent:' || p.id, 'pager_refused:' || p.id)"
            " WHERE p.response IS NOT NULL AND (p.state = 'parked' OR l.id IS NOT NULL)"
        )
    )
    for number, text in night.rows("SELECT id, policy FROM responses"):
        levels = policy_from_json(text).levels
        here = [call for call in calls if call.response == number and not call.where.startswith(("U", "pager:"))]
        for before, after in pairwise(here):
            if after.because == "unanswered" and not after.skipped and (number, before.step) not in unheard:
                assert after.at - before.at >= levels[before.step].after - A_MOMENT
            if after.because == "repeated":
                assert after.at - before.at >= AGAIN - A_MOMENT


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _hold_no_secret_stands_anywhere(channel: Following | Night) -> None:
    """Look for every planted key and credential in Slack, in the files and in the log."""
    house = channel.house
    said = "\n".join(repr(message) for message in house.slack.transcript())
    kept = b"".join(file.read_bytes() for file in sorted(house.folder.glob("relaybot.db*")))
    logged = "\n".join(Redacted().format(record) for record in channel.logged.records if not _is_theirs(record))
    found = [secret for secret in house.stage.secrets if secret in said or secret in logged or secret.encode() in kept]
    assert found == []


def _is_theirs(record: logging.LogRecord) -> bool:
    """Say whether a line is the sandbox's own."""
    return record.name.startswith(("bot.sandbox", "aiohttp.server"))
