"""
Several accounts of one cloud: each with its own name, keys and regions; what they share is the vendor's rate.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Build, House

TWO = """
[accounts.main]
provider = "aliyun"
regions = ["cn-shanghai"]
ENDPOINT
{main}

[accounts.second]
provider = "aliyun"
regions = ["ap-southeast-1"]
access_key_id = "SECOND_ID"
access_key_secret = "SECOND_SECRET"
security_token = "SECOND_TOKEN"
ENDPOINT
{second}
"""
SECOND = {
    "SECOND_ID": "sandbox-aliyun-sts",
    "SECOND_SECRET": "canary-aliyun-sts-secret-64f0",
    "SECOND_TOKEN": "canary-aliyun-token-d77c",
}


def budgets(house: House) -> list[tuple[str, str]]:
    """The pace rows that requests were granted from: budget and API."""
    with closing(sqlite3.connect(house.folder / "relaybot.db")) as database:
        return database.execute("SELECT budget, api FROM paces WHERE provider = 'aliyun'").fetchall()


async def test_each_account_answers_under_its_name_with_its_own_keys(build: Build) -> None:
    async with build(SECOND, accounts=TWO.format(main="", second="")) as house:
        first = await house.ask("/relay status main main-zh")
        second = await house.ask("/relay status Second main-sg")
        shown = await house.ask("/relay accounts")
        regions = {entry.params["Region"] for entry in house.stage.aliyun.door.ledger}

    assert "cn-shanghai · main" in first.words
    assert "ap-southeast-1 · second" in second.words
    assert "*main* · Alibaba Cloud · cn-shanghai" in shown.words
    assert "*second* · Alibaba Cloud · ap-southeast-1" in shown.words
    assert regions == {"cn-shanghai", "ap-southeast-1"}


async def test_where_tasks_are_read_in_turns_it_says_how_old_that_can_be(build: Build) -> None:
    async with build() as house:
        shown = await house.ask("/relay accounts")

    assert shown.words.count("what is known of a followed task is at most 1 min old") == 1


async def test_accounts_with_keys_of_their_own_have_budgets_of_their_own(build: Build) -> None:
    async with build(SECOND, accounts=TWO.format(main="", second="")) as house:
        await house.ask("/relay status main main-zh")
        await house.ask("/relay status second main-sg")
        rows = budgets(house)

    assert len({budget for budget, _ in rows}) == 2
    assert "sandbox-aliyun" not in str(rows)


async def test_accounts_of_one_budget_spend_one_pace(build: Build) -> None:
    shared = 'budget = "group"'
    async with build(SECOND, accounts=TWO.format(main=shared, second=shared)) as house:
        await house.ask("/relay status main main-zh")
        await house.ask("/relay status second main-sg")
        rows = budgets(house)

    assert rows == [("group", "DescribeLivePullToPush")]


async def test_a_task_is_found_in_whichever_account_has_it(build: Build) -> None:
    async with build(SECOND, accounts=TWO.format(main="", second="")) as house:
        answer = await house.ask("/relay status main-sg")

    assert "ap-southeast-1 · second" in answer.words
