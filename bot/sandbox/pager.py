"""
What is called outside Slack, on this machine: PagerDuty's Events API v2, a receiver of Standard Webhooks, a rota
program's iCal export and a dead-man's switch, behind one door.

It is as strict as the real ones are documented, and keeps what came of it: an alert for each key, a webhook for each
id. Faults are planned by `pagerduty`, `webhook`, `calendar` and `heartbeat`.

Source: https://developer.pagerduty.com/docs/send-alert-event and the Standard Webhooks specification 1.0.0 (read
2026-11-21).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from bot.sandbox.bell import Bell
from bot.sandbox.door import Call, Door
from bot.sandbox.faults import Answer, Fail

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

ROUTING_KEY: Final = "canary0pagerduty0routing0key0032"  # good here only
WEBHOOK_SECRET: Final = "whsec_" + base64.b64encode(b"canary-webhook-secret-of-32-byte").decode()  # good here only
FEED_KEY: Final = "canary-feed-key-5d1e"  # part of the calendar's address, as such programs have it
SECRETS: Final = (ROUTING_KEY, WEBHOOK_SECRET, WEBHOOK_SECRET.removeprefix("whsec_"), FEED_KEY)

ENQUEUE, HOOK, FEED, BEAT = "/v2/enqueue", "/hook", f"/{FEED_KEY}/relays.ics", "/beat"
APIS: Final = {ENQUEUE: "pagerduty", HOOK: "webhook", FEED: "calendar", BEAT: "heartbeat"}
SEVERITIES: Final = ("critical", "error", "warning", "info")
OLDEST: Final = timedelta(minutes=5)

CONFIGURATION: Final = """\
[pagers.night]
kind = "pagerduty"
routing_key = "SANDBOX_ROUTING_KEY"
url = "SANDBOX_PAGERDUTY_URL"
allow_private = true

[pagers.desk]
kind = "webhook"
url = "SANDBOX_WEBHOOK_URL"
secret = "SANDBOX_WEBHOOK_SECRET"
allow_private = true

[calendars.relays]
url = "SANDBOX_ICAL_URL"
allow_private = true
"""


@dataclass(slots=True, kw_only=True)
class Alert:
    """What PagerDuty shows for one key, until it is resolved."""

    key: str
    summary: str
    severity: str
    state: str = "triggered"
    events: list[str] = field(default_factory=list)  # as they came


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooked:
    """A webhook that was taken."""

    id: str
    type: str
    data: Mapping[str, Any]


class Receiver:
    """
    The receiver behind its door.

    `alerts` are PagerDuty's, in the order in which they were opened; `hooks` what the webhook took, each id once;
    `feed` is what the calendar says, None: there is none; `beats` how often the dead-man's switch heard from us.

    Args:
        calendar: what time it is; a webhook that is older than five minutes is not taken.
        monotonic: by default the event loop's.
    """

    def __init__(self, *, calendar: Callable[[], datetime], monotonic: Callable[[], float] | None = None) -> None:
        self.door = Door(answer=self._answer, fail=_fail, label=_label, calendar=calendar, monotonic=monotonic)
        self.alerts: list[Alert] = []
        self.hooks: list[Hooked] = []
        self.feed: str | None = None
        self.beats = 0
        self._bell = Bell()

    def environment(self) -> dict[str, str]:
        """Return the variables that `CONFIGURATION` names, and the dead-man's switch."""
        return {
            "SANDBOX_ROUTING_KEY": ROUTING_KEY,
            "SANDBOX_PAGERDUTY_URL": f"{self.door.url}{ENQUEUE}",
            "SANDBOX_WEBHOOK_URL": f"{self.door.url}{HOOK}",
            "SANDBOX_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "SANDBOX_ICAL_URL": f"{self.door.url}{FEED}",
            "RELAYBOT_HEARTBEAT_URL": f"{self.door.url}{BEAT}",
        }

    async def until(self, is_true: Callable[[], bool], *, within_s: float = 10.0) -> None:
        """Wait until what was received makes it true."""
        await self._bell.until(is_true, within_s=within_s)

    def _answer(self, call: Call) -> Answer:
        answers = {ENQUEUE: self._enqueue, HOOK: self._hook, FEED: self._serve_feed, BEAT: self._beat}
        answer = answers[call.path](call) if call.path in answers else Answer(status=404, verdict="no such path")
        self._bell.ring()
        return answer

    def _enqueue(self, call: Call) -> Answer:
        event = _object(call.body)
        if errors := list(_wrong(event)):
            return _json(400, {"status": "invalid event", "message": "Event object is invalid", "errors": errors})
        self._apply(event)
        told = {"status": "success", "message": "Event processed", "dedup_key": event["dedup_key"]}
        return _json(202, told)

    def _apply(self, event: Mapping[str, Any]) -> None:
        key, action = event["dedup_key"], event["event_action"]
        alert = next((each for each in self.alerts if each.key == key and each.state != "resolved"), None)
        if alert is None and action == "trigger":
            payload = event["payload"]
            alert = Alert(key=key, summary=payload["summary"], severity=payload["severity"])
            self.alerts.append(alert)
        if alert is None:
            return  # PagerDuty drops what follows nothing
        alert.events.append(action)
        if action != "trigger":
            alert.state = f"{action}d"

    def _hook(self, call: Call) -> Answer:
        key, at = call.headers.get("webhook-id", ""), call.headers.get("webhook-timestamp", "")
        if not at.isdigit() or abs(call.at.timestamp() - int(at)) > OLDEST.total_seconds():
            return Answer(status=400, verdict="too old")
        secret = base64.b64decode(WEBHOOK_SECRET.removeprefix("whsec_"))
        mac = hmac.new(secret, f"{key}.{at}.".encode() + call.body, hashlib.sha256).digest()
        if f"v1,{base64.b64encode(mac).decode()}" not in call.headers.get("webhook-signature", "").split(" "):
            return Answer(status=401, verdict="wrong signature")
        if all(hooked.id != key for hooked in self.hooks):
            told = _object(call.body)
            self.hooks.append(Hooked(id=key, type=told["type"], data=told["data"]))
        return Answer(status=204)

    def _serve_feed(self, _: Call) -> Answer:
        if self.feed is None:
            return Answer(status=404, verdict="no feed")
        return Answer(body=self.feed.encode(), content_type="text/calendar")

    def _beat(self, _: Call) -> Answer:
        self.beats += 1
        return Answer(body=b"OK", content_type="text/plain")


def shifts(now: datetime, *each: tuple[str, timedelta, timedelta]) -> str:
    """Write a feed as a rota program exports it: whose time (a Slack id), from when until when, counted from now."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//relaybot//sandbox//EN"]
    for user, begins, ends in each:
        times = (f"{key}:{now + at:%Y%m%dT%H%M%SZ}" for key, at in (("DTSTART", begins), ("DTEND", ends)))
        uid = f"UID:{user}-{begins.total_seconds():.0f}"
        lines += ["BEGIN:VEVENT", uid, f"SUMMARY:On call: {user}", *times, "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def _wrong(event: Mapping[str, Any]) -> list[str]:
    """Name what PagerDuty would not take an event for."""
    errors = []
    if event.get("routing_key") != ROUTING_KEY:
        errors.append("Length of 'routing_key' is incorrect (should be 32 characters)")
    if event.get("event_action") not in {"trigger", "acknowledge", "resolve"}:
        errors.append("'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')")
    if not 0 < len(event.get("dedup_key", "")) <= 255:
        errors.append("'dedup_key' is missing or too long (maximum is 255 characters)")
    payload = event.get("payload", {})
    if event.get("event_action") == "trigger":
        errors += [f"'payload.{key}' is missing or blank" for key in ("summary", "source") if not payload.get(key)]
        if len(payload.get("summary", "")) > 1024:
            errors.append("'payload.summary' is too long (maximum is 1024 characters)")
        if payload.get("severity") not in SEVERITIES:
            errors.append("'payload.severity' is invalid (must be one of 'critical', 'error', 'warning' or 'info')")
    return errors


def _label(call: Call) -> tuple[str, Mapping[str, str]]:
    """Name what a call asks for, with the ids by which a second one is known."""
    api = APIS.get(call.path, call.path)
    told = _object(call.body) if api == "pagerduty" else {}
    ids = {key: str(told[key]) for key in ("event_action", "dedup_key") if key in told}
    return api, ids | ({"webhook-id": call.headers.get("webhook-id", "")} if api == "webhook" else {})


def _fail(fail: Fail, _: Call) -> Answer:
    headers = {} if fail.retry_after is None else {"Retry-After": str(int(fail.retry_after.total_seconds()))}
    return Answer(status=fail.status or 500, headers=headers, verdict=fail.code)


def _object(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _json(status: int, told: Mapping[str, Any]) -> Answer:
    return Answer(status=status, body=json.dumps(told).encode(), verdict="ok" if status < 300 else f"HTTP {status}")
