"""
User groups: who is in one, and one that holds whoever is on call.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.clock import Clock
from bot.sandbox.faults import Fail
from bot.sandbox.slack import BOT_TOKEN, Slack
from bot.slack.groups import Groups

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    clock = Clock()
    slack = Slack(clock, monotonic=clock.monotonic)
    await slack.open()
    slack.workspace.groups = [{"id": "S0OPS", "handle": "ops", "users": ["U0ANN", "U0BOB"]}]
    yield slack
    await slack.close()


@pytest.fixture
def groups(slack: Slack) -> Groups:
    return Groups(AsyncWebClient(token=BOT_TOKEN, base_url=slack.api_url, retry_handlers=[], timeout=1))


async def test_a_group_says_who_is_in_it(groups: Groups) -> None:
    assert await groups.members("T0SANDBOX", "S0OPS") == ("U0ANN", "U0BOB")


async def test_a_group_that_does_not_exist_holds_nobody(groups: Groups) -> None:
    assert await groups.members("T0SANDBOX", "S0GONE") == ()


async def test_nobody_knows_who_is_in_a_group_while_slack_is_silent(slack: Slack, groups: Groups) -> None:
    slack.faults.plan(Fail("internal_error"), on="usergroups.users.list")

    assert await groups.members("T0SANDBOX", "S0OPS") is None
    assert slack.ledger.verdicts("usergroups.users.list") == ["internal_error"]


async def test_many_channels_that_call_one_group_at_once_are_one_question(slack: Slack, groups: Groups) -> None:
    """Slack tells twenty a minute; whoever is not told of its members would send them no direct message."""
    told = await asyncio.gather(*(groups.members("T0SANDBOX", "S0OPS") for _ in range(30)))

    assert set(told) == {("U0ANN", "U0BOB")}
    assert slack.ledger.verdicts("usergroups.users.list") == ["ok"]


async def test_a_group_holds_whoever_is_put_into_it_and_nobody_else(slack: Slack, groups: Groups) -> None:
    slack.workspace.scopes.add("usergroups:write")
    refused = await groups.put("S0OPS", "U0BOB")

    assert refused == ""
    assert await groups.members("T0SANDBOX", "S0OPS") == ("U0BOB",)


async def test_why_slack_puts_nobody_into_a_group_is_said(groups: Groups) -> None:
    assert await groups.put("S0OPS", "U0BOB") == "missing_scope"
