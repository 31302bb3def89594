"""
Tencent RTC: stream ingest tasks, which pull a stream into a TRTC room.

The cloud tells one task per request and lists nothing. RUNNING means that the task lives, not that media flows: a
paused task and one whose source is being tried again say the same. ENDED needs memory (`NotExist` after `InProgress`)
and is therefore never said here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from adapters.contract import Conversation, Pace, ProviderType, Region, Snapshot, TaskId
from adapters.errors import WrongRegion
from adapters.tencent import callback, refusal, signature, wire
from adapters.tencent.settings import REGION, TencentSettings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from adapters.contract import Api, Reply, Request
    from adapters.errors import ProviderError

__all__ = ["POLICY", "PROVIDER", "Tencent", "TencentSettings"]

# Source: https://www.tencentcloud.com/document/product/647/39551 (read 2026-11-20)
POLICY = """\
{
  "version": "2.0",
  "statement": [
    {
      "effect": "allow",
      "action": ["name/trtc:DescribeStreamIngest"],
      "resource": ["qcs::trtc::uin/<MAIN_UIN>:sdkappid/<SDKAPPID>"]
    }
  ]
}
"""

_SIGNED_HEADERS = ("content-type", "host")
_DEFAULT_PORTS = {"https": ":443", "http": ":80"}


@dataclass(frozen=True, slots=True)
class Tencent:
    """One SdkAppId of a Tencent account, as `contract.Provider`."""

    settings: TencentSettings

    @property
    def paces(self) -> Mapping[Api, Pace]:
        return wire.PACES

    def status(self, region: Region, task: TaskId) -> Conversation[Snapshot]:
        """
        Ask for one task: one request.

        Raises:
            WrongRegion: the region is no region's name; nothing is sent.
            Unreadable: see `wire.read_status`.
        """
        if not REGION.fullmatch(region):  # people type regions, and a header takes no other signs
            raise WrongRegion(detail="not the name of a region")
        reply = yield wire.describe(self.settings.url, region=region, sdk_app_id=self.settings.sdk_app_id, task=task)
        return wire.read_status(reply, task)

    def listing(self, region: Region, text: str = "") -> None:
        """Tencent has no list of stream ingest tasks."""

    def refusal(self, reply: Reply) -> ProviderError | None:
        return refusal.refusal(reply)

    def sign(self, request: Request, *, now: datetime, nonce: str) -> Request:  # noqa: ARG002 - TC3 has no nonce
        """
        Sign with the time of sending; the cloud believes a signature for five minutes.

        The token of a temporary key travels beside the signature and is no part of it.
        """
        timestamp = int(now.timestamp())
        headers = {"Host": _host(request.url), **request.headers, "X-TC-Timestamp": str(timestamp)}
        if self.settings.token is not None:
            headers["X-TC-Token"] = self.settings.token.get_secret_value()
        signed = signature.signature(
            secret_key=self.settings.secret_key.get_secret_value(),
            timestamp=timestamp,
            service=wire.SERVICE,
            method=request.method,
            headers={name.lower(): value for name, value in headers.items()},
            signed_headers=_SIGNED_HEADERS,
            body=request.body,
        )
        headers["Authorization"] = signature.authorization(
            secret_id=self.settings.secret_id.get_secret_value(),
            timestamp=timestamp,
            service=wire.SERVICE,
            signed_headers=_SIGNED_HEADERS,
            signature=signed,
        )
        return replace(request, headers=headers)


def has_id(text: str) -> bool:
    """
    Say whether a text could be the id of a stream ingest task.

    The vendor promises no form; 94 and 104 characters with `+`, `-` and `.` in them have been seen.
    """
    return 1 <= len(text) <= 256 and text.isprintable() and not any(sign.isspace() for sign in text)


def _host(url: str) -> str:
    """The `Host` header that goes over the wire: the port only where it is not the scheme's own."""
    parts = urlsplit(url)
    return parts.netloc.removesuffix(_DEFAULT_PORTS[parts.scheme])


PROVIDER = ProviderType(
    word="tencent",
    title="Tencent Cloud",
    settings=TencentSettings,
    open=lambda settings, _fingerprint: Tencent(settings),  # its replies name no destination
    has_id=has_id,
    policy=POLICY,
    hear=callback.hear,
)
