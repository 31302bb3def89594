"""
Who somebody is, asked of Slack as little as that takes.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.permit import Standing
from bot.sandbox.clock import Clock
from bot.sandbox.faults import Drop, Fail
from bot.sandbox.slack import BOT_TOKEN, Channel, Person, Slack
from bot.slack.people import PAGE, People

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def slack(clock: Clock) -> AsyncIterator[Slack]:
    slack = Slack(clock, monotonic=clock.monotonic)
    await slack.open()
    yield slack
    await slack.close()


@pytest.fixture
def people(slack: Slack, clock: Clock) -> People:
    async def sleep(seconds: float) -> None:
        clock.move(timedelta(seconds=seconds))

    client = AsyncWebClient(token=BOT_TOKEN, base_url=slack.api_url, retry_handlers=[])
    return People(client, team=slack.workspace.team, admins=frozenset(), now=clock, sleep=sleep)


async def test_a_crowd_is_not_refused_for_being_one(slack: Slack, people: People) -> None:
    """Slack tells a hundred people a minute; the others wait as long as it asks."""
    slack.workspace.people |= {
        f"U1{n:06d}": Person(id=f"U1{n:06d}", name=f"p{n}", team="T0SANDBOX") for n in range(150)
    }

    crowd = [await people.person(f"U1{n:06d}", team="T0SANDBOX") for n in range(150)]

    assert {person.standing for person in crowd} == {Standing.MEMBER}
    assert "ratelimited" in slack.ledger.verdicts("users.info")


async def test_somebody_who_presses_ten_times_is_one_question(slack: Slack, people: People) -> None:
    await asyncio.gather(*(people.person("U0ANN", team="T0SANDBOX") for _ in range(10)))

    assert len(slack.ledger.of("users.info")) == 1


async def test_the_settings_name_the_admins_or_else_slack_does(slack: Slack, clock: Clock, people: People) -> None:
    client = AsyncWebClient(token=BOT_TOKEN, base_url=slack.api_url, retry_handlers=[])
    named = People(client, team="T0SANDBOX", admins=frozenset({"U0ANN"}), now=clock)

    standings = {user: (await people.person(user, team="T0SANDBOX")).standing for user in ("U0ANN", "U0OLGA", "U0ADAM")}
    by_name = {user: (await named.person(user, team="T0SANDBOX")).standing for user in ("U0ANN", "U0OLGA")}

    assert standings == {"U0ANN": Standing.MEMBER, "U0OLGA": Standing.ADMIN, "U0ADAM": Standing.ADMIN}
    assert by_name == {"U0ANN": Standing.ADMIN, "U0OLGA": Standing.MEMBER}


async def test_who_slack_does_not_know_may_nothing_and_is_asked_again(slack: Slack, people: People) -> None:
    slack.faults.plan(Fail("user_not_found"), on="users.info")

    before = await people.person("U0ANN", team="T0SANDBOX")
    after = await people.person("U0ANN", team="T0SANDBOX")

    assert (before.standing, after.standing) == (Standing.UNKNOWN, Standing.MEMBER)


async def test_a_channel_that_slack_does_not_show_is_one_we_are_not_in(slack: Slack, people: People) -> None:
    seen = {
        name: await people.channel(slack.workspace.channel(name).id) for name in ("#relays", "#general", "#partners")
    }
    hidden = await people.channel("C0NOWHERE")

    assert seen["#relays"].is_member
    assert not seen["#general"].is_member
    assert seen["#partners"].is_shared
    assert not hidden.is_member


async def test_an_archived_channel_says_so(slack: Slack, people: People) -> None:
    assert (await people.channel("C0OLD")).is_archived
    assert not (await people.channel("C0RELAYS")).is_archived


async def test_a_direct_conversation_is_ours_only_with_the_person_who_asks_there(slack: Slack, people: People) -> None:
    ours = slack.workspace.channel("@ann").id

    assert (await people.channel(ours, "U0ANN")).is_member
    assert not (await people.channel(ours, "U0BOB")).is_member
    assert not (await people.channel("D0ANNBOB", "U0ANN")).is_member


async def test_a_direct_conversation_that_slack_does_not_open_is_not_ours(slack: Slack, people: People) -> None:
    ours = slack.workspace.channel("@ann").id
    slack.faults.plan(Fail("internal_error"), on="conversations.open")

    assert not (await people.channel(ours, "U0ANN")).is_member


async def test_a_persons_zone_comes_with_their_standing(people: People) -> None:
    first = await people.person("U0BOB", team="T0SANDBOX")
    again = await people.person("U0BOB", team="T0SANDBOX")

    assert (first.zone, again.zone) == ("Asia/Shanghai", "Asia/Shanghai")


async def test_channels_of_somebody_are_walked_page_by_page(slack: Slack, people: People) -> None:
    more = {f"C1{n:06d}": Channel(id=f"C1{n:06d}", name=f"c{n}", members={"U0OLGA"}) for n in range(PAGE)}
    slack.workspace.channels |= more

    found = await people.channels_of("U0OLGA")

    assert found == {"C0RELAYS", "C0GENERAL", "C0OPS", "C0PARTNERS", *more}
    assert len(slack.ledger.of("users.conversations")) == 2


async def test_channels_that_slack_does_not_tell_are_left_out(slack: Slack, people: People) -> None:
    slack.faults.plan(Fail("internal_error"), on="users.conversations")

    assert await people.channels_of("U0OLGA") == frozenset()


@pytest.mark.parametrize(("breaks", "is_member"), [(1, True), (2, True), (None, False)])
async def test_a_connection_that_breaks_says_not_that_the_bot_is_not_in_a_channel(
    slack: Slack, people: People, breaks: int | None, *, is_member: bool
) -> None:
    slack.faults.plan(Drop(), on="conversations.info", times=breaks)

    channel = await people.channel("C0RELAYS")

    assert channel.is_member is is_member
    assert slack.ledger.verdicts("conversations.info").count("dropped") >= (breaks or 3)
