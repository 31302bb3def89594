"""
Whatever comes in the place of an answer: nobody is known by it, and nothing breaks on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.permit import Standing
from bot.sandbox.clock import Clock
from bot.sandbox.faults import Answer, Fail, Truncate, html, misshapen
from bot.sandbox.slack import BOT_TOKEN, Slack
from bot.slack import dialogs
from bot.slack.errors import SlackUnusable
from bot.slack.groups import Groups
from bot.slack.people import People
from bot.slack.workspace import check_sockets, identify

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.sandbox.faults import Fault


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    clock = Clock()
    slack = Slack(clock, monotonic=clock.monotonic)
    await slack.open()
    slack.workspace.groups = [{"id": "S0OPS", "handle": "ops", "users": ["U0ANN", "U0BOB"]}]
    slack.workspace.scopes.add("usergroups:write")
    yield slack
    await slack.close()


# What comes, and what it is called: where people read that, and in the log.
INSTEAD: dict[str, tuple[Fault, str]] = {
    "a line of text from Slack's edge": (
        Answer(status=503, body=b"upstream connect error", content_type="text/plain", verdict="HTTP 503"),
        "HTTP 503",
    ),
    "the same as if all were well": (
        Answer(body=b"ok", content_type="text/plain", verdict="text"),
        "unreadable_answer",
    ),
    "a page of a proxy": (html(), "HTTP 502"),
    "half an answer": (Truncate(), "unreadable_answer"),
    "a list": (misshapen([1]), "unreadable_answer"),
    "nothing": (misshapen(None), "unreadable_answer"),
}


@pytest.mark.parametrize(("fault", "named"), INSTEAD.values(), ids=INSTEAD)
async def test_whatever_comes_in_the_place_of_an_answer_tells_nothing(slack: Slack, fault: Fault, named: str):
    client = AsyncWebClient(token=BOT_TOKEN, base_url=slack.api_url, retry_handlers=[])
    people, groups = People(client, team="T0SANDBOX", admins=frozenset(), now=Clock()), Groups(client)
    slack.faults.plan(fault, times=None)

    somebody = await people.person("U0ANN", team="T0SANDBOX")
    channel = await people.channel("C0RELAYS")
    direct = await people.channel(slack.workspace.channel("@ann").id, "U0ANN")
    told = (await people.channels_of("U0ANN"), await groups.members("T0SANDBOX", "S0OPS"))
    refused, is_open = await groups.put("S0OPS", "U0BOB"), await dialogs.show(client, "1.2", {})

    assert (somebody.standing, channel.is_member, direct.is_member) == (Standing.UNKNOWN, False, False)
    assert (told, refused, is_open) == ((frozenset(), None), named, False)


async def test_an_answer_without_what_was_asked_for_tells_nothing(slack: Slack):
    client = AsyncWebClient(token=BOT_TOKEN, base_url=slack.api_url, retry_handlers=[])
    people, groups = People(client, team="T0SANDBOX", admins=frozenset(), now=Clock()), Groups(client)
    slack.faults.plan(misshapen({"ok": True, "user": None, "users": None, "channel": None}), times=None)

    somebody = await people.person("U0ANN", team="T0SANDBOX")
    direct = await people.channel("D0ANN", "U0ANN")

    assert (somebody.standing, direct.is_member) == (Standing.UNKNOWN, False)
    assert await groups.members("T0SANDBOX", "S0OPS") is None


@pytest.mark.parametrize(("fault", "named"), INSTEAD.values(), ids=INSTEAD)
async def test_a_start_that_gets_no_answer_says_so_and_doubts_no_token(slack: Slack, fault: Fault, named: str):
    client = AsyncWebClient(token=BOT_TOKEN, base_url=slack.api_url, retry_handlers=[])
    slack.faults.plan(fault, times=None)

    with pytest.raises(SlackUnusable) as who:
        await identify(client, BOT_TOKEN)
    with pytest.raises(SlackUnusable) as sockets:
        await check_sockets(client, "xapp-1")

    assert (who.value.code, sockets.value.code) == (named, named)
    assert who.value.mend.startswith("Check that this machine reaches slack.com")


async def test_a_token_that_slack_refuses_is_to_be_copied_anew(slack: Slack):
    client = AsyncWebClient(token=BOT_TOKEN, base_url=slack.api_url, retry_handlers=[])
    slack.faults.plan(Fail("invalid_auth"), on="auth.test")

    with pytest.raises(SlackUnusable, match="Copy SLACK_BOT_TOKEN anew") as who:
        await identify(client, BOT_TOKEN)

    assert who.value.code == "invalid_auth"
