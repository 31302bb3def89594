"""
A channel that took nothing is told about, and goes on by itself when it takes something again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.domain.notice import Kind, LineBody, Notice
from bot.domain.subscription import Place
from bot.sandbox.slack.cast import BOT
from bot.store.database import Database
from bot.store.memory import Memory

if TYPE_CHECKING:
    from tests.stories.conftest import House

RELAYS = Place(team="T0SANDBOX", channel="C0RELAYS")
ARCHIVED = {"type": "channel_unarchive", "channel": "C0RELAYS", "user": "U0ANN"}
INVITED = {"type": "member_joined_channel", "channel": "C0RELAYS", "user": BOT, "channel_type": "C"}


async def deaf(_: object) -> None:
    """Wakes nobody."""


async def pause(house: House, why: str) -> None:
    """Pause the channel, with something that waits for it."""
    database = Database.open(f"sqlite:///{house.folder / 'relaybot.db'}")
    async with Memory(database, wake=deaf).transaction() as tx:
        body = LineBody(key="paused_gone", user="U0ANN", values=(("channel", "C0OPS"), ("code", "x")))
        await tx.channels.pause(RELAYS, why, now=house.slack.workspace.now)
        await tx.outbox.put(
            Notice(place=RELAYS, kind=Kind.LINE, cause="line:1", body=body), now=house.slack.workspace.now
        )
        await tx.outbox.park_place(RELAYS, why, now=house.slack.workspace.now)
    await database.close()


@pytest.mark.parametrize(
    ("why", "event"),
    [
        ("is_archived", ARCHIVED),
        ("is_archived", ARCHIVED | {"type": "group_unarchive"}),
        ("not_in_channel", INVITED),
        ("channel_not_found", INVITED),
    ],
)
async def test_what_waited_is_said_when_the_channel_is_back(house: House, why: str, event: dict[str, str]) -> None:
    await pause(house, why)

    await house.slack.people.send_event(event)
    await house.slack.until(lambda: len(house.slack.heard("#relays")) == 1)

    assert "<#C0OPS>" in house.slack.heard("#relays")[0].words


@pytest.mark.parametrize(
    ("why", "event"),
    [("not_in_channel", INVITED | {"user": "U0BOB"}), ("channel_shared", INVITED), ("restricted_action", ARCHIVED)],
)
async def test_what_somebody_wanted_quiet_stays_quiet(house: House, why: str, event: dict[str, str]) -> None:
    await pause(house, why)

    await house.slack.people.send_event(event)
    await house.ask("/relay help")  # whatever was to come of the event has come of it before this

    assert [message.ephemeral_to for message in house.slack.heard("#relays")] == ["U0ANN"]
