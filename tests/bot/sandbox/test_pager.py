"""
The receiver is as strict as PagerDuty and Standard Webhooks are documented.
"""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import standardwebhooks

from bot.sandbox.faults import Fail
from bot.sandbox.pager import BEAT, CONFIGURATION, ENQUEUE, FEED, HOOK, ROUTING_KEY, SECRETS, WEBHOOK_SECRET, Receiver
from bot.wiring import read_settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.sandbox.clock import Clock

PAYLOAD = {"summary": "STOPPED main-en", "source": "show/main-en", "severity": "critical"}


@pytest.fixture
async def receiver(clock: Clock) -> AsyncIterator[Receiver]:
    made = Receiver(calendar=clock)
    await made.door.open()
    yield made
    await made.door.close()


async def post(receiver: Receiver, path: str, body: Any, headers: dict[str, str] | None = None) -> httpx.Response:
    async with httpx.AsyncClient() as http:
        return await http.post(f"{receiver.door.url}{path}", content=json.dumps(body).encode(), headers=headers)


def event(action: str, key: str = "k-1", **more: Any) -> dict[str, Any]:
    payload = {"payload": PAYLOAD} if action == "trigger" else {}
    return {"routing_key": ROUTING_KEY, "event_action": action, "dedup_key": key, **payload, **more}


async def test_events_of_one_key_are_one_alert_until_it_is_resolved(receiver: Receiver):
    sent = ("acknowledge", "trigger", "trigger", "acknowledge", "resolve", "resolve", "trigger")
    statuses = [(await post(receiver, ENQUEUE, event(action))).status_code for action in sent]

    assert statuses == [202] * 7
    assert [(alert.state, alert.events) for alert in receiver.alerts] == [
        ("resolved", ["trigger", "trigger", "acknowledge", "resolve"]),
        ("triggered", ["trigger"]),
    ]


@pytest.mark.parametrize(
    "spoilt",
    [
        {"routing_key": "short"},
        {"event_action": "ring"},
        {"dedup_key": ""},
        {"dedup_key": "k" * 256},
        {"payload": {}},
        {"payload": PAYLOAD | {"severity": "bad"}},
        {"payload": PAYLOAD | {"summary": "s" * 1025}},
    ],
)
async def test_an_event_of_another_form_is_refused(receiver: Receiver, spoilt: dict[str, Any]):
    answer = await post(receiver, ENQUEUE, event("trigger") | spoilt)

    assert (answer.status_code, answer.json()["status"], receiver.alerts) == (400, "invalid event", [])


async def test_a_webhook_is_taken_once_when_its_library_has_signed_it(clock: Clock, receiver: Receiver):
    body = {"type": "incident.triggered", "data": {"incident": 7}}
    signature = standardwebhooks.Webhook(WEBHOOK_SECRET).sign("id-1", clock(), json.dumps(body))
    headers = {
        "webhook-id": "id-1",
        "webhook-timestamp": str(int(clock().timestamp())),
        "webhook-signature": f"v1,{base64.b64encode(b'other').decode()} {signature}",
    }

    taken = [(await post(receiver, HOOK, body, headers)).status_code for _ in range(2)]
    forged = (await post(receiver, HOOK, body | {"data": {}}, headers)).status_code
    clock.move(timedelta(minutes=6))
    old = (await post(receiver, HOOK, body, headers)).status_code

    assert (taken, forged, old) == ([204, 204], 401, 400)
    assert [(hooked.id, hooked.type, hooked.data) for hooked in receiver.hooks] == [
        ("id-1", "incident.triggered", {"incident": 7})
    ]


async def test_a_feed_is_there_once_it_is_told_and_beats_are_counted(receiver: Receiver):
    async with httpx.AsyncClient() as http:
        none = (await http.get(f"{receiver.door.url}{FEED}")).status_code
        receiver.feed = "BEGIN:VCALENDAR"
        told = (await http.get(f"{receiver.door.url}{FEED}")).text
        await http.get(f"{receiver.door.url}{BEAT}")

    assert (none, told, receiver.beats) == (404, "BEGIN:VCALENDAR", 1)


async def test_it_fails_as_it_is_told_to(receiver: Receiver):
    receiver.door.faults.plan(Fail("busy", status=429, retry_after=timedelta(seconds=7)), on="pagerduty")
    receiver.door.faults.plan(Fail("down", status=503), on="pagerduty")

    busy, down, well = [await post(receiver, ENQUEUE, event("trigger")) for _ in range(3)]

    assert (busy.status_code, busy.headers["retry-after"]) == (429, "7")
    assert (down.status_code, "retry-after" in down.headers, well.status_code) == (503, False, 202)
    assert [entry.verdict for entry in receiver.door.ledger] == ["busy", "down", "ok"]
    assert not any(secret in repr(receiver.door.ledger.entries) for secret in SECRETS)


async def test_the_bot_reads_its_configuration(receiver: Receiver, tmp_path: Path):
    file = tmp_path / "relaybot.toml"
    file.write_text(CONFIGURATION)

    told = read_settings(receiver.environment() | {"RELAYBOT_CONFIG": str(file)})

    assert (list(told.pagers), list(told.calendars)) == (["night", "desk"], ["relays"])
    assert told.bot.heartbeat_url is not None
