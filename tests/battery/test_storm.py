"""
A small storm over the real process; `make battery` has a thousand tasks, and hours of quieter weather.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.battery import storm

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_storm_is_few_messages_and_calls_and_ends_with_every_card_right(tmp_path: Path):
    found = await storm.play(40, tmp_path, speed=20.0, haste=40.0, between_sweeps=True)

    assert found.most <= storm.MOST
    assert found.all <= storm.MOST * found.rooms
    assert 0 < max(found.pages) <= storm.MOST  # one where the story does not outrun the machine
    assert found.right_s is not None
