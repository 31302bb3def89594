"""What is typed at the sandbox's prompt, as a table."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.sandbox.orders import (
    USAGE,
    Do,
    Doing,
    Help,
    ListTasks,
    Move,
    PromptError,
    Refuse,
    Reopen,
    Shut,
    Side,
    read,
)

TASKS = {"main-en": "Main stage, English", "main-zh": "主舞台", "kD1+main.0001..": ""}


@pytest.mark.parametrize(
    ("line", "order"),
    [
        # What is done to a task, by its id.
        ("break source main-en", Do(Doing.BREAK, "main-en")),
        ("mend main-en", Do(Doing.MEND, "main-en")),
        ("stop main-en", Do(Doing.STOP, "main-en")),
        ("end main-en", Do(Doing.END, "main-en")),
        ("forget main-en", Do(Doing.FORGET, "main-en")),
        # By its name, which may hold spaces and is read in any case; the verb is too.
        ("Stop main stage, english", Do(Doing.STOP, "main-en")),
        ("BREAK Source 主舞台", Do(Doing.BREAK, "main-zh")),
        # Dots at an id's end are its own.
        ("stop kD1+main.0001..", Do(Doing.STOP, "kD1+main.0001..")),
        # Slack and the clouds.
        ("slack 429 30", Refuse(timedelta(seconds=30))),
        ("slack down", Shut((Side.SLACK,))),
        ("Slack UP", Reopen((Side.SLACK,))),
        ("cloud down", Shut((Side.ALIYUN, Side.TENCENT))),
        ("cloud up", Reopen((Side.ALIYUN, Side.TENCENT))),
        ("cloud down Tencent", Shut((Side.TENCENT,))),
        ("cloud up aliyun", Reopen((Side.ALIYUN,))),
        ("cloud down tencent aliyun", Shut((Side.ALIYUN, Side.TENCENT))),
        # Time, in parts from great to small.
        ("time", Move(timedelta(0))),
        ("time +5m", Move(timedelta(minutes=5))),
        ("time +1d2h3m4s", Move(timedelta(days=1, hours=2, minutes=3, seconds=4))),
        ("time +90S", Move(timedelta(seconds=90))),
        # And what there is.
        ("tasks", ListTasks()),
        ("  help  ", Help()),
    ],
)
def test_a_line_is_an_order(line: str, order: object):
    assert read(line, TASKS) == order


@pytest.mark.parametrize(
    ("line", "told"),
    [
        # A slip of the finger.
        ("brake source main-en", "There is no “brake” here. Did you mean “break”?"),
        ("stop main-enn", "No cloud has a task “main-enn”. Did you mean “stop main-en”?"),
        ("break source mainen", "No cloud has a task “mainen”. Did you mean “break source main-en”?"),
        # Nothing like anything.
        ("xyzzy", "There is no “xyzzy” here. Type help for what there is."),
        ("", "There is no “” here. Type help for what there is."),
        ("stop xyzzy", "No cloud has a task “xyzzy”. Type tasks for what there is."),
        # Too little, or too much.
        ("stop", "Which task? Type: stop main-en"),
        ("break source", "Which task? Type: break source main-en"),
        ("break main-en", "“break main-en” is not whole. Type: break source <task>"),
        ("slack", "“slack” is not whole. Type: slack 429 <seconds>"),
        ("tasks all", "“tasks all” is not whole. Type: tasks"),
        ("time +1m +1m", "“time +1m +1m” is not whole. Type: time +5m"),
        # Slack and the clouds know few words.
        ("slack 429", "Slack can be: slack 429 30, slack down, slack up."),
        ("slack 429 0", "Slack can be: slack 429 30, slack down, slack up."),
        ("slack 429 ³", "Slack can be: slack 429 30, slack down, slack up."),
        ("cloud away", "A cloud can be: cloud down, cloud up; aliyun or tencent behind it for one alone."),
        ("cloud down azure", "A cloud can be: cloud down, cloud up; aliyun or tencent behind it for one alone."),
        # Time goes forward, by a length.
        ("time -5m", "“-5m” is no step forward in time. Type: time +5m, time +30s, time +1h30m."),
        ("time +0m", "“+0m” is no step forward in time. Type: time +5m, time +30s, time +1h30m."),
        ("time +", "“+” is no step forward in time. Type: time +5m, time +30s, time +1h30m."),
    ],
)
def test_a_line_that_is_none_says_what_to_type_instead(line: str, told: str):
    with pytest.raises(PromptError) as refused:
        read(line, TASKS)

    assert str(refused.value) == told


def test_every_usage_that_holds_no_blank_can_be_typed_as_it_stands():
    typed = [line for usage in USAGE if "<" not in usage for line in usage.split(", ")]

    assert len(typed) == 7
    for line in typed:
        read(line, TASKS)
