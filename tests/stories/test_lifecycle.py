"""
Slack tells what happens to channels and to the app, and the bot falls silent, goes on or forgets.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from bot.sandbox.slack.cast import BOT
from bot.store.database import Database
from bot.store.memory import Memory

if TYPE_CHECKING:
    from conftest import Build, House
    from freezegun.api import FrozenDateTimeFactory

SUBSCRIBE = "/relay subscribe aliyun main-zh"
TEAM = "T0SANDBOX"
ARCHIVE = {"type": "channel_archive", "channel": "C0RELAYS", "user": "U0BOB", "is_moved": 0}
OUT = {"type": "member_left_channel", "channel": "C0RELAYS", "user": BOT, "channel_type": "C", "team": TEAM}
SHARED = {"type": "channel_shared", "channel": "C0RELAYS", "connected_team_id": "T0PARTNER"}
UNSHARED = {"type": "channel_unshared", "channel": "C0RELAYS", "previously_connected_team_id": "T0PARTNER"}
DELETED = {"type": "channel_deleted", "channel": "C0RELAYS", "actor_id": "U0OLGA"}
UNINSTALLED = {"type": "app_uninstalled"}
REVOKED = {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [BOT]}}
WATCHED = ("DescribeLivePullToPushList", "DescribeLivePullToPush")
HOLDING_A_CHANNEL = ("audits", "cards", "channels", "mutes", "notices", "subscriptions")


def rows(house: House, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(house.folder / "relaybot.db")) as database:
        return database.execute(query).fetchall()


def paused(house: House) -> list[tuple[Any, ...]]:
    return rows(house, "SELECT channel_id, paused_why FROM channels WHERE paused_why <> ''")


def traces(house: House) -> list[tuple[Any, ...]]:
    """What was done besides what people typed: event, by whom, where."""
    return rows(house, "SELECT verb, user_id, channel_id FROM audits WHERE verb <> 'subscribe' ORDER BY id")


async def happens(house: House, event: dict[str, Any]) -> None:
    """Let Slack tell something, and wait until whatever comes of it has come."""
    told = await house.slack.people.send_event(event)
    assert told.status == 200
    await settled(house)


async def settled(house: House) -> None:
    """Wait until everything that was acked is done."""
    async with asyncio.timeout(10), httpx.AsyncClient() as http:
        while "\nrelaybot_errands 0.0" not in (await http.get(f"{house.url}/metrics")).text:
            pass


async def follow(house: House) -> None:
    """Subscribe, and wait until the channel has its line and its card."""
    await house.ask(SUBSCRIBE)
    await house.slack.until(lambda: len([each for each in house.slack.heard("#relays") if not each.ephemeral_to]) == 2)


async def test_what_somebody_who_left_cannot_be_told_goes_to_the_admins(build: Build) -> None:
    async with build({"RELAYBOT_ADMINS": "U0ADAM"}) as house:
        await follow(house)
        house.slack.workspace.person("ann").is_deleted = True
        await happens(house, ARCHIVE)
        await house.slack.until(lambda: len(house.slack.heard("@adam")) == 1)

        (told,) = house.slack.heard("@adam")
        assert "<#C0RELAYS>" in told.words
        assert house.slack.heard("@ann") == []
        assert rows(house, "SELECT code FROM notices WHERE user_id = 'U0ANN'") == [("user_disabled",)]


@pytest.mark.parametrize(
    ("event", "why", "by", "told"),
    [
        (ARCHIVE, "is_archived", "U0BOB", "Unarchive it"),
        (ARCHIVE | {"type": "group_archive"}, "is_archived", "U0BOB", "Unarchive it"),
        (OUT, "not_in_channel", "", "Invite me there again"),
        ({"type": "channel_left", "channel": "C0RELAYS", "actor_id": "U0BOB"}, "not_in_channel", "U0BOB", "Invite me"),
        ({"type": "group_left", "channel": "C0RELAYS"}, "not_in_channel", "", "Invite me there again"),
        (SHARED, "channel_shared", "", "<#C0RELAYS> is shared with another workspace now, so I say nothing there."),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) else None,
)
async def test_the_channel_waits_and_whoever_subscribed_hears_how_to_mend_it(
    house: House, event: dict[str, Any], why: str, by: str, told: str
) -> None:
    await follow(house)

    await happens(house, event)
    await house.slack.until(lambda: house.slack.heard("@ann") != [])

    assert paused(house) == [("C0RELAYS", why)]
    assert told in house.slack.heard("@ann")[0].words
    assert traces(house) == [(event["type"], by, "C0RELAYS")]


async def test_hearing_it_twice_changes_nothing(house: House) -> None:
    await follow(house)

    told = await house.slack.people.send_event(OUT)
    await house.slack.people.again(told)
    await happens(house, {"type": "channel_left", "channel": "C0RELAYS"})
    await house.slack.until(lambda: house.slack.heard("@ann") != [])

    assert len(traces(house)) == len(house.slack.heard("@ann")) == 1


@pytest.mark.parametrize(
    "event",
    [
        OUT | {"user": "U0BOB"},
        {"type": "tokens_revoked", "tokens": {"oauth": ["U0ANN"], "bot": []}},
        ARCHIVE | {"channel": "C0GENERAL"},
        {"type": "channel_archive"},
    ],
    ids=["somebody else left", "a person's token", "nothing is followed there", "no channel is named"],
)
async def test_what_does_not_concern_us_leaves_no_trace(house: House, event: dict[str, Any]) -> None:
    await follow(house)

    await happens(house, event)

    assert paused(house) == traces(house) == []


async def test_a_channel_that_is_shared_no_more_goes_on(house: House) -> None:
    await follow(house)
    await happens(house, SHARED)

    await happens(house, UNSHARED | {"is_ext_shared": True})  # with one of two
    still = paused(house)
    await happens(house, UNSHARED | {"is_ext_shared": False})

    assert still == [("C0RELAYS", "channel_shared")]
    assert paused(house) == []
    assert [verb for verb, *_ in traces(house)] == ["channel_shared", "channel_unshared"]


async def test_an_invitation_does_not_let_the_bot_speak_where_others_read_along(house: House) -> None:
    await follow(house)
    await happens(house, SHARED)

    await happens(house, OUT | {"type": "member_joined_channel"})

    assert paused(house) == [("C0RELAYS", "channel_shared")]


async def test_of_a_deleted_channel_nothing_is_kept_but_that_it_was_erased(house: House) -> None:
    await follow(house)

    await happens(house, DELETED)

    left = [rows(house, f"SELECT * FROM {table} WHERE channel_id = 'C0RELAYS'") for table in HOLDING_A_CHANNEL]  # noqa: S608
    assert left == [[]] * len(HOLDING_A_CHANNEL)
    assert rows(house, "SELECT * FROM tasks") == rows(house, "SELECT * FROM sweeps") == []
    assert traces(house) == [("channel_deleted", "U0OLGA", "")]


@pytest.mark.parametrize("event", [UNINSTALLED, REVOKED], ids=["app_uninstalled", "tokens_revoked"])
async def test_without_the_app_nothing_is_said_at_once(house: House, event: dict[str, Any]) -> None:
    await follow(house)

    await happens(house, event)
    before = len(house.slack.ledger.of("chat.postMessage"))
    await house.slack.say("ann", "#relays", "/relay subscribe aliyun backup-en")  # whoever could still be heard
    await house.slack.until(lambda: len(house.told("ann", "#relays")) == 2)

    assert paused(house) == [("", "app_uninstalled")]
    assert traces(house) == [(event["type"], "", "")]
    assert len(house.slack.ledger.of("chat.postMessage")) == before
    assert rows(house, "SELECT count(*) FROM notices WHERE settled_at IS NULL") == [(2,)]


async def test_an_app_that_is_installed_again_says_what_waited(build: Build, frozen: FrozenDateTimeFactory) -> None:
    async with build() as house:
        await follow(house)
        await happens(house, UNINSTALLED)
        await house.ask("/relay subscribe aliyun backup-en")
        said = len(house.slack.heard("#relays"))
        await house.door.close()
    frozen.tick(timedelta(days=6))
    async with build() as house:
        await house.slack.until(lambda: len(house.slack.heard("#relays")) >= 2)

        assert paused(house) == []
        assert said == 4  # a line and a card for all, two answers for one
        assert any("Backup, English" in message.words for message in house.slack.heard("#relays"))


async def test_without_the_app_no_cloud_is_asked_and_with_it_again_they_are(
    build: Build, frozen: FrozenDateTimeFactory
) -> None:
    def asked(house: House) -> int:
        return sum(len(house.stage.aliyun.door.ledger.of(api)) for api in WATCHED)

    async def passes(house: House) -> int:
        before = asked(house)
        for _ in range(60):
            frozen.tick(1)
            await asyncio.sleep(0.03)
        return asked(house) - before

    async with build(haste=50.0) as house:
        await house.ask("/relay subscribe aliyun backup-en")
        watched = await passes(house)
        await happens(house, UNINSTALLED)
        await passes(house)  # what was under way
        silent = await passes(house)
    async with build(haste=50.0) as house:
        again = await passes(house)

    assert watched > 0
    assert silent == 0
    assert again > 0


async def test_a_channel_that_gets_another_id_is_followed_on_under_it(house: House) -> None:
    await follow(house)
    await house.ask("/relay mute main-zh")
    moves = {"type": "channel_id_changed", "old_channel_id": "C0RELAYS", "new_channel_id": "C1RELAYS"}

    await happens(house, moves)

    left = [rows(house, f"SELECT * FROM {table} WHERE channel_id = 'C0RELAYS'") for table in HOLDING_A_CHANNEL]  # noqa: S608
    assert left == [[]] * len(HOLDING_A_CHANNEL)
    assert rows(house, "SELECT channel_id, task FROM subscriptions") == [("C1RELAYS", "main-zh")]
    assert rows(house, "SELECT DISTINCT channel_id FROM cards") == [("C1RELAYS",)]
    assert traces(house)[-1] == ("channel_id_changed", "", "C1RELAYS")


async def test_what_was_done_under_the_new_id_already_wins(house: House) -> None:
    await follow(house)
    await house.ask(SUBSCRIBE + " only=stopped", channel="#ops-private")
    moves = {"type": "channel_id_changed", "old_channel_id": "C0RELAYS", "new_channel_id": "C0OPS"}

    await happens(house, moves)

    assert rows(house, "SELECT channel_id, only_states FROM subscriptions") == [("C0OPS", "STOPPED")]


@pytest.mark.parametrize(("days", "kept"), [(6, 1), (8, 0)])
async def test_a_team_that_took_the_app_out_is_forgotten_after_seven_days(
    house: House, frozen: FrozenDateTimeFactory, days: int, kept: int
) -> None:
    await follow(house)
    await happens(house, UNINSTALLED)

    frozen.tick(timedelta(days=days))
    database = Database.open(f"sqlite:///{house.folder / 'relaybot.db'}")
    await Memory(database, wake=_nobody).trim(house.slack.workspace.now)  # what tidy does once an hour
    await database.close()

    assert rows(house, "SELECT count(*) FROM subscriptions") == [(kept,)]
    assert bool(rows(house, "SELECT * FROM audits")) is bool(kept)


async def _nobody(_: object) -> None:
    """Wakes nobody."""
