"""
A drill, as a channel sees it: whoever is on call is called, and a table says what arrived when.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.sandbox.faults import Fail

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Build, House
    from freezegun.api import FrozenDateTimeFactory

    from bot.sandbox.slack import Message
    from tests.stories.waking import Wake

POST = "chat.postMessage"


def drills(house: House) -> list[Message]:
    """The root messages of drills, oldest first."""
    return [each for each in house.slack.heard("#relays") if not each.thread_ts and each.text.startswith("Drill")]


async def until(is_true: Callable[[], bool], frozen: FrozenDateTimeFactory) -> None:
    """Let time pass until something is so."""
    for _ in range(120):
        if is_true():
            return
        frozen.tick(5)
        await asyncio.sleep(0.1)
    raise AssertionError("not so within ten minutes")


def is_over(house: House) -> bool:
    """Say whether the last thing that a drill says stands under it."""
    ends = [each for each in house.slack.heard("#relays") if each.thread_ts and "steps" in each.text]
    return drills(house)[-1:] != [] and ends[-1:] != [] and ends[-1].text == drills(house)[-1].text


def left(house: House) -> dict[str, int]:
    """How many rows there are of what is no part of a drill."""
    tables = ("tasks", "changes", "incidents", "responses", "blind_spans", "drills")
    with closing(sqlite3.connect(house.folder / "relaybot.db")) as database:
        return {name: database.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables}  # noqa: S608


async def test_whoever_is_on_call_is_called_and_the_table_says_what_came_when(house: House):
    await house.ask("/relay oncall set @bob", user="adam")
    told = await house.ask("/relay drill", user="adam")
    await house.slack.until(lambda: is_over(house))

    (root,) = drills(house)
    called, told_under, ended = house.slack.heard("#relays", thread=root.ts)  # a call lets nothing go before it
    (direct,) = [each for each in house.slack.heard("@bob") if each.text.startswith("Drill")]
    assert told.words.startswith("The drill runs.")
    assert root.text == "Drill passed: all 5 steps came within 30 s"
    assert [line[0] for line in root.words.splitlines() if line[:1] in "✓✗"] == ["✓"] * 5
    assert told_under.text == "Drill · ■ STOPPED drill · its retries are used up"
    assert "<@U0BOB>" in called.words
    assert called.is_broadcast
    assert (ended.text, ended.is_broadcast) == (root.text, False)
    assert "this is a drill" in direct.words
    assert "actions" not in [block["type"] for message in (root, called, direct) for block in message.blocks]
    assert left(house) == dict.fromkeys(left(house), 0)


async def test_a_channel_without_a_rota_fails_its_drill_and_whoever_began_it_is_called(house: House):
    await house.ask("/relay drill", user="adam")
    await house.slack.until(lambda: is_over(house))

    (root,) = drills(house)
    assert root.text == "Drill failed: 1 of 6 steps did not come within 30 s"
    assert "✗ Who is on call · nobody: this channel has no rota." in root.words
    assert house.slack.heard("#relays", thread=root.ts)[-1].is_broadcast
    assert len(house.slack.heard("@adam")) == 1


async def test_who_takes_no_message_is_what_failed(house: House):
    house.slack.faults.plan(Fail("user_disabled"), on="conversations.open", times=None)
    await house.ask("/relay oncall set @bob", user="adam")
    await house.ask("/relay drill", user="adam")
    await house.slack.until(lambda: is_over(house))

    assert "user_disabled" in house.slack.ledger.verdicts("conversations.open")
    assert "✗ Direct message to <@U0BOB> · that account is switched off" in drills(house)[-1].words


async def test_only_admins_who_subscribed_here_and_whoever_is_on_call_may(house: House):
    refused = await house.ask("/relay drill", user="ann")
    await house.ask("/relay oncall set @ann", user="adam")
    allowed = await house.ask("/relay drill", user="ann")

    assert refused.words.startswith("That is for admins, for whoever subscribed it and for whoever is on call.")
    assert allowed.words.startswith("The drill runs.")


async def test_a_second_drill_waits_for_the_first(house: House):
    house.slack.faults.plan(Fail("service_unavailable", status=503), on=POST, times=None)
    await house.ask("/relay drill", user="adam")
    again = await house.ask("/relay drill", user="adam")
    house.slack.faults.clear()

    assert again.words.startswith("A drill runs here already")


async def test_what_slack_does_not_take_in_time_is_told_to_who_began_it(build: Build, frozen: FrozenDateTimeFactory):
    async with build(haste=50) as house:
        house.slack.faults.plan(Fail("service_unavailable", status=503), on=POST, times=None)
        await house.ask("/relay drill", user="adam")
        await until(lambda: left(house)["drills"] == 0, frozen)
        house.slack.faults.clear()
        await until(lambda: "Drill failed" in str([each.text for each in house.slack.heard("@adam")]), frozen)

    assert "service_unavailable" in house.slack.ledger.verdicts(POST)


async def test_each_pager_is_called_measured_and_told_that_it_is_over(wake: Wake) -> None:
    async with wake(pagers=True) as night:
        pager = night.house.stage.pager
        await night.house.ask("/relay oncall set @bob", user="olga")
        await night.house.ask("/relay drill", user="olga")
        await night.until(lambda: [alert.state for alert in pager.alerts] == ["resolved"] and len(pager.hooks) == 2)
        table = drills(night.house)[-1].words

    (alert,) = pager.alerts
    assert (alert.events, alert.severity) == (["trigger", "resolve"], "info")
    assert alert.summary.startswith("Drill · STOPPED drill")
    assert [hook.type for hook in pager.hooks] == ["drill.triggered", "drill.resolved"]
    assert "✓ Pager desk · after " in table
    assert "✓ Pager night · after " in table


async def test_a_bot_that_went_in_the_middle_says_that_it_was_interrupted_and_calls_nobody_any_more(wake: Wake) -> None:
    async with wake() as night:
        house = night.house
        await house.ask("/relay oncall set @bob", user="olga")
        await night.until(lambda: len(house.slack.heard("@bob")) == 1)
        house.slack.faults.plan(Fail("service_unavailable", status=503), on=POST, times=None)
        await house.ask("/relay drill", user="olga")
        await night.until(lambda: "service_unavailable" in house.slack.ledger.verdicts(POST))
        async with house.down():
            house.slack.faults.clear()
            night.frozen.tick(3_600)
        await night.until(lambda: any("Drill interrupted" in each.text for each in house.slack.heard()))
        await night.passes(timedelta(seconds=20))

        assert [each.text for each in house.slack.heard("@bob") if "STOPPED" in each.text] == []
        assert [each.text for each in house.slack.heard("#relays") if "STOPPED" in each.text] == []
        assert left(house)["drills"] == 0
