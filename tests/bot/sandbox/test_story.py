from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.sandbox.programme import ALIYUN
from bot.sandbox.story import GONE, PLANTED, PLANTED_PUSH_KEY, Phase, Script, Story

BEGUN_AT = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
DYING = Script(
    task_id="main-en",
    phases=(
        Phase(timedelta(0), "0"),
        Phase(timedelta(minutes=1), "1"),
        Phase(timedelta(minutes=5), "2", "PullStreamFailed"),
        Phase(timedelta(minutes=8), "3", "RetryTimesOffline"),
        Phase(timedelta(minutes=20), GONE),
    ),
)


def minutes(count: float) -> datetime:
    return BEGUN_AT + timedelta(minutes=count)


@pytest.mark.parametrize(
    ("at", "word", "reason", "since"),
    [
        (0, "0", "", 0),
        (0.99, "0", "", 0),
        # A phase begins at its very moment.
        (1, "1", "", 1),
        (7.9, "2", "PullStreamFailed", 5),
        (8, "3", "RetryTimesOffline", 8),
        # Before the sandbox began, the first phase holds: clocks step back.
        (-30, "0", "", 0),
    ],
)
def test_a_task_goes_through_its_phases(at: float, word: str, reason: str, since: float):
    sight = Story(BEGUN_AT, [DYING]).at("main-en", minutes(at))

    assert (sight.word, sight.reason, sight.since) == (word, reason, minutes(since))


def test_the_programmes_tasks_push_each_to_a_place_of_its_own():
    places = {script.destination for script in ALIYUN}

    assert len(places) == len(ALIYUN)
    assert all(PLANTED_PUSH_KEY in place for place in places)


def test_a_task_that_is_gone_is_not_seen():
    story = Story(BEGUN_AT, [DYING])

    assert story.at("main-en", minutes(20)) is None
    assert story.at("no-such-task", minutes(0)) is None
    assert list(story.sights(minutes(21))) == []


def test_an_operator_overrides_the_script_until_it_is_resumed():
    story = Story(BEGUN_AT, [DYING])

    story.override("main-en", "3", "TriggerByUser", now=minutes(2))

    assert story.at("main-en", minutes(1.5)).word == "1"
    assert story.at("main-en", minutes(2)).reason == "TriggerByUser"
    assert story.at("main-en", minutes(19)).word == "3"  # the script's later phases no longer count
    story.resume("main-en")
    assert story.at("main-en", minutes(6)).word == "2"


def test_an_override_can_make_a_task_unknown_and_bring_it_back():
    story = Story(BEGUN_AT, [DYING])
    story.override("main-en", GONE, now=minutes(2))
    story.override("main-en", "1", now=minutes(3))

    assert story.at("main-en", minutes(2.5)) is None
    assert story.at("main-en", minutes(3)).word == "1"


def test_a_task_can_be_added_and_removed():
    story = Story(BEGUN_AT)
    story.add(DYING)
    assert story.at("main-en", minutes(0)).word == "0"

    story.remove("main-en")

    assert story.at("main-en", minutes(0)) is None


def test_a_file_source_moves_only_while_it_runs():
    script = Script(
        task_id="loop",
        source_type="vod",
        sources=("a", "b"),
        file_length=timedelta(minutes=4),
        phases=(
            Phase(timedelta(0), "1"),
            Phase(timedelta(minutes=3), "2", "PullStreamFailed"),
            Phase(timedelta(minutes=10), "1"),
        ),
    )
    story = Story(BEGUN_AT, [script])

    def progress(at: float):
        sight = story.at("loop", minutes(at))
        return sight.file, sight.offset

    assert progress(2) == (0, timedelta(minutes=2))
    assert progress(9) == (0, timedelta(minutes=3))  # it stands while the cloud retries
    assert progress(12) == (1, timedelta(minutes=1))  # 3 + 2 minutes, 4 of them in the first file
    assert progress(15) == (0, timedelta(0))  # 3 + 5 minutes: the two files are over, and it begins again


def test_a_live_source_has_no_progress():
    sight = Story(BEGUN_AT, [DYING]).at("main-en", minutes(2))

    assert (sight.offset, sight.file) == (None, None)


def test_the_plan_is_told_in_instants():
    sight = Story(BEGUN_AT, [DYING]).at("main-en", minutes(2))

    assert (sight.start, sight.end) == (BEGUN_AT, BEGUN_AT + timedelta(hours=2))


@pytest.mark.parametrize(
    "phases",
    [
        (),
        (Phase(timedelta(seconds=1), "1"),),
        (Phase(timedelta(0), "1"), Phase(timedelta(hours=2), "3"), Phase(timedelta(hours=1), "2")),
    ],
)
def test_phases_out_of_order_are_refused(phases: tuple[Phase, ...]):
    with pytest.raises(ValueError, match="must be in order"):
        Script(task_id="x", phases=phases)


def test_no_planted_key_is_in_a_repr():
    assert not any(key in repr(DYING) for key in PLANTED)
