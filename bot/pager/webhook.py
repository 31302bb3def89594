"""
A webhook as Standard Webhooks describe it: whoever takes it can check that it is ours, new, and not the same once more.

`webhook-id` is the key of the row in the outbox, the same each time it is sent; `webhook-timestamp` is when it is sent;
`webhook-signature` has `v1,<base64>` of HMAC-SHA256 over "id.timestamp.body" for each secret that is valid.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md (1.0.0, read
2026-11-21).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bot.pager.headline import details, headline
from bot.pager.verdict import refusal

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.notice import PageBody
    from bot.pager.door import Door

PREFIX: Final = "whsec_"

_TYPES: Final = {
    "trigger": "incident.triggered",
    "remind": "incident.reminded",
    "ack": "incident.acknowledged",
    "resolve": "incident.resolved",
    "drill": "drill.triggered",
    "drill_over": "drill.resolved",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One receiver. `secrets` are `whsec_<base64>`: one, or the new one and the old while they change."""

    door: Door
    url: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    allow_private: bool = False

    async def send(self, body: PageBody, *, key: str, now: datetime) -> None:
        """
        Send one call.

        Raises:
            Refused: it is not taken, now or ever.
            Unsure: it may have been taken.
        """
        told = payload(body)
        answer = await self.door.send(
            "POST",
            self.url,
            headers={"Content-Type": "application/json", **signed(told, self.secrets, key=key, now=now)},
            body=told,
            allow_private=self.allow_private,
        )
        if (refused := refusal(answer, now=now)) is not None:
            raise refused


def payload(body: PageBody) -> bytes:
    """Write a call, UTF-8 JSON `{"type": "incident.triggered", "timestamp": when it was put down, "data": {…}}`."""
    data = {"summary": headline(body), "key": body.dedup_key, **details(body)}
    told = {"type": _TYPES[body.act], "timestamp": body.at.isoformat(), "data": data}
    return json.dumps(told, separators=(",", ":")).encode()


def signed(body: bytes, secrets: tuple[str, ...], *, key: str, now: datetime) -> dict[str, str]:
    """Make the three headers; `key` holds no full stop."""
    at = str(int(now.timestamp()))
    text = b".".join((key.encode(), at.encode(), body))
    signatures = " ".join(f"v1,{_signature(secret, text)}" for secret in secrets)
    return {"webhook-id": key, "webhook-timestamp": at, "webhook-signature": signatures}


def _signature(secret: str, text: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
