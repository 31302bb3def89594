"""
Alibaba Cloud: pull-to-push tasks of ApsaraVideo Live, which pull a stream and push it to another place.

The cloud tells one task per request, or a hundred with their states by its list.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from adapters.aliyun import callback, refusal, signature, wire
from adapters.aliyun.settings import REGION, AliyunSettings
from adapters.contract import Conversation, Listing, Pace, ProviderType, Region, Snapshot, TaskId, no_fingerprint
from adapters.errors import WrongRegion

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from adapters.contract import Api, Fingerprint, Reply, Request
    from adapters.errors import ProviderError

__all__ = ["POLICY", "PROVIDER", "Aliyun", "AliyunSettings"]

# Rights on single tasks do not exist: whoever may look sees every task of the account.
# Source: https://www.alibabacloud.com/help/en/live/developer-reference/api-live-2016-11-01-describelivepulltopush (read
# 2026-11-21)
POLICY = """\
{
  "Version": "1",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": ["live:DescribeLivePullToPush", "live:DescribeLivePullToPushList"],
      "Resource": "*"
    }
  ]
}
"""

_ID = re.compile(r"[A-Za-z0-9_-]{1,55}")
_DEFAULT_PORTS = {"https": ":443", "http": ":80"}


@dataclass(frozen=True, slots=True)
class Aliyun:
    """One Alibaba Cloud account, as `contract.Provider`."""

    settings: AliyunSettings
    fingerprint: Fingerprint = field(default=no_fingerprint, repr=False)

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
        reply = yield wire.describe(self.settings.endpoint, region=_checked(region), task=task)
        return wire.read_status(reply, task, self.fingerprint)

    def listing(self, region: Region, text: str = "") -> Conversation[Listing]:
        """
        Walk a region's tasks, a hundred per request.

        The list may shift between two pages, so a task can be missing here and yet exist. The walk ends when all that
        the cloud speaks of were seen, or with a page that brings nothing new.

        Raises:
            WrongRegion: the region is no region's name; nothing is sent.
            Rejected, Unreadable: see `wire.read_page`.
        """
        seen: dict[TaskId, Snapshot] = {}
        for page in range(1, wire.PAGES + 1):
            request = wire.list_tasks(self.settings.endpoint, region=_checked(region), page=page, name=text)
            total, found = wire.read_page((yield request), self.fingerprint)
            is_done = found.keys() <= seen.keys()
            seen |= found
            if is_done or (total is not None and len(seen) >= total):
                break
        return Listing(tasks=seen, total=len(seen) if total is None else total, requests=page)

    def refusal(self, reply: Reply) -> ProviderError | None:
        return refusal.refusal(reply)

    def sign(self, request: Request, *, now: datetime, nonce: str) -> Request:
        """
        Sign with the time of sending; the cloud believes a signature for fifteen minutes, and a nonce once.

        Only the host and `x-acs-*` are signed: what a proxy does to other headers breaks nothing.
        """
        headers = {
            **request.headers,
            "host": _host(request.url),
            "x-acs-date": f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "x-acs-signature-nonce": nonce,
            "x-acs-content-sha256": signature.payload_hash(request.body),
        }
        key = self.settings.access_key_id.get_secret_value()
        if self.settings.security_token is not None:
            headers["x-acs-accesskey-id"] = key
            headers["x-acs-security-token"] = self.settings.security_token.get_secret_value()
        signed_headers = sorted(name for name in headers if name == "host" or name.startswith("x-acs-"))
        signed = signature.signature(
            secret=self.settings.access_key_secret.get_secret_value(),
            method=request.method,
            query=urlsplit(request.url).query,
            headers=headers,
            signed_headers=signed_headers,
            payload_hash=headers["x-acs-content-sha256"],
        )
        headers["authorization"] = signature.authorization(
            access_key_id=key, signed_headers=signed_headers, signature=signed
        )
        return replace(request, headers=headers)


def _checked(region: Region) -> Region:
    if not REGION.fullmatch(region):
        raise WrongRegion(detail="not the name of a region")
    return region


def has_id(text: str) -> bool:
    """Say whether a text could be the id of a pull-to-push task."""
    return _ID.fullmatch(text) is not None


def _host(url: str) -> str:
    """The `Host` header that goes over the wire: the port only where it is not the scheme's own."""
    parts = urlsplit(url)
    return parts.netloc.removesuffix(_DEFAULT_PORTS[parts.scheme])


PROVIDER = ProviderType(
    word="aliyun",
    title="Alibaba Cloud",
    settings=AliyunSettings,
    open=Aliyun,
    has_id=has_id,
    policy=POLICY,
    hear=callback.hear,
)
