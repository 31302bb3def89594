"""
What is called outside Slack: a rota program says who is on call, PagerDuty and a webhook hear of it, and a dead-man's
switch hears that all is well.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from bot import clock
from bot.sandbox.pager import shifts
from tests.stories.waking import HOUR, MINUTE, SECOND

if TYPE_CHECKING:
    from tests.stories.waking import Wake


async def test_who_the_calendar_names_is_called_and_pagers_hear_the_whole_story(wake: Wake) -> None:
    async with wake(pagers=True) as night:
        pager = night.house.stage.pager
        pager.feed = shifts(clock.now(), ("U0ANN", -MINUTE, HOUR), ("U0BOB", HOUR, 48 * HOUR))
        await night.leaps(3 * MINUTE)
        await night.watches("show", rota=("calendar relays",))
        await night.breaks("show")
        await night.until(lambda: pager.alerts and pager.hooks)
        await night.acks("ann")
        await night.until(lambda: pager.alerts[0].state == "acknowledged")
        await night.recovers("show")
        await night.until(lambda: pager.alerts[0].state == "resolved")
        pager.feed = "<html>sign in</html>"
        await night.leaps(20 * MINUTE)
        shown = (await night.house.ask("/relay oncall", user="olga")).words
        beats = pager.beats
        await night.leaps(5 * MINUTE)

    assert night.who() == [("U0ANN", 0)]
    (alert,) = pager.alerts
    assert (alert.events, alert.severity) == (["trigger", "acknowledge", "resolve"], "critical")
    assert alert.summary == "STOPPED show · the source cannot be pulled · cn-shanghai"
    types = ["incident.triggered", "incident.acknowledged", "incident.resolved"]
    assert [(hook.type, hook.data["task_name"]) for hook in pager.hooks] == [(each, "show") for each in types]
    assert "<@U0ANN>" in shown  # from the last good copy
    assert "<@U0BOB>" in shown
    assert 0 < beats <= pager.beats


async def test_what_pagers_hold_of_the_first_few_of_many_ends_with_the_others(wake: Wake) -> None:
    """A pager knows a call by its key: what it was called for is taken over by a group, and the key is not."""
    tasks = [f"show-{number:02}" for number in range(30)]
    async with wake(pagers=True) as night:
        pager = night.house.stage.pager
        await night.watches_all(tasks, rota=("set @ann",))
        await night.breaks(*tasks[:3])
        await night.until(lambda: pager.alerts and pager.hooks)
        for task in tasks[3:]:
            night.says(task, "3", "PullStreamFailed")
        await night.until(lambda: any("30 tasks of aliyun at once" in line for line in night.lines()))
        await night.acks("ann")
        await night.until(lambda: pager.alerts[0].state == "acknowledged")
        await night.recovers(*tasks)
        await night.until(lambda: pager.alerts[0].state == "resolved")

    (alert,) = pager.alerts
    assert alert.events == ["trigger", "acknowledge", "resolve"]
    assert [hook.type.removeprefix("incident.") for hook in pager.hooks] == ["triggered", "acknowledged", "resolved"]


async def test_no_key_of_what_is_called_is_kept_or_said(wake: Wake) -> None:
    async with wake(pagers=True) as night:
        pager = night.house.stage.pager
        await pager.door.shut()
        await night.watches("show")
        await night.breaks("show")
        await night.until(lambda: any("is not reached" in line for line in night.lines()), step=2 * SECOND)
        await pager.door.reopen()
        await night.until(lambda: len(pager.hooks) > 0 and len(pager.alerts) > 0, step=5 * SECOND, within=3 * MINUTE)
        await night.recovers("show")
        with closing(sqlite3.connect(night.house.folder / "relaybot.db")) as database:
            kept = "\n".join(database.iterdump())

    said = kept + night.logged.text + "".join(message.words for message in night.house.slack.heard())
    assert "pager:night" in said
    assert not [secret for secret in night.house.stage.secrets if secret in said]
    assert "127.0.0.1" not in night.logged.text.replace("listens on", "")


async def test_a_drill_rings_every_pager_and_ends_what_it_rang(wake: Wake) -> None:
    async with wake(pagers=True) as night:
        pager = night.house.stage.pager
        await night.house.ask("/relay oncall set @bob", user="olga")
        await night.house.ask("/relay drill", user="olga")
        await night.until(lambda: pager.alerts and pager.alerts[0].state == "resolved", step=5 * SECOND)
        await night.until(lambda: len(pager.hooks) == 2)

    (alert,) = pager.alerts
    assert (alert.severity, alert.events) == ("info", ["trigger", "resolve"])
    assert alert.summary.startswith("Drill · STOPPED")
    assert [hook.type for hook in pager.hooks] == ["drill.triggered", "drill.resolved"]
    assert any("✓ Pager night" in line and "✓ Pager desk" in line for line in night.lines())
