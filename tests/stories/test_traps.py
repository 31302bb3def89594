"""
The traps of Slack's platform and of Bolt, each one seen in the wild and each one stepped around.
"""

from __future__ import annotations

import asyncio
import io
import json
import logging
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from aiohttp import ClientSession

from bot import clock
from bot.sandbox.faults import Drop, Fail, Hang, html
from bot.sandbox.slack import SIGNING_SECRET
from bot.slack.cards import press
from bot.slack.signature import sign

if TYPE_CHECKING:
    from conftest import Build, House

STATUS = "/relay status aliyun backup-en region=cn-shanghai"


def _spoil(house: House) -> None:
    """Leave behind what nobody can read: the loop goes on meanwhile, for the bot may be writing."""
    with closing(sqlite3.connect(house.folder / "relaybot.db", timeout=30)) as database, database:
        database.execute("UPDATE subscriptions SET only_states = 'SPOILT'")


async def test_an_errand_that_breaks_after_its_ack_loses_no_ack_and_is_told(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """Bolt drops an ack when its listener raises within 10 ms after it: 3 s of silence, then an error of Slack's."""
    await house.ask("/relay subscribe aliyun backup-en region=cn-shanghai")
    await asyncio.to_thread(_spoil, house)

    told = await house.slack.say("ann", "#relays", "/relay list")
    await house.slack.until(lambda: "broke" in house.slack.heard("#relays")[-1].words)

    said = house.slack.heard("#relays")[-1].words
    mark = said.partition("under ")[2].partition(".")[0]
    assert (told.status, told.in_time) == (200, True)
    assert said.startswith("Something in me broke; it is in my log under ")
    assert f"an errand broke; mark {mark}" in caplog.text


async def test_a_cloud_that_hangs_for_longer_than_slack_waits_makes_no_late_ack(house: House) -> None:
    house.stage.aliyun.door.faults.plan(Hang())

    told = await house.slack.say("ann", "#relays", STATUS)
    await house.stage.aliyun.door.faults.holding()

    assert told.in_time
    assert told.took_s < 1
    house.stage.aliyun.door.faults.release()
    await house.slack.until(lambda: len(house.slack.heard("#relays")) == 1)


async def test_a_command_that_is_not_ours_is_acked_and_says_what_is(house: House) -> None:
    answer = await house.ask("/relayops status")

    assert answer.text == "I know only /relay, not /relayops. Try: /relay help"


async def test_what_nobody_listens_to_is_acked(house: House) -> None:
    heard = await house.slack.people.send_event(
        {"type": "member_joined_channel", "user": "U0ANN", "channel": "C0RELAYS"}
    )
    shortcut = {"type": "shortcut", "callback_id": "other", "user": {"id": "U0ANN"}, "team": {"id": "T0SANDBOX"}}
    pressed = await house.slack.people.post(urlencode({"payload": json.dumps(shortcut)}).encode())
    closed = {
        "type": "view_submission",
        "user": {"id": "U0ANN"},
        "team": {"id": "T0SANDBOX"},
        "view": {"id": "V1", "callback_id": "other", "type": "modal"},
    }
    submitted = await house.slack.people.post(urlencode({"payload": json.dumps(closed)}).encode())

    assert (heard.status, pressed.status, submitted.status) == (200, 200, 200)


@pytest.mark.parametrize(
    "headers",
    [
        {"timestamp": "1795291199", "signature": "v0=" + "0" * 64},
        {"timestamp": "not-a-number"},
        {"timestamp": "1" * 400},
        {"timestamp": "1795290899"},  # 301 s old
        {"timestamp": "1795291501"},  # 301 s ahead
        {"signature": ""},
        {"signature": "v0=ü"},
    ],
    ids=["forged", "no number", "endless number", "stale", "from the future", "unsigned", "odd signature"],
)
async def test_what_slack_did_not_sign_is_turned_away_unread(
    house: House, caplog: pytest.LogCaptureFixture, headers: dict[str, str]
) -> None:
    caplog.set_level(logging.DEBUG)
    body = urlencode({"command": "/relay", "text": "canary-text-41", "response_url": "http://127.0.0.1/canary-url-42"})

    told = await house.slack.people.post(body.encode(), **headers)

    assert told.status == 401
    assert "canary" not in told.body
    assert "canary" not in caplog.text
    assert "turned a request to /slack/events away" in caplog.text


async def test_a_body_that_is_too_large_is_turned_away(house: House) -> None:
    async with ClientSession() as session:
        body = io.BytesIO(b"text=" + b"x" * 1_100_000)
        async with session.post(f"{house.url}/slack/events", data=body) as reply:
            status = reply.status

    assert status == 413


async def test_a_signed_body_that_makes_no_sense_breaks_nothing(house: House) -> None:
    for body in (b"", b"\xff\xfe", b"payload=%7B", b"payload=[]", b"command=/relay", b"{}", b"[1]", b"null"):
        stamp = str(int(clock.now().timestamp()))
        told = await house.slack.people.post(body, timestamp=stamp, signature=sign(SIGNING_SECRET, stamp, body))
        assert 0 < told.status < 500
    answer = await house.ask(STATUS)

    assert answer.text.startswith("RUNNING")


async def test_what_slack_sends_again_is_answered_once(house: House) -> None:
    """Slack repeats an event whose ack it did not hear; an attacker repeats anything within five minutes."""
    command = await house.slack.say("ann", "#relays", STATUS)
    mention = await house.slack.mention("ann", "#relays", "help")
    await house.slack.until(lambda: len(house.slack.heard("#relays")) == 2)
    card = next(said for said in house.slack.heard("#relays") if said.buttons)
    pressed = await house.slack.press(card, press.ID, "ann")
    await house.slack.until(lambda: len(house.slack.heard("#relays")) == 3)

    again = [await house.slack.people.again(told) for told in (command, mention, pressed)]
    await house.ask("/relay help")

    assert [told.status for told in again] == [200, 200, 200]
    assert len(house.slack.heard("#relays")) == 4


async def test_a_lost_reply_shares_nothing_twice(house: House) -> None:
    """The SDK's default handler posts again when a connection breaks, though Slack has taken the post."""
    card = await house.ask(STATUS)
    house.slack.faults.plan(Drop(done=True), on="chat.postMessage")

    await house.press(card, press.SHARE)
    await house.slack.until(lambda: len(house.slack.heard("#relays")) == 3)

    shared = [said for said in house.slack.heard("#relays") if not said.ephemeral_to]
    assert len(shared) == 1
    assert house.slack.heard("#relays")[-1].words == (
        "Slack did not say whether it took the post. Look at the channel before you share again."
    )


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fail("ratelimited"), "Slack did not take the post (ratelimited). Nothing was shared."),
        (Fail("is_archived"), "Slack did not take the post (is_archived). Nothing was shared."),
        (Fail("internal_error"), "Slack did not say whether it took the post."),
        (html(503), "Slack did not say whether it took the post."),
    ],
    ids=["429", "archived", "internal error", "503"],
)
async def test_a_post_that_slack_does_not_take_is_told_to_the_sharer(house: House, fault: object, said: str) -> None:
    card = await house.ask(STATUS)
    house.slack.faults.plan(fault, on="chat.postMessage")

    told = await house.press(card, press.SHARE)

    assert told.words.startswith(said)


async def test_blocks_that_slack_does_not_take_become_plain_text(house: House) -> None:
    card = await house.ask(STATUS)
    house.slack.faults.plan(Fail("invalid_blocks"), on="chat.postMessage")

    shared = await house.press(card, press.SHARE)

    assert (shared.text, list(shared.blocks)) == ("RUNNING Backup, English · cn-shanghai", [])


async def test_whoever_leaves_finishes_what_was_acked(build: Build) -> None:
    """Bolt's own server cancels its listeners at SIGTERM, and work after an ack is lost."""
    async with build() as house:
        slack, cloud = house.slack, house.stage.aliyun.door
        cloud.faults.plan(Hang())
        told = await slack.say("ann", "#relays", STATUS)
        await cloud.faults.holding()
        asyncio.get_running_loop().call_later(0.2, cloud.faults.release)

    assert told.in_time
    assert [said.text for said in slack.heard("#relays")] == ["RUNNING Backup, English · cn-shanghai"]
