"""
Whatever the bot's clock does, each change is told once and the card ends up right: a step forward, a step back, a
machine that was asleep.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.battery.lab import open_lab

if TYPE_CHECKING:
    from pathlib import Path

HOUR = timedelta(hours=1)
EXPIRED = "InvalidTimeStamp.Expired"  # what the cloud says to whoever is an hour off


@pytest.mark.parametrize("ahead", [HOUR, -HOUR], ids=["forward", "back"])
async def test_a_clock_that_is_stepped_by_an_hour_and_put_right_again(tmp_path: Path, ahead: timedelta) -> None:
    async with open_lab(tmp_path) as lab:
        lab.ahead = ahead
        lab.moves("STOPPED")
        assert await lab.is_right(), lab.found
        assert EXPIRED in lab.stage.aliyun.ledger.verdicts(), "nobody noticed the step: the test shows nothing"

        lab.stage.aliyun.ledger.clear()
        lab.ahead = timedelta(0)
        lab.moves("RUNNING")
        assert await lab.is_right(), lab.found
        assert EXPIRED in lab.stage.aliyun.ledger.verdicts()


async def test_a_machine_that_was_asleep_for_six_hours(tmp_path: Path) -> None:
    async with open_lab(tmp_path) as lab:
        lab.calendar.skip(timedelta(hours=6))
        lab.moves("STOPPED")
        assert await lab.is_right(), lab.found

        lab.moves("RUNNING")
        lab.calendar.skip(timedelta(hours=6))
        assert await lab.is_right(), lab.found
