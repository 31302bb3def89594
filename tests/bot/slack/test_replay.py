from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.slack import replay
from bot.slack.replay import MEMORY, Replays

NOW = datetime(2026, 11, 21, 20, 14, tzinfo=UTC)


def test_what_was_heard_is_new_once():
    replays = Replays()

    assert [replays.is_new("command 13.37", NOW) for _ in range(3)] == [True, False, False]


def test_keys_do_not_mix():
    replays = Replays()

    assert [replays.is_new(key, NOW) for key in ("command 1", "event 1", "button U1 look.id 1")] == [True] * 3


@pytest.mark.parametrize(
    ("why", "later", "is_new"),
    [
        ("Slack sends an event again at once", timedelta(seconds=1), False),
        ("Slack sends an event again after a minute", timedelta(minutes=1), False),
        ("Slack sends an event again after five minutes", timedelta(minutes=5), False),
        ("ten minutes are remembered to their end", MEMORY, False),
        ("after that it is forgotten", MEMORY + timedelta(seconds=1), True),
        ("a clock that stepped back forgets nothing", -timedelta(hours=1), False),
    ],
)
def test_a_key_is_remembered_for_ten_minutes(why: str, later: timedelta, is_new: bool):  # noqa: FBT001
    replays = Replays()
    replays.is_new("event Ev1", NOW)

    assert replays.is_new("event Ev1", NOW + later) is is_new, why


def test_hearing_it_again_does_not_prolong_the_memory():
    replays = Replays()
    replays.is_new("event Ev1", NOW)
    replays.is_new("event Ev1", NOW + MEMORY)

    assert replays.is_new("event Ev1", NOW + MEMORY + timedelta(seconds=1))


def test_a_flood_pushes_the_oldest_out_and_never_grows_without_end():
    replays = Replays()
    for number in range(replay.MOST + 10):
        replays.is_new(f"event {number}", NOW)

    assert len(replays._seen) <= replay.MOST + 1
    assert not replays.is_new(f"event {replay.MOST}", NOW)
    assert replays.is_new("event 0", NOW)
