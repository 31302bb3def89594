"""The page of numbers."""

from __future__ import annotations

from datetime import timedelta

from bot.domain.figures import Calling, Vitals
from bot.web.metrics import page

QUIET = Vitals(waiting=0, oldest_s=0.0, parked=0, incidents={}, beats=())


async def written(vitals: Vitals | None) -> list[str]:
    async def take() -> Vitals | None:
        return vitals

    told = await page(version="1", lanes=list, errands=lambda: 0, vitals=take)()
    return [line for line in told.decode().splitlines() if not line.startswith("#")]


async def test_who_is_woken_and_how_late_is_told():
    calling = Calling(responses=5, in_hand=2, pages=3, oldest=timedelta(minutes=1), late=timedelta(seconds=90))

    told = await written(Vitals(waiting=4, oldest_s=60.0, parked=0, incidents={"task": 5}, beats=(), calling=calling))

    assert {
        'relaybot_responses_open{in_hand="yes"} 2.0',
        'relaybot_responses_open{in_hand="no"} 3.0',
        "relaybot_pages_waiting 3.0",
        "relaybot_pages_oldest_seconds 60.0",
        "relaybot_timers_late_seconds 90.0",
    } <= set(told)


async def test_where_nothing_waits_nothing_is_late():
    told = await written(QUIET)

    assert {"relaybot_pages_oldest_seconds 0.0", "relaybot_timers_late_seconds 0.0"} <= set(told)


async def test_of_a_database_that_does_not_answer_only_that_is_told():
    told = await written(None)

    assert "relaybot_database_up 0.0" in told
    assert not any(line.startswith("relaybot_pages") for line in told)
