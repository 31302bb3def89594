"""What an order at the prompt does to the stage."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import httpx
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.clock import BEGINNING, Calendar
from bot.sandbox.orders import PromptError
from bot.sandbox.programme import ENDING_ID, ONLINE_ID
from bot.sandbox.prompt import Prompt
from bot.sandbox.slack import BOT_TOKEN
from bot.sandbox.stage import open_stage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.sandbox.stage import Stage


@pytest.fixture
def calendar() -> Calendar:
    return Calendar(lambda: BEGINNING)


@pytest.fixture
async def stage(calendar: Calendar) -> AsyncIterator[Stage]:
    async with open_stage(calendar=calendar) as stage:
        yield stage


@pytest.fixture
def prompt(stage: Stage, calendar: Calendar) -> Prompt:
    return Prompt(stage, calendar)


@pytest.mark.parametrize(
    ("line", "word", "reason", "told"),
    [
        # The source is gone: the cloud retries by itself.
        ("break source main-en", "2", "PullStreamFailed", "The cloud now says 2 (PullStreamFailed) of main-en."),
        # What was broken runs again, whatever its script says.
        ("mend main-zh", "1", "", "The cloud now says 1 of main-zh."),
        # A person stops it.
        ("stop main-en", "3", "TriggerByUser", "The cloud now says 3 (TriggerByUser) of main-en."),
        # It ends before its plan does: somebody did that.
        ("end main-en", "-1", "TriggerByUser", "The cloud now says -1 (TriggerByUser) of main-en."),
        # Its plan is over already.
        ("end morning", "-1", "OverEndTime", "The cloud now says -1 (OverEndTime) of morning."),
        # Tencent has two words.
        (f"stop {ONLINE_ID}", "NotExist", "", f"The cloud now says NotExist of {ONLINE_ID}."),
        (f"forget {ONLINE_ID}", "NotExist", "", f"The cloud now says NotExist of {ONLINE_ID}."),
        (f"mend {ENDING_ID}", "InProgress", "", f"The cloud now says InProgress of {ENDING_ID}."),
    ],
)
async def test_the_cloud_says_what_was_done(
    stage: Stage, prompt: Prompt, *, line: str, word: str, reason: str, told: str
):
    said = await prompt.take(line)
    task = line.rpartition(" ")[2]
    sight = stage.aliyun.story.at(task, BEGINNING) or stage.tencent.story.at(task, BEGINNING)

    assert said == told
    assert sight is not None
    assert (sight.word, sight.reason) == (word, reason)


async def test_a_forgotten_task_is_unknown_until_it_is_mended(stage: Stage, prompt: Prompt):
    told = await prompt.take("forget main-en")
    forgotten = stage.aliyun.story.at("main-en", BEGINNING)
    await prompt.take("mend main-en")

    assert told == "The cloud knows no main-en any more."
    assert forgotten is None
    assert stage.aliyun.story.at("main-en", BEGINNING) is not None


@pytest.mark.parametrize("doing", ["break source", "end"])
async def test_tencent_has_no_word_for_some_of_it(prompt: Prompt, doing: str):
    with pytest.raises(PromptError, match=r"Tencent Cloud has no word for that\. Type: stop kD1"):
        await prompt.take(f"{doing} {ONLINE_ID}")


async def test_a_busy_slack_refuses_one_post_and_one_edit(stage: Stage, prompt: Prompt):
    told = await prompt.take("slack 429 30")
    client = AsyncWebClient(token=BOT_TOKEN, base_url=stage.slack.api_url, retry_handlers=[])
    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(channel="C0RELAYS", text="x")
    posted = await client.chat_postMessage(channel="C0RELAYS", text="x")
    with pytest.raises(SlackApiError):
        await client.chat_update(channel="C0RELAYS", ts=posted["ts"], text="y")
    await client.chat_update(channel="C0RELAYS", ts=posted["ts"], text="y")

    assert told == "Slack refuses the next post and the next edit: again in 30 s."
    assert (refused.value.response.status_code, refused.value.response.headers["Retry-After"]) == (429, "30")
    assert stage.slack.ledger.verdicts() == ["ratelimited", "ok", "ratelimited", "ok"]


@pytest.mark.parametrize(
    ("side", "shut", "told", "back"),
    [
        ("slack", {"slack"}, "Nobody reaches Slack now. Up again with: slack up", "slack up"),
        (
            "cloud",
            {"aliyun", "tencent"},
            "Nobody reaches Alibaba Cloud and Tencent Cloud now. Up again with: cloud up",
            "cloud up",
        ),
        (
            "cloud",
            {"tencent"},
            "Nobody reaches Tencent Cloud now. Up again with: cloud up tencent",
            "cloud up tencent",
        ),
    ],
)
async def test_a_side_that_is_down_refuses_and_comes_back_at_its_old_address(
    stage: Stage, prompt: Prompt, *, side: str, shut: set[str], told: str, back: str
):
    alone = " tencent" if side == "cloud" and len(shut) == 1 else ""
    said = await prompt.take(f"{side} down{alone}")
    refused = await _refusing(stage)
    await prompt.take(back)

    assert said == told
    assert refused == shut
    assert await _refusing(stage) == set()


async def test_time_moves_for_everybody_and_goes_on_from_there(stage: Stage, prompt: Prompt, calendar: Calendar):
    told = await prompt.take("time +6m")
    async with httpx.AsyncClient() as http:
        dates = {(await http.get(door.url)).headers["date"] for door in (stage.aliyun.door, stage.slack.door)}

    assert told == "It is 20:06:00 UTC for everybody here."
    assert calendar() == BEGINNING + timedelta(minutes=6)
    assert dates == {"Sat, 21 Nov 2026 20:06:00 GMT"}
    assert stage.slack.workspace.now == calendar()
    assert await prompt.take("time") == told
    assert "main-en                      Main stage, English          2 PullStreamFailed" in await prompt.take("tasks")


async def test_the_list_of_tasks_says_what_the_clouds_say(prompt: Prompt):
    await prompt.take("forget backup-en")
    lines = (await prompt.take("tasks")).splitlines()

    assert lines[:2] == [
        "  main-en                      Main stage, English          1",
        "  backup-en                    Backup, English              gone",
    ]
    assert f"  {ONLINE_ID:<57} InProgress" in lines


async def test_help_fits_a_narrow_terminal(prompt: Prompt):
    lines = (await prompt.take("help")).splitlines()

    assert len(lines) == 11
    assert max(map(len, lines)) <= 78


async def _refusing(stage: Stage) -> set[str]:
    """Ask every door and name those that take no connection."""
    doors = {"slack": stage.slack.door, "aliyun": stage.aliyun.door, "tencent": stage.tencent.door}
    refusing = set()
    async with httpx.AsyncClient() as http:
        for name, door in doors.items():
            try:
                await http.get(door.url)
            except httpx.ConnectError:
                refusing.add(name)
    return refusing
