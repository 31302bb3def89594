"""
What must hold after every story: what Slack has, and what is kept, against what was done to the tasks.

I1 nothing is lost, I2 nothing is said twice, I3 each task's changes come in their order, I4 its card shows the last of
them, I5 nothing is told of what a mute silences (`Following.history` lacks it), I6 it has one incident for each time
that it was bad, and one open at most, I9 no secret stands anywhere, I11 what cannot be seen is never told as bad of a
task.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from bot.cli.logs import Redacted

if TYPE_CHECKING:
    import logging

    from tests.stories.following import Following

BAD = ("STOPPED", "ENDED")


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


def _hold_no_secret_stands_anywhere(channel: Following) -> None:
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
