"""
PagerDuty's Events API v2: a call opens an alert, an ack and an end follow it.

An alert is known by its `dedup_key`: an event that is sent twice is one, so what may have arrived is sent again.

Source: https://developer.pagerduty.com/docs/events-api-v2-overview and
https://developer.pagerduty.com/docs/send-alert-event (read 2026-11-21).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from adapters.contract import TaskState
from bot.domain.text import clip
from bot.pager.headline import details, headline
from bot.pager.verdict import refusal

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.notice import PageBody
    from bot.pager.door import Door

LONGEST_KEY: Final = 255
LONGEST_SUMMARY: Final = 1024

# A reminder is a note on an alert that is open: PagerDuty does not wake anybody for one that is acknowledged.
_ACTIONS: Final = {
    "trigger": "trigger",
    "remind": "trigger",
    "drill": "trigger",
    "ack": "acknowledge",
    "resolve": "resolve",
    "drill_over": "resolve",
}
_CRITICAL: Final = {TaskState.STOPPED, TaskState.ENDED}


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerDuty:
    """One integration of one service; `routing_key` is its Integration Key."""

    door: Door
    url: str = field(repr=False)
    routing_key: str = field(repr=False)
    allow_private: bool = False

    async def send(self, body: PageBody, *, key: str, now: datetime) -> None:
        """
        Send one event.

        Raises:
            Refused: PagerDuty does not take it, now or ever.
            Unsure: it may have it.
        """
        answer = await self.door.send(
            "POST",
            self.url,
            headers={"Content-Type": "application/json", "X-Request-Id": key},
            body=event(body, self.routing_key),
            allow_private=self.allow_private,
        )
        if (refused := refusal(answer, now=now)) is not None:
            raise refused


def event(body: PageBody, routing_key: str) -> bytes:
    """
    Write an event, UTF-8 JSON `{"routing_key", "event_action", "dedup_key", "payload": {…}}`.

    `payload` (`summary`, `source`, `severity` …) goes with a trigger only; the key that opens the door is in it.
    """
    action = _ACTIONS[body.act]
    told: dict[str, Any] = {
        "routing_key": routing_key,
        "event_action": action,
        "dedup_key": clip(body.dedup_key, LONGEST_KEY),
    }
    if action == "trigger":
        told |= {
            "client": "relaybot",
            "payload": {
                "summary": clip(headline(body), LONGEST_SUMMARY),
                "source": "/".join(part for part in (body.account, body.region, body.task_id) if part),
                "severity": severity(body),
                "timestamp": body.opened_at.isoformat(),
                "component": body.name or body.task_id or body.region,
                "group": body.account,
                "class": body.why,
                "custom_details": details(body),
            },
        }
    return json.dumps(told).encode()


def severity(body: PageBody) -> str:
    """Say how bad it is in PagerDuty's words: `critical`, `error` or, of a drill, `info`."""
    if body.act == "drill":
        return "info"
    return "critical" if body.state in _CRITICAL or body.count > 1 else "error"
