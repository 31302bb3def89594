from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.contract import AccountName, Progress, Region, Retry, Snapshot, TaskId, TaskRef, TaskState
from bot.domain.message import Look
from bot.domain.outlook import Tone, judge_look
from bot.domain.task import News, Why
from bot.domain.tell import called, meaning, progress, reason, retries, was_said

NOW = datetime(2026, 11, 21, 20, 14, tzinfo=UTC)


def look(state: TaskState = TaskState.RUNNING, *, provider: str = "aliyun", **known: Any) -> Look:
    ref = TaskRef(account=AccountName("show"), region=Region("cn-shanghai"), task_id=TaskId("main-en"))
    snapshot = Snapshot(task_id=ref.task_id, state=state, taken_at=NOW, raw="?", **known)
    return Look(
        ref=ref, provider=provider, title="", snapshot=snapshot, outlook=judge_look(snapshot, NOW), asked_at=NOW
    )


@pytest.mark.parametrize(
    ("why", "name", "shown"),
    [
        ("a task is called by its name", "Main stage", "Main stage"),
        ("without one by its id", "", "main-en"),
        ("white space is no name", "  ", "main-en"),
        ("nor is what nobody sees", "\u200b\u2060\x00", "main-en"),
        ("a name is shown as it can be seen", " Main\u202e stage\n", "Main stage"),
    ],
)
def test_a_task_is_called(why: str, name: str, shown: str):
    assert called(look(name=name)) == shown, why


@pytest.mark.parametrize(
    ("why", "old", "more", "said"),
    [
        ("it was seen to begin", TaskState.RUNNING, {"lasted": timedelta(minutes=5)}, "was RUNNING for 5 min"),
        ("it was so at first sight", TaskState.RUNNING, {"lasted": timedelta(seconds=5), "lasted_longer": True},
         "was RUNNING for at least 5 s"),
        ("the state is the same", TaskState.STOPPED, {"lasted": timedelta(seconds=5)}, ""),
        ("nobody knows how long", TaskState.RUNNING, {}, ""),
        ("nothing was before", None, {"lasted": timedelta(seconds=5)}, ""),
    ],
)  # fmt: skip
def test_how_long_the_state_before_stood(why: str, old: TaskState | None, more: dict[str, Any], said: str):
    news = News(why=Why.STOPPED, at=NOW, old=old, new=TaskState.STOPPED, tone=Tone.BAD, **more)

    assert was_said(news) == said, why


@pytest.mark.parametrize(
    ("found", "means"),
    [
        (look(TaskState.NOT_STARTED), "Its start time has not come yet."),
        (look(TaskState.RUNNING), "It pulls and pushes."),
        (
            look(TaskState.RUNNING, provider="tencent"),
            "The cloud holds the task open. That does not prove that media flows.",
        ),
        (look(TaskState.RUNNING, provider="somebody-elses"), "It pulls and pushes."),
        (look(TaskState.RETRYING, reason="PullStreamFailed"), "It fails, and the cloud is trying again by itself."),
        (look(TaskState.STOPPED, reason="UnknownError"), "It is down and stays down until somebody restarts it."),
        (
            look(TaskState.STOPPED, reason="TriggerByUser"),
            "Somebody stopped it, in the console or through the API.",
        ),
        (
            look(TaskState.STOPPED),
            "It is down. The cloud gives no reason: the retries ran out, or somebody stopped it.",
        ),
        (look(TaskState.ENDED), "It is over; this id cannot be restarted."),
        (look(TaskState.NOT_FOUND), "It ended, or the id, the name or the region is wrong."),
        (
            look(TaskState.NOT_FOUND, provider="tencent"),
            "It ended, or the id, the name, the region or the SdkAppId is wrong.",
        ),
        (
            look(TaskState.UNKNOWN),
            "The cloud uses a word that is new to me, below as it came. Its console may know more.",
        ),
    ],
)
def test_a_state_means(found: Look, means: str):
    assert meaning(found) == means


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("PullStreamFailed", "the source cannot be pulled"),
        ("SolarFlare", "SolarFlare"),
        ("", ""),
        ("TriggerByUser", "a person or a program asked for it"),
    ],
)
def test_a_reason_is_put_into_words_and_a_new_one_shown_as_it_came(word: str, said: str):
    assert reason(look(TaskState.STOPPED, reason=word)) == said


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (None, ""),
        (Progress(), ""),
        (Progress(file=0), "file 1"),
        (Progress(file=0, files=3), "file 1 of 3"),
        (Progress(offset=timedelta(minutes=12, seconds=7)), "12 min 7 s in"),
        (Progress(file=2, files=3, offset=timedelta(0)), "file 3 of 3, 0 s in"),
    ],
)
def test_how_far_a_file_has_come(found: Progress | None, said: str):
    assert progress(look(progress=found)) == said


@pytest.mark.parametrize(
    ("why", "found", "said"),
    [
        ("the cloud's patience in words", look(retry=Retry(count=5, interval=timedelta(seconds=30))),
         "5 × 30 s, then the cloud gives up"),
        ("not told", look(), ""),
        ("what has ended is not tried again", look(TaskState.ENDED, retry=Retry(count=5, interval=timedelta(0))), ""),
    ],
)  # fmt: skip
def test_how_long_the_cloud_tries_again(why: str, found: Look, said: str):
    assert retries(found) == said, why
