"""
Who is on call, set and shown by people in Slack.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.sandbox.story import Phase, Script

if TYPE_CHECKING:
    from bot.sandbox.slack import Message
    from tests.stories.conftest import House


HOUR = timedelta(hours=1)


def lines(house: House, channel: str) -> list[str]:
    """What everybody reads there."""
    return [message.words for message in house.slack.heard(channel) if not message.ephemeral_to]


def audit(house: House) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(house.folder / "relaybot.db")) as database:
        return [*database.execute("SELECT user_id, verb, subject, outcome, why FROM audits ORDER BY id")]


async def read(house: House, channel: str) -> list[str]:
    """What everybody reads there, once there is anything."""
    await house.slack.until(lambda: lines(house, channel) != [])
    return lines(house, channel)


async def test_whoever_is_put_on_call_is_told_the_channel_too_and_both_can_be_looked_up(house: House) -> None:
    answer = await house.ask("/relay oncall set @bob", user="olga")
    told = await read(house, "@bob")
    line = await read(house, "#relays")
    bare = await house.ask("/relay oncall")

    assert "Now: <@U0BOB>" in answer.words
    assert "Now: <@U0BOB>" in bare.words
    assert line == ["<@U0OLGA> put <@U0BOB> on call here."]
    assert told == ["<@U0OLGA> put you on call in <#C0RELAYS>, from now on."]
    assert audit(house) == [("U0OLGA", "oncall_set", "U0BOB", "done", "")]


async def test_the_rota_is_changed_by_admins_and_by_whoever_is_on_call_and_shown_to_every_member(house: House) -> None:
    refused = await house.ask("/relay oncall set @ann", user="ann")
    await house.ask("/relay oncall set @bob", user="olga")
    same = await house.ask("/relay oncall set @bob", user="olga")
    own = await house.ask("/relay oncall override @ann for=8h", user="bob")
    again = await house.ask("/relay oncall clear", user="ann")  # she stands in now

    assert "That is for admins" in refused.words
    assert "That is how it was." in same.words
    assert "Now: <@U0ANN> (stands in), until" in own.words
    assert "Nobody is on call here" in again.words
    assert [entry[1:] for entry in audit(house)] == [
        ("setoncall", "", "refused", "not_on_call"),
        ("oncall_set", "U0BOB", "done", ""),
        ("oncall_override", "U0ANN", "done", ""),
        ("oncall_clear", "", "done", ""),
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("set @robo", "U0ROBO cannot be called: only full members"),
        ("set @dora", "U0DORA cannot be called: only full members"),
        ("rotate @bob @gus", "U0GUS cannot be called: only full members"),
        ("escalate to @stan", "U0STAN cannot be called: only full members"),
        ("override <@U0NOBODY> for=8h", "Slack does not tell about U0NOBODY now."),
        ("set <!subteam^S0EMPTY|@empty>", "There is nobody in the user group S0EMPTY"),
        ("set <!subteam^S0GONE|@gone>", "There is nobody in the user group S0GONE"),
        ("calendar ops", "No calendar is set up."),
    ],
)
async def test_nobody_is_put_on_call_who_cannot_be_called(house: House, line: str, said: str) -> None:
    house.slack.workspace.groups = [{"id": "S0EMPTY", "handle": "empty", "users": []}]
    told = await refusal(house, line)

    assert said in told.words
    assert lines(house, "#relays") == []


async def refusal(house: House, line: str) -> Message:
    raw = "<" in line
    before = len(house.told("olga", "#relays"))
    await house.slack.people.say("olga", "#relays", f"/relay oncall {line}", raw=raw)
    await house.slack.until(lambda: len(house.told("olga", "#relays")) > before)
    return house.told("olga", "#relays")[before]


async def test_a_user_group_is_on_call_as_a_whole(house: House) -> None:
    house.slack.workspace.groups = [{"id": "S0OPS", "handle": "ops", "users": ["U0BOB"]}]
    told = await refusal(house, "set <!subteam^S0OPS|@ops team>")
    mine = await house.ask("/relay oncall escalate after=10m to @olga", user="bob")  # one of the group

    assert "Now: <!subteam^S0OPS>" in told.words
    assert "1. after 10 min: <@U0OLGA>" in mine.words


async def test_a_mention_that_asks_who_is_on_call_is_answered_to_the_asker_alone(house: House) -> None:
    await house.ask("/relay oncall set @bob", user="olga")
    before = await read(house, "#relays")
    await house.slack.people.mention("ann", "#relays", "oncall")
    await house.slack.until(lambda: house.told("ann", "#relays") != [])
    after = lines(house, "#relays")

    assert "Now: <@U0BOB>" in house.told("ann", "#relays")[0].words
    assert [line for line in after if line not in before and "oncall" not in line] == []


async def test_whoever_is_on_call_has_the_rights_of_whoever_subscribed(house: House) -> None:
    house.stage.aliyun.story.add(Script(task_id="a", name="a", start=-HOUR, end=30 * HOUR, phases=(Phase(-HOUR, "1"),)))
    await house.ask("/relay subscribe aliyun a", user="olga")
    before = [await house.ask(line, user="bob") for line in ("/relay mute a for=5h", "/relay unsubscribe aliyun a")]
    await house.ask("/relay oncall set @bob", user="olga")
    after = [await house.ask(line, user="bob") for line in ("/relay mute a for=5h", "/relay unsubscribe aliyun a")]

    assert [message.words.split(" ")[0] for message in before] == ["Members", "That"]
    assert [message.words.split(" ")[0] for message in after] == ["Muted", "This"]
