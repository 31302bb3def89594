from __future__ import annotations

from typing import Any

import pytest

from adapters.contract import AccountName, TaskId, TaskState
from bot.domain.mute import in_force, is_spent, lets_through, state_at
from bot.domain.task import Known
from tests.bot.domain.hearing import (
    HOUR,
    MINUTE,
    NIGHT,
    NOW,
    REF,
    RELAYS,
    ended_early,
    known,
    mute,
    recovered,
    retrying,
    started,
    stopped,
)

BEFORE, AFTER = NOW - 2 * HOUR, NOW - 30 * MINUTE  # a mute of these tests begins an hour ago


@pytest.mark.parametrize(
    ("why", "more", "silences"),
    [
        ("a mute of the task", {}, True),
        ("a mute of the whole account", {"task": None}, True),
        ("another task's", {"task": TaskId("t-43")}, False),
        ("another account's", {"account": AccountName("show"), "task": None}, False),
        ("another channel's", {"place": NIGHT}, False),
        ("one that begins later", {"begins_at": NOW + MINUTE}, False),
        ("one that is over at this instant", {"ends_at": NOW}, False),
    ],
)
def test_a_mute_is_for_one_place_one_task_or_account_and_a_time(*, why: str, more: dict[str, Any], silences: bool):
    assert (in_force([mute(**more)], RELAYS, REF, NOW) is not None) is silences, why


def test_of_several_mutes_the_one_that_lasts_longest_is_in_force():
    longest = mute(id=4, ends_at=NOW + 2 * HOUR)

    assert in_force([mute(), longest, mute(id=5)], RELAYS, REF, NOW) == longest


@pytest.mark.parametrize(
    ("why", "told", "is_over"),
    [
        ("nothing happened", [], False),
        ("put on a retrying task: it retries on", [retrying(BEFORE), retrying(AFTER)], False),
        ("put on a retrying task: stopped is worse", [retrying(BEFORE), stopped(AFTER)], True),
        ("put on a stopped task: ended early is worse", [stopped(BEFORE), ended_early(AFTER)], True),
        ("put on a stopped task: retrying is better", [stopped(BEFORE), retrying(AFTER)], False),
        ("put on a running task: whatever comes is meant", [started(BEFORE), stopped(AFTER)], False),
        ("nothing is known from before: it began as the first news says", [stopped(AFTER)], False),
        (
            "pull became push: another kind",
            [retrying(BEFORE, reason="PullStreamFailed"), retrying(AFTER, reason="PushStreamFailed")],
            True,
        ),
        (
            "the same reason again",
            [retrying(BEFORE, reason="PullStreamFailed"), retrying(AFTER, reason="PullStreamFailed")],
            False,
        ),
        ("no reason is no other reason", [retrying(BEFORE, reason="PullStreamFailed"), retrying(AFTER)], False),
        ("it once was broken and stays so", [retrying(BEFORE), stopped(AFTER), retrying(NOW)], True),
        ("a recovery does not end a mute for a time", [stopped(BEFORE), recovered(AFTER)], False),
    ],
)
def test_a_worse_kind_breaks_a_mute(*, why: str, told: list[Any], is_over: bool):
    assert is_spent(mute(), told, known()) is is_over, why


def test_a_mute_until_recovery_lets_the_recovery_through_and_is_over():
    waiting = mute(until_recovery=True)

    assert not lets_through(waiting, retrying(), [stopped(BEFORE)], known())
    assert lets_through(waiting, recovered(), [stopped(BEFORE)], known())


def test_the_state_at_an_instant_is_what_was_told_last_or_was_left_first_or_is_known():
    stopped_known = known(TaskState.STOPPED)

    assert state_at(NOW, [started(BEFORE), stopped(AFTER)], stopped_known) is TaskState.STOPPED
    assert state_at(BEFORE, [stopped(AFTER)], stopped_known) is TaskState.RUNNING
    assert state_at(NOW, [], stopped_known) is TaskState.STOPPED


def test_what_was_muted_at_first_sight_has_no_rank():
    assert not is_spent(mute(), [], Known())
