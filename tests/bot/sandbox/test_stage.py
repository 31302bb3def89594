from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from bot.sandbox.stage import SECRETS, open_stage

if TYPE_CHECKING:
    from bot.sandbox.clock import Clock


async def test_everything_stands_on_this_machine_and_is_gone_in_the_end(clock: Clock):
    async with open_stage(calendar=clock) as stage:
        urls = [stage.aliyun.door.url, stage.tencent.door.url, stage.slack.door.url, stage.pager.door.url]
        async with httpx.AsyncClient() as http:
            reached = [(await http.post(url)).status_code for url in urls]

    assert len(set(urls)) == 4
    assert all(url.startswith("http://127.0.0.1:") for url in urls)
    assert reached == [404, 200, 400, 404]  # each refuses in its own way
    async with httpx.AsyncClient() as http:
        for url in urls:
            with pytest.raises(httpx.ConnectError):
                await http.get(url)


@pytest.mark.parametrize(
    ("slack", "told"),
    [
        ("http", {"SLACK_API_URL", "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"}),
        ("socket", {"SLACK_API_URL", "SLACK_APP_TOKEN", "SLACK_BOT_TOKEN"}),
        ("both", {"SLACK_API_URL", "SLACK_APP_TOKEN", "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"}),
        ("none", set()),
    ],
)
async def test_the_environment_names_the_doors(clock: Clock, slack: str, told: set[str]):
    async with open_stage(calendar=clock) as stage:
        environment = stage.environment(slack=slack)

        assert {name for name in environment if name.startswith("SLACK_")} == told
        assert environment["ALIYUN_ENDPOINT"] == stage.aliyun.door.url
        assert environment["TENCENT_ENDPOINT"] == stage.tencent.door.url


async def test_a_stage_shows_no_secret(clock: Clock):
    async with open_stage(calendar=clock) as stage:
        shown = repr(stage)

    assert len(SECRETS) == 17
    assert not any(secret in shown for secret in SECRETS)
