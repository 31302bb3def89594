"""`relaybot forget` as a process, on both databases: afterwards no row is left, and it says how many went."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from bot.domain.subscription import Place
from bot.store.database import Database
from bot.store.memory import Memory
from tests.bot.store.test_forget import OF_A_CHANNEL, fill, holding, mentioning

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from conftest import Shell

US, BESIDE = Place(team="T1", channel="C1"), Place(team="T1", channel="C3")
THEM = Place(team="T2", channel="C2")


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    database = Database.open(url)
    yield database
    await database.close()


async def kept(url: str, *places: tuple[Place, str]) -> None:
    """Put something of a person in a channel into every table that holds Slack's ids."""
    async with opened(url) as database, Memory(database, wake=_nobody).transaction() as tx:
        for place, user in places:
            await fill(tx, place, user, f"task-of-{place.channel}")


async def _nobody(_: object) -> None:
    """Wakes nobody."""


async def test_of_a_team_no_row_is_left_and_of_the_others_all(bare: Shell, url: str):
    await kept(url, (US, "U1"), (BESIDE, "U1"), (THEM, "U2"))

    ran = await bare.run("forget", "--team", "T1", "--json", DATABASE_URL=url)

    assert (ran.status, ran.err) == (0, "")
    assert ran.object == {
        "team": "T1",
        "erased": {
            "audits": 2,
            "cards": 2,
            "changes": 2,
            "channels": 2,
            "drills": 2,
            "incidents": 2,
            "mutes": 2,
            "names": 2,
            "notices": 6,
            "responses": 2,
            "rotas": 2,
            "subscriptions": 2,
            "tasks": 2,
        },
    }
    async with opened(url) as database:
        assert await holding(database, team_id="T1") == await mentioning(database, "task-of-C1") == set()
        assert await holding(database, team_id="T2") == OF_A_CHANNEL | {"names"}


async def test_of_a_channel_no_row_is_left_and_the_only_team_need_not_be_named(bare: Shell, url: str):
    await kept(url, (US, "U1"), (BESIDE, "U1"))

    ran = await bare.run("forget", "--channel", "C1", DATABASE_URL=url)
    again = await bare.run("forget", "--channel", "C1", DATABASE_URL=url)

    assert (ran.status, ran.err) == (0, "")
    assert ran.out == (
        "Erased of channel C1, team T1: audits 1, cards 1, channels 1, drills 1, mutes 1, notices 3, responses 1, "
        "rotas 1, subscriptions 1.\n"
    )
    assert (again.status, again.out) == (0, "Nothing is kept of channel C1, team T1.\n")
    async with opened(url) as database:
        assert await holding(database, team_id="T1", channel_id="C1") == set()
        assert await holding(database, team_id="T1", channel_id="C3") == OF_A_CHANNEL


async def test_of_a_person_no_row_is_left_and_the_channel_still_follows(bare: Shell, url: str):
    await kept(url, (US, "U1"), (BESIDE, "U2"))

    ran = await bare.run("forget", "--user", "U1", "--team", "T1", DATABASE_URL=url)

    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith("Erased of user U1, team T1: audits 1, drills 1, mutes 1, notices ")
    async with opened(url) as database:
        assert await holding(database, team_id="T1", user_id="U1") == set()
        assert "subscriptions" in await holding(database, team_id="T1", channel_id="C1")
        assert await holding(database, team_id="T1", user_id="U2") != set()


async def test_of_several_teams_one_has_to_be_named(bare: Shell, url: str):
    await kept(url, (US, "U1"), (THEM, "U2"))

    ran = await bare.run("forget", "--channel", "C1", DATABASE_URL=url)

    assert (ran.status, ran.out, ran.err) == (
        2,
        "",
        "relaybot: Several teams are kept: T1, T2.\n  Add --team with one of them.\n",
    )
    async with opened(url) as database:
        assert await holding(database, team_id="T1", channel_id="C1") == OF_A_CHANNEL


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        # Nobody is named.
        ((), "Forget whom?"),
        # A name, not an id.
        (("--channel", "#relays"), "“#relays” is no channel id of Slack's."),
        # A channel's id in the place of a person's.
        (("--user", "C1"), "“C1” is no user id of Slack's."),
        # Two at once.
        (("--user", "U1", "--channel", "C1"), "forget: argument --channel: not allowed with argument --user."),
    ],
)
async def test_wrong_usage_erases_nothing_and_says_why(bare: Shell, typed: tuple[str, ...], said: str):
    ran = await bare.run("forget", *typed)

    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith(f"relaybot: {said}\n")
    assert list(bare.folder.iterdir()) == []


async def test_without_a_database_it_says_so_and_makes_none(bare: Shell):
    ran = await bare.run("forget", "--team", "T1", "--json")

    assert ran.status == 2
    assert ran.object["error"]["message"] == f"SQLite {bare.folder}/relaybot.db does not exist."
    assert list(bare.folder.iterdir()) == []
