"""
What happens under a mute is not told, whatever fails meanwhile; when the mute is over, the last word is told once.

A channel mutes the task that it follows; whatever becomes of it then, its cloud fails and Slack takes nothing. When the
story is over, `invariants` are held.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from bot.sandbox import aliyun, tencent
from bot.sandbox.faults import Drop, Fail
from tests.stories.following import HELD, SOON, Following

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from tests.stories.following import Follow

POST, EDIT = "chat.postMessage", "chat.update"
WATCHED: Final = {"aliyun": aliyun.LIST, "tencent": tencent.API}
TURN: Final = {"aliyun": 30.0, "tencent": 150.0}  # seconds: two turns of a task, and some
MUTE_S: Final = 15 * 60.0

breaks, runs = Following.breaks, Following.runs


@pytest.mark.parametrize("account", ["aliyun", "tencent"])
@pytest.mark.parametrize(
    ("happens", "told"),
    [([breaks], 1), ([breaks, runs], 0)],
    ids=["it goes down", "it goes down and runs again"],
)
async def test_what_happens_under_a_mute_is_told_at_its_end_at_most(
    follow: Follow, account: str, happens: list[Callable[[Following], Coroutine[Any, Any, None]]], told: int
) -> None:
    async with follow(account) as one:
        await one.begin()
        await one.mute("15m")
        cloud, slack = one.cloud, one.house.slack
        for place, change in enumerate(happens, start=1):
            cloud.ledger.clear()
            slack.ledger.clear()
            cloud.faults.plan(Fail("InternalError"), on=WATCHED[account])
            slack.faults.plan(Fail("service_unavailable", status=503), times=None)
            await change(one)
            await one.until(lambda place=place: changes(one) == place, within=TURN[account] + HELD[account])
            await one.until(lambda: "service_unavailable" in slack.ledger.verdicts(EDIT))
            assert "InternalError" in cloud.ledger.verdicts(WATCHED[account])
            slack.faults.clear()
        await one.until(lambda: not one.waiting() and one.shows(one.state), within=TURN[account] + SOON)
        assert one.story() == []

        slack.ledger.clear()
        slack.faults.plan(Drop(done=True), on=POST)
        one.unmuted()
        await one.live(MUTE_S, step=20)
        await one.right()

        assert slack.ledger.verdicts(POST).count("dropped") == told


def changes(one: Following) -> int:
    """How many changes of the task are known."""
    ((count,),) = one.rows(
        "SELECT count(*) FROM changes WHERE task = (SELECT id FROM tasks WHERE task_id = ?)", one.task
    )
    return int(count)
