"""
A task goes down at night: who is called, who takes it in hand, what everybody reads until it runs again.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from bot import clock
from bot.sandbox.faults import Fail
from tests.stories.waking import HOUR, MINUTE, SECOND

if TYPE_CHECKING:
    from tests.stories.waking import Wake


async def test_who_does_not_answer_is_followed_by_the_next_and_who_has_it_in_hand_is_reminded(wake: Wake) -> None:
    async with wake() as night:
        await night.watches("show")
        await night.breaks("show")
        await night.leaps(5 * MINUTE)
        await night.until(lambda: len(night.who()) == 2)
        with night.silence():
            answer = await night.acks("bob", of="bob")
            await night.leaps(30 * MINUTE)
            await night.until(lambda: "Your ack is over, and this is not." in night.heard("bob")[-1].words)
        await night.recovers("show")
        told = night.thread()[-1].words.split("\n")[0]

    assert night.who() == [("U0ANN", 0), ("U0BOB", 1)]
    assert "in hand" in answer
    assert told.startswith("✓ *RUNNING* · *show* · it runs again · was bad for 35 min")


async def test_after_an_hour_down_the_step_that_is_due_fires_once_and_says_how_late_it_is(wake: Wake) -> None:
    async with wake() as night:
        await night.watches("show", rota=("set @ann", "escalate after=5m to=@bob", "escalate after=5m to=@olga"))
        await night.breaks("show")
        async with night.house.down():
            night.frozen.tick(HOUR)
        await night.until(lambda: len(night.who()) == 2)
        await night.passes(20 * SECOND)
        calls = night.calls("C0RELAYS")
        page = night.page("bob").words
        await night.leaps(5 * MINUTE - 25 * SECOND)
        await night.until(lambda: len(night.who()) == 3)

    assert [call.step for call in calls] == [0, 1]
    assert "This call is late by 55 min" in page
    assert night.who() == [("U0ANN", 0), ("U0BOB", 1), ("U0OLGA", 2)]


async def test_at_a_change_of_shift_who_has_it_in_hand_keeps_it_and_whoever_comes_is_called_for_the_rest(
    wake: Wake,
) -> None:
    async with wake() as night:
        turns = 'rotate @ann @bob every=day at="20:10" tz=UTC'
        await night.watches("main", "show", rota=(turns,))
        await night.breaks("main", reason="PushStreamFailed")
        await night.acks("ann")
        await night.passes(70 * SECOND, stride=70 * SECOND)
        await night.breaks("show")
        change = clock.now().replace(minute=10, second=0)
        await night.leaps(change - 10 * SECOND - clock.now())
        await night.until(night.handed_over, step=5 * SECOND)
        told = [line.words for line in night.handed_over()]
        await night.leaps(6 * MINUTE + 30 * SECOND)
        await night.until(lambda: len(night.who()) == 3, step=10 * SECOND)

    assert told == ["<@U0BOB> is on call here now, after <@U0ANN>. Open here: #1 main (in hand), #2 show."]
    assert night.who() == [("U0ANN", 0), ("U0ANN", 0), ("U0BOB", 0)]


@pytest.mark.parametrize(
    ("evening", "hands_over"),
    [
        pytest.param("2026-10-25 00:20", "2026-10-25 00:30", id="half past two comes twice: the first counts"),
        pytest.param("2027-03-28 00:50", "2027-03-28 01:00", id="half past two does not come: three counts"),
    ],
)
async def test_on_the_night_the_clocks_change_one_hands_over_once_and_the_next_call_finds_who_came(
    wake: Wake, evening: str, hands_over: str
) -> None:
    async with wake(at=datetime.fromisoformat(evening).replace(tzinfo=UTC)) as night:
        await night.watches("show", rota=('rotate @ann @bob every=day at="02:30" tz=Europe/Berlin',))
        await night.breaks("show")
        change = datetime.fromisoformat(hands_over).replace(tzinfo=UTC)
        await night.leaps(change - 10 * SECOND - clock.now())
        await night.until(night.handed_over, step=5 * SECOND)
        await night.leaps(5 * MINUTE)
        await night.until(lambda: len(night.who()) == 2, step=5 * SECOND)
        await night.house.ask("/relay ack for=3h", user="bob")
        await night.leaps(100 * MINUTE)
        lines = night.handed_over()

    told = [datetime.fromtimestamp(float(line.ts), UTC) for line in lines]
    assert [f"{at:%Y-%m-%d %H:%M}" for at in told] == [hands_over]
    assert night.who() == [("U0ANN", 0), ("U0BOB", 0)]


async def test_the_first_few_of_many_and_all_the_others_are_one_call(wake: Wake) -> None:
    """A sweep sees three of them down, is told and called for; the next one sees many more."""
    tasks = [f"show-{number:02}" for number in range(30)]
    async with wake() as night:
        await night.watches_all(tasks)
        await night.breaks(*tasks[:3])
        for task in tasks[3:]:
            night.says(task, "3", "PullStreamFailed")
        await night.until(lambda: any("30 tasks of aliyun at once" in line for line in night.lines()))
        await night.leaps(4 * MINUTE)
        await night.until(lambda: len(night.who()) == 2, within=2 * MINUTE, step=5 * SECOND)
        called = night.page("bob").words
        with night.silence():
            answer = await night.acks("bob", of="bob")
            await night.leaps(20 * MINUTE)
        await night.recovers(*tasks)

    assert night.who() == [("U0ANN", 0), ("U0BOB", 1)]
    assert [call.step for call in night.calls("C0RELAYS")] == [0, 1]
    assert "30 tasks of aliyun" in called
    assert "in hand" in answer


async def test_of_many_somebody_who_took_one_of_the_first_is_called_for_all(wake: Wake) -> None:
    tasks = [f"show-{number:02}" for number in range(30)]
    async with wake() as night:
        await night.watches_all(tasks)
        await night.breaks(tasks[0])
        await night.acks("ann")
        for task in tasks[1:]:
            night.says(task, "3", "PullStreamFailed")
        await night.until(lambda: len(night.who()) == 2, step=2 * SECOND)
        called = night.page("ann").words

    assert night.who() == [("U0ANN", 0), ("U0ANN", 0)]
    assert "tasks of aliyun are bad" in called


async def test_what_is_back_soon_is_still_in_the_hand_that_had_it_and_whoever_had_it_not_is_called_again(
    wake: Wake,
) -> None:
    async with wake() as night:
        await night.watches("show", "main")
        await night.breaks("show")
        page = night.page("ann")
        await night.acks("ann", page=page)
        await night.passes(70 * SECOND, stride=70 * SECOND)
        await night.breaks("main")
        await night.recovers("show", "main")
        night.says("show", "3", "PullStreamFailed")
        night.says("main", "3", "PullStreamFailed")
        await night.until(lambda: len(night.who()) == 3, step=2 * SECOND)
        await night.until(lambda: not night.waiting())
        shown = night.house.slack.workspace.find(*page.key)
        back = night.page("ann").words

    assert [(call.response, call.because) for call in night.calls("C0RELAYS")] == [
        (1, "opened"),
        (2, "opened"),
        (2, "reopened"),
    ]
    assert "It is back." in back
    assert shown is not None
    assert "<@U0ANN> has it in hand until " in shown.words
    assert len(night.cards()) == 2


async def test_what_one_channel_has_in_hand_calls_on_in_another(wake: Wake) -> None:
    async with wake() as night:
        others = replace(night, channel="#ops-private")
        await night.watches("show")
        await others.watches("show", rota=("set @olga", "escalate after=5m to=@bob"))
        await night.breaks("show")
        await night.until(lambda: len(night.calls("C0OPS")) == 1)
        with night.silence(of="C0RELAYS"):
            await night.acks("ann")
            await night.leaps(5 * MINUTE)
            await night.until(lambda: len(night.calls("C0OPS")) == 2)

    assert sorted(night.who()) == [("U0ANN", 0), ("U0BOB", 1), ("U0OLGA", 0)]
    assert [call.step for call in night.calls("C0RELAYS")] == [0]


async def test_what_is_bad_already_calls_in_a_channel_that_now_wants_to_be_called_for_all(wake: Wake) -> None:
    async with wake() as night:
        others = replace(night, channel="#ops-private")
        for script in night.house.stage.aliyun.story.scripts:
            night.house.stage.aliyun.story.remove(script.task_id)
        await night.watches("show")
        await night.breaks("show")
        await night.house.ask("/relay oncall set @olga", user="olga", channel=others.channel)
        await night.house.ask("/relay subscribe aliyun all page=yes", channel=others.channel)
        await night.until(lambda: len(night.calls("C0OPS")) == 1)
        await night.until(lambda: not night.waiting())

    assert sorted(night.who()) == [("U0ANN", 0), ("U0OLGA", 0)]


async def test_somebody_who_was_switched_off_is_passed_over_at_once_and_that_is_said(wake: Wake) -> None:
    async with wake() as night:
        await night.watches("show")
        night.house.slack.workspace.person("ann").is_deleted = True
        await night.leaps(6 * MINUTE)  # who people are is known for five
        await night.breaks("show")
        page = night.page().words

    assert night.who() == [("U0BOB", 1)]
    assert "Passed over: <@U0ANN>, whose account is switched off." in page


async def test_without_a_rota_nobody_can_be_called_and_the_command_that_mends_it_is_said(wake: Wake) -> None:
    async with wake() as night:
        refused = await night.house.ask("/relay subscribe aliyun backup-en page=yes")
        subscriptions = night.rows("SELECT * FROM subscriptions")

    assert refused.words.splitlines() == [
        "Nobody is on call here yet, so nobody could be called. Nothing was subscribed.",
        "Try: `/relay oncall set @user`",
    ]
    assert subscriptions == []


async def test_what_is_muted_calls_nobody_and_what_is_still_bad_then_calls_whose_turn_it_was(wake: Wake) -> None:
    async with wake() as night:
        await night.watches("show")
        await night.breaks("show")
        with night.silence():
            await night.house.ask("/relay mute aliyun show for=30m", user="ann")
            await night.leaps(30 * MINUTE - 5 * SECOND)
        await night.until(lambda: len(night.who()) == 2, step=5 * SECOND)
        await night.recovers("show")

    assert [call.because for call in night.calls("C0RELAYS")] == ["opened", "held"]
    assert night.who() == [("U0ANN", 0), ("U0ANN", 0)]


async def test_what_goes_down_while_it_is_muted_calls_when_the_mute_is_over(wake: Wake) -> None:
    async with wake() as night:
        await night.watches("show")
        with night.silence():
            await night.house.ask("/relay mute aliyun show for=30m", user="ann")
            night.says("show", "3", "PullStreamFailed")
            await night.passes(20 * SECOND)
            await night.leaps(30 * MINUTE - 25 * SECOND)
        await night.until(lambda: len(night.who()) == 1, step=5 * SECOND)

    assert night.who() == [("U0ANN", 0)]


async def test_what_waits_for_the_end_of_a_mute_comes_when_that_is_made_shorter_or_lifted(wake: Wake) -> None:
    async with wake() as night:
        await night.watches("show")
        await night.breaks("show")
        await night.acks("ann")
        await night.house.ask("/relay mute aliyun show for=2h")
        with night.silence():
            await night.leaps(40 * MINUTE)  # the ack is over
        await night.house.ask("/relay unmute aliyun show")
        await night.until(lambda: "Your ack is over, and this is not." in night.heard("ann")[-1].words, step=2 * SECOND)
        await night.house.ask("/relay mute aliyun show for=2h")
        with night.silence():
            await night.leaps(10 * MINUTE)  # the call is due
            await night.house.ask("/relay mute aliyun show for=10m")
            await night.leaps(10 * MINUTE - 5 * SECOND)
        await night.until(lambda: len(night.who()) == 2, step=5 * SECOND)

    assert [call.because for call in night.calls("C0RELAYS")] == ["opened", "held"]


async def test_somebody_who_takes_no_message_is_followed_by_the_next_at_once_and_that_is_said(wake: Wake) -> None:
    async with wake() as night:
        await night.watches("show")
        await night.passes(10 * SECOND)
        night.house.slack.faults.plan(Fail("user_disabled"), on="conversations.open")
        await night.breaks("show")
        await night.until(lambda: night.who() != [], within=10 * SECOND)

    assert night.who() == [("U0BOB", 1)]
    assert night.lines()[-1] == "I cannot call <@U0ANN>: Slack says user_disabled. The next level is called at once."


async def test_while_a_pager_is_out_slack_is_told_at_once_and_nothing_is_lost_doubled_or_out_of_order(
    wake: Wake,
) -> None:
    async with wake(pagers=True) as night:
        pager = night.house.stage.pager
        await night.watches("show")
        pager.door.faults.plan(Fail("HTTP 500"), on="pagerduty", times=None)
        pager.door.faults.plan(Fail("HTTP 503", done=True), on="webhook", times=None)
        await night.breaks("show")
        first = night.who()
        await night.until(lambda: len(night.who()) == 2, step=4 * SECOND)
        hits = {entry.api for entry in pager.door.ledger if entry.verdict in {"HTTP 500", "HTTP 503"}}
        pager.door.faults.clear()
        await night.until(lambda: not night.waiting(), step=10 * SECOND, within=2 * MINUTE)
        await night.acks("bob")
        await night.recovers("show")

    assert (first, night.who()) == ([("U0ANN", 0)], [("U0ANN", 0), ("U0BOB", 1)])
    assert hits == {"pagerduty", "webhook"}
    assert [(alert.key, alert.events) for alert in pager.alerts] == [
        ("relaybot:1:0", ["trigger", "acknowledge", "resolve"]),
        ("relaybot:1:1", ["trigger", "acknowledge", "resolve"]),
    ]
    assert [(hook.type, hook.data["key"]) for hook in pager.hooks] == [
        (f"incident.{event}", f"relaybot:1:{level}")
        for event in ("triggered", "acknowledged", "resolved")
        for level in (0, 1)
    ]


async def test_two_hundred_that_go_down_at_once_are_one_call_and_a_new_kind_among_them_voids_the_ack(
    wake: Wake,
) -> None:
    names = [f"show-{number:03}" for number in range(200)]
    async with wake() as night:
        await night.watches_all(names)
        await night.breaks(*names[:190])
        page = night.page().words
        answer = await night.acks("bob")
        with night.silence():
            for name in names[190:195]:
                night.says(name, "3", "PullStreamFailed")  # as the others
            await night.passes(12 * SECOND, stride=6 * SECOND)
        for name in names[195:]:
            night.says(name, "3", "PushStreamFailed")
        await night.until(lambda: len(night.who()) == 2, step=3 * SECOND)
        again = night.page("ann").words
        await night.until(lambda: not night.waiting(), step=3 * SECOND)
        responses = night.rows("SELECT acked_by, due FROM responses")

    assert re.match(r"<@U0ANN> · \*1\d\d tasks of aliyun are bad\* · it is down\n", page)  # as many as are confirmed
    assert answer.startswith("You have #1 in hand until ")
    assert "It got worse, so whoever had it in hand has it no more." in again
    assert [(call.because, call.attempt) for call in night.calls("C0RELAYS")] == [("opened", 0), ("worse", 1)]
    assert responses == [("", "call")]
