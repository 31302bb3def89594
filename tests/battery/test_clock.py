"""
Whatever the bot's clock does, each change is told once and the card ends up right: a step forward, a step back, a
machine that was asleep.
"""

from __future__ import annotations

import signal
from datetime import timedelta
from pathlib import Path

import pytest

from tests.battery.lab import SPEED, open_bare_lab, open_lab
from tests.battery.process import Bot

FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
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


@pytest.mark.skipif(FAKETIME is None, reason="needs Debian's package faketime")
async def test_a_system_clock_that_is_stepped_back_and_forward_again_under_the_real_process(tmp_path: Path) -> None:
    url, step = f"sqlite:///{tmp_path / 'relaybot.db'}", tmp_path / "step"
    step.write_text("+0")
    async with open_bare_lab(url) as lab:
        faked = {
            "LD_PRELOAD": str(FAKETIME),
            "FAKETIME_TIMESTAMP_FILE": str(step),
            "FAKETIME_CACHE_DURATION": "1",  # seconds; to read the file at each look at the clock takes far too long
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            # Its timed waits take the stepped clock's time for the monotonic one's and end at once (libfaketime #503):
            # a thread that waits for its turn would burn a core. 5 ms is how long Python waits.
            "FAKETIME_WAIT_MS": "5",
        }
        bot = Bot(lab.stage, lab.calendar, tmp_path, url, environment=faked)
        await bot.start()
        try:
            await lab.until(lab.history.is_shown)
            for state, seconds in (("STOPPED", -HOUR.total_seconds() / SPEED), ("RUNNING", 0.0)):
                lab.stage.aliyun.ledger.clear()
                step.write_text(f"{seconds:+.0f}")  # of the system's clock; the story's calendar makes an hour of it
                await lab.until(lambda: EXPIRED in lab.stage.aliyun.ledger.verdicts())
                lab.moves(state)
                assert await lab.is_right(), lab.found
        finally:
            bot.send(signal.SIGKILL)
            await bot.gone()
