"""
However callbacks come, they are hints to look now: they decide nothing, none of them is needed, and only genuine ones
have anybody look.

A channel follows a task that goes down and runs again; its cloud calls back each time, in its way, and with it comes
what went wrong on the way. When the story is over, `invariants` are held.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import httpx
import pytest

from adapters.aliyun.callback import signature
from adapters.tencent.callback import sign
from bot import clock
from bot.sandbox import aliyun, tencent
from tests.stories.following import STRIDE

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from freezegun.api import FrozenDateTimeFactory

    from tests.stories.following import Follow, Following

DOOR, LOCK = "canary-callback-door", "canary-callback-lock"  # the end of the address, and what is signed with
KEYS: Final = {
    "ALIYUN_CALLBACK_KEY": DOOR,
    "ALIYUN_CALLBACK_AUTH_KEY": LOCK,
    "TENCENT_CALLBACK_KEY": DOOR,
    "TENCENT_CALLBACK_SIGN_KEY": LOCK,
}
READS: Final = {"aliyun": aliyun.DESCRIBE, "tencent": tencent.API}
DAY: Final = timedelta(days=1)
QUIET: Final = 20 * 60.0  # seconds: after so long nothing is hot
SURE: Final = {"aliyun": 2.0, "tencent": 4.0}  # seconds: two reads; the next turn would come after 5, and after 60
SAID_AGAIN: Final = {"aliyun": (200, 1), "tencent": (200, 0)}  # Alibaba's have no number: two may be one, or two
SETTLED_S: Final = 3.0  # of the loop: nothing that is due is left


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What a cloud calls back with: that the task came into a state at a moment. Sent at once, unless `sent_at`."""

    state: str
    at: datetime
    sent_at: datetime
    lock: str = LOCK
    door: str = DOOR


async def call(one: Following, event: Event) -> int:
    """Call back as the task's cloud does, and return the status of the answer."""
    body, headers = (_of_aliyun if one.account == "aliyun" else _of_tencent)(one, event)
    address = f"{one.house.url}/callbacks/{one.account}/{event.door}"
    async with httpx.AsyncClient() as client:
        return (await client.post(address, content=body, headers=headers)).status_code


def _of_aliyun(one: Following, event: Event) -> tuple[bytes, dict[str, str]]:
    said = {
        "Event": "LivePullToPushRuning",  # as the vendor spells it
        "EventTime": int(event.at.timestamp()),
        "TaskId": one.task,
        "TaskStatus": 1 if event.state == "RUNNING" else 3,
    }
    stamp = str(int(event.sent_at.timestamp()))
    signed = signature("127.0.0.1", stamp, event.lock)
    return json.dumps(said).encode(), {"ALI-LIVE-TIMESTAMP": stamp, "ALI-LIVE-SIGNATURE": signed}


def _of_tencent(one: Following, event: Event) -> tuple[bytes, dict[str, str]]:
    info = {"EventMsTs": int(event.at.timestamp() * 1000), "TaskId": one.task, "Status": 0}
    said = {
        "EventGroupId": 7,
        "EventType": 701 if event.state == "RUNNING" else 702,
        "CallbackMsTs": int(event.sent_at.timestamp() * 1000),
        "EventInfo": info,
    }
    body = json.dumps(said).encode()
    return body, {"Sign": sign(event.lock, body), "SdkAppId": str(tencent.SDK_APP_ID)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a callback comes: what is sent for an event, and what each is answered."""

    sends: Callable[[Event], list[Event]]
    answers: list[int] = field(default_factory=list)


def opposite(event: Event) -> Event:
    return replace(event, state="STOPPED" if event.state == "RUNNING" else "RUNNING")


def earlier(event: Event) -> Event:
    return replace(opposite(event), at=event.at - timedelta(seconds=1))


WAYS: Final = {
    "lost": Way(sends=lambda _: []),
    "once": Way(sends=lambda event: [event], answers=[200]),
    "twice": Way(sends=lambda event: [event, event], answers=[200, 200]),
    "out of order": Way(sends=lambda event: [event, earlier(event)], answers=[200, 200]),
    "with the opposite of what is": Way(sends=lambda event: [opposite(event)], answers=[200]),
    "forged": Way(sends=lambda event: [replace(event, lock="another-lock")], answers=[401]),
    "by a door that is none": Way(sends=lambda event: [replace(event, door="another-door-of-ours")], answers=[404]),
    "replayed after a day": Way(sends=lambda event: [replace(event, sent_at=event.at - DAY)], answers=[401]),
}


@pytest.mark.parametrize("account", ["aliyun", "tencent"])
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
async def test_a_callback_comes(follow: Follow, account: str, way: Way) -> None:
    async with follow(account, KEYS) as one:
        answers: list[list[int]] = []
        for happens in (one.begin, one.breaks, one.runs):
            await happens()
            event = Event(state=one.state, at=clock.now(), sent_at=clock.now())
            answers.append([await call(one, each) for each in way.sends(event)])
            await one.right()

        assert answers == [way.answers] * 3


@pytest.mark.parametrize("account", ["aliyun", "tencent"])
async def test_only_a_genuine_callback_has_the_task_looked_at(
    follow: Follow, frozen: FrozenDateTimeFactory, account: str
) -> None:
    async with follow(account, KEYS) as one:
        await one.begin()
        await one.live(QUIET, step=STRIDE)
        await one.breaks()
        genuine = Event(state=one.state, at=clock.now(), sent_at=clock.now())
        forged = replace(genuine, lock="another-lock")

        assert await reads_after(one, forged) == (401, 0)
        assert await reads_after(one, genuine) == (200, 1)
        assert await reads_after(one, genuine) == (200, 0)
        assert await one.until(lambda: one.story() == one.history) <= SURE[account]
        frozen.tick(timedelta(minutes=1))
        assert await reads_after(one, genuine) == SAID_AGAIN[account]
        for later in (timedelta(hours=1), DAY):
            frozen.tick(later)
            assert await reads_after(one, genuine) == (401, 0)


async def reads_after(one: Following, event: Event) -> tuple[int, int]:
    """Call back; return what is answered, and how often the task is read while the calendar stands still."""
    api = READS[one.account]
    await asyncio.sleep(SETTLED_S)
    before = len(one.cloud.ledger.of(api))
    answer = await call(one, event)
    await asyncio.sleep(SETTLED_S)
    return answer, len(one.cloud.ledger.of(api)) - before
