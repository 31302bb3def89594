from __future__ import annotations

import pytest

from adapters.contract import AccountName, Region, TaskId, TaskRef
from bot.domain.command import LONGEST_TASK
from bot.domain.responding import Pressed
from bot.slack.cards import press

TENCENT_ID = "kHh8Zl0xRQ2-7vN3mPqfWc4dTtYbUoIe+SgJr9aLXy5zKV1nEiAwDp6Ohj.GuBsMCFt0lRxQz8vHkPd2bWm7NcYfTaUoSg.."


def ref(task: str) -> TaskRef:
    return TaskRef(account=AccountName("show"), region=Region("ap-singapore"), task_id=TaskId(task))


@pytest.mark.parametrize(
    "task", ["main-en", TENCENT_ID, 'Main "stage", 主舞台\\', "<!channel>&amp;", "…" * LONGEST_TASK, '"' * LONGEST_TASK]
)
def test_a_pressed_button_is_about_the_task_it_was_made_for(task: str):
    value = press.written(ref(task))

    assert len(value) <= 2000
    assert press.read(value) == ref(task)


def test_an_id_that_slack_would_not_carry_gets_no_button():
    assert press.written(ref("i" * 2000)) == ""


@pytest.mark.parametrize(
    ("why", "value"),
    [
        ("nothing", ""),
        ("no JSON", "main-en"),
        ("another version", '{"v":2,"a":"show","r":"cn-shanghai","t":"x"}'),
        ("something is missing", '{"v":1,"a":"show","r":"cn-shanghai"}'),
        ("something is too much", '{"v":1,"a":"show","r":"cn-shanghai","t":"x","u":"y"}'),
        ("another type", '{"v":1,"a":"show","r":"cn-shanghai","t":7}'),
        ("a list", "[1]"),
        ("half a surrogate", '{"v":1,"a":"show","r":"cn-shanghai","t":"\\ud800"}'),
        ("brackets without end", "[" * 2000),
    ],
)
def test_a_value_that_we_did_not_write_is_about_no_task(why: str, value: str):
    assert press.read(value) is None, why


def test_a_button_of_a_response_knows_which_version_it_was_made_for():
    assert press.read_response(press.written_response(9, 3)) == Pressed(response=9, version=3)


@pytest.mark.parametrize(
    ("why", "value"),
    [
        ("nothing", ""),
        ("an incident's", press.written_incident(9)),
        ("a task's", press.written(ref("main-en"))),
        ("another version of the spelling", '{"v":2,"r":9,"n":3}'),
        ("a number that is a word", '{"v":1,"r":"9","n":3}'),
        ("a number that is true", '{"v":1,"r":9,"n":true}'),
    ],
)
def test_a_value_that_we_did_not_write_is_about_no_response(why: str, value: str):
    assert press.read_response(value) is None, why
