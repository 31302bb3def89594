from __future__ import annotations

import json
from typing import Any

import pytest

from bot.domain.message import CloseForm, FollowForm, SettingsForm
from bot.domain.responding import Close, Pressed
from bot.domain.subscription import ChannelSettings
from bot.domain.target import Target
from bot.sandbox.slack.blocks import check_view
from bot.sandbox.slack.views import filled
from bot.slack import dialogs
from bot.slack.cards import order


@pytest.mark.parametrize(
    "form",
    [
        FollowForm(),
        FollowForm(thread_ts="1.2"),
        CloseForm(response=9, version=3),
        SettingsForm(settings=ChannelSettings()),
        SettingsForm(settings=ChannelSettings(threads=False, in_channel=False, digest=False), may_allow_shared=True),
    ],
)
def test_slack_takes_every_dialog(form: Any):
    assert check_view(dialogs.view(form, channel="C0RELAYS")) == []


def test_a_dialog_remembers_where_it_was_opened():
    built = dialogs.view(FollowForm(thread_ts="1.2"), channel="C0RELAYS")

    found = dialogs.where(built)

    assert found is not None
    assert (found.channel, found.thread_ts) == ("C0RELAYS", "1.2")


@pytest.mark.parametrize("metadata", ["", "{}", "[]", '{"v":2,"channel":"C"}', '{"v":1,"channel":"C","more":1}'])
def test_what_no_release_of_ours_opened_is_nowhere(metadata: str):
    assert dialogs.where({"private_metadata": metadata}) is None


def sent(tasks: str, until: str = "") -> Any:
    return filled(dialogs.view(FollowForm(), channel="C1"), {"tasks": tasks, "until": until})


@pytest.mark.parametrize(
    ("typed", "targets"),
    [
        ("aliyun main-en", [Target(account="aliyun", task="main-en")]),
        ("one\n\n  two \n", [Target(task="one"), Target(task="two")]),
        ("`one`", [Target(task="one")]),
        ('aliyun "Main stage"', [Target(account="aliyun", task="Main stage")]),
    ],
)
def test_each_line_is_a_task(typed: str, targets: list[Target]):
    assert list(dialogs.read_follow(sent(typed)).targets) == targets


def test_the_end_may_be_left_out():
    assert dialogs.read_follow(sent("one")).until == ""
    assert dialogs.read_follow(sent("one", " 16:00 ")).until == "16:00"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Which task? I need its id."),
        ("a b c", "I read 3 words after “subscribe”. An id has no spaces; put quotes around a name that has some."),
        ("\n".join(f"task-{number}" for number in range(51)), "At most 50 at once."),
    ],
)
def test_what_is_no_task_is_said_under_the_field(typed: str, said: str):
    with pytest.raises(dialogs.Unfilled) as caught:
        dialogs.read_follow(sent(typed))

    assert caught.value.errors == {"tasks": said}


@pytest.mark.parametrize(
    ("may_allow_shared", "ticked", "switches"),
    [
        (False, ["threads"], {"threads": True, "in_channel": False, "digest": False}),
        (True, ["allows_shared"], {"threads": False, "in_channel": False, "digest": False, "allows_shared": True}),
        (False, [], {"threads": False, "in_channel": False, "digest": False}),
    ],
)
def test_a_box_that_was_not_shown_is_not_read(*, may_allow_shared: bool, ticked: list[str], switches: dict[str, bool]):
    form = SettingsForm(settings=ChannelSettings(), may_allow_shared=may_allow_shared)

    assert dialogs.read_settings(filled(dialogs.view(form, channel="C1"), {"hears": ticked})) == switches


def test_a_reason_comes_with_the_incident_that_the_button_was_about():
    sent = filled(dialogs.view(CloseForm(response=9, version=3), channel="C1"), {"reason": " the show is over "})

    assert dialogs.read_close(sent) == Close(which=Pressed(response=9, version=3), reason="the show is over")


def test_an_incident_is_not_closed_without_a_reason():
    with pytest.raises(dialogs.Unfilled) as caught:
        dialogs.read_close(filled(dialogs.view(CloseForm(response=9, version=3), channel="C1"), {"reason": "  "}))

    assert caught.value.errors == {"reason": "Why? A reason goes with it, for those who look at it later."}


def test_ticked_tasks_are_read_from_their_boxes():
    boxes = {"type": "checkboxes", "selected_options": [{"value": "cn-shanghai main-en"}]}
    pressed = {
        "state": {"values": {"b1": {order.PICK: boxes}, "b2": {"other": {"selected_options": [{"value": "x"}]}}}}
    }

    assert dialogs.ticked(pressed, "aliyun") == (Target(account="aliyun", region="cn-shanghai", task="main-en"),)
    assert dialogs.ticked({}, "aliyun") == ()


@pytest.mark.parametrize("read", [order.read_run, order.read_unfollow, order.read_follow])
@pytest.mark.parametrize(
    "value", ["", "1", "{}", "[]", json.dumps({"v": 2, "c": "x", "s": 1, "a": "x"}), '{"v":1,"s":"1"}']
)
def test_a_button_that_no_release_of_ours_made_is_none(read: Any, value: str):
    assert read(value) is None


def test_a_command_too_long_for_a_button_has_none():
    assert order.run_button("x", "y" * 2000, number=1) is None
