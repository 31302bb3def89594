"""
ApsaraVideo Live's pull-to-push on this machine: Describe and DescribeList, as strict as the real ones are documented.

Checks are made in a gateway's order: form, clock, key, signature, nonce, right, rate, parameters.
Source: www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature and the error codes of
Live's API reference (read 2026-11).
"""

from __future__ import annotations

import hmac
import json
import math
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from adapters.aliyun import signature as acs3
from bot.sandbox.door import Call, Door
from bot.sandbox.faults import Answer, Fail
from bot.sandbox.limit import SlidingWindow
from bot.sandbox.pulltopush import BadParameter, Missing, described, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bot.sandbox.keys import AccessKey
    from bot.sandbox.pulltopush import Json
    from bot.sandbox.story import Story

DESCRIBE, LIST = "DescribeLivePullToPush", "DescribeLivePullToPushList"
VERSION = "2016-11-01"
DATE_WINDOW = timedelta(minutes=15)
PER_SECOND = 10
SHOWN = ("Region", "TaskId", "TaskName", "PageNumber", "PageSize")

STATUSES = {
    "InvalidAccessKeyId.NotFound": 404,
    "InvalidAction.NotFound": 404,
    "Forbidden.RAM": 403,
    "InternalError": 500,
    "ServiceUnavailable": 503,
}
MESSAGES = {
    "Throttling.User": "Request was denied due to user flow control.",
    "InvalidTimeStamp.Expired": "Specified time stamp or date value is expired.",
    "SignatureNonceUsed": "Specified signature nonce was used already.",
    "SignatureDoesNotMatch": "Specified signature is not matched with our calculation.",
    "InvalidAccessKeyId.NotFound": "Specified access key is not found.",
    "CodeTaskNotExist": "Task does not exist.",
    "InternalError": "error on the live liveapi server",
}


class _Refusal(Exception):
    def __init__(self, code: str, retry_after: timedelta | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class _Claim:
    """What the Authorization header says."""

    key_id: str
    signed_headers: tuple[str, ...]
    signature: str = field(repr=False)

    @classmethod
    def read(cls, call: Call) -> _Claim:
        header = call.headers.get("authorization", "")
        found = re.fullmatch(
            rf"{acs3.ALGORITHM} Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]+)", header
        )
        if found is None:
            raise _Refusal("IncompleteSignature")
        claim = cls(found[1], tuple(found[2].split(";")), found[3])
        must_be_signed = {"host", *(name for name in call.headers if name.startswith("x-acs-"))}
        if not must_be_signed <= set(claim.signed_headers) <= set(call.headers):
            raise _Refusal("IncompleteSignature")
        return claim


class AliyunCloud:
    """
    The cloud behind its door.

    Args:
        calendar: What time it is.
        story: Its tasks, each seen in its own region only.
        keys: Who may call.
        monotonic: Seconds, for the rate; by default the event loop's.

    `ahead` moves its own clock against the calendar; `window.most` is its rate per second, API and main account;
    `missing` is how it says that it has no such task; with `tells_when` throttling says in `x-acs-retry-after` when to
    come back.
    """

    def __init__(
        self,
        *,
        calendar: Callable[[], datetime],
        story: Story,
        keys: Iterable[AccessKey],
        monotonic: Callable[[], float] | None = None,
    ) -> None:
        self._serial = count(1)
        self._nonces: dict[tuple[str, str], datetime] = {}
        self.story = story
        self.keys = {key.id: key for key in keys}
        self.ahead = timedelta(0)
        self.window = SlidingWindow(PER_SECOND)
        self.missing = Missing.CODE_TASK_NOT_EXIST
        self.tells_when = True
        self.door = Door(
            answer=self.answer,
            fail=self.fail,
            label=self.label,
            calendar=lambda: calendar() + self.ahead,
            monotonic=monotonic,
        )
        self.faults, self.ledger = self.door.faults, self.door.ledger

    @staticmethod
    def label(call: Call) -> tuple[str, Mapping[str, str]]:
        """Name a call for faults and the ledger."""
        asked = _parameters(call)
        return call.headers.get("x-acs-action", ""), {name: asked[name] for name in SHOWN if name in asked}

    def answer(self, call: Call) -> Answer:
        """Answer one call as the cloud would."""
        try:
            return self._reply(self._act(call))
        except BadParameter as refused:
            return self._refuse(refused.code)
        except _Refusal as refused:
            return self._refuse(refused.code, retry_after=refused.retry_after)

    def fail(self, fault: Fail, _call: Call) -> Answer:
        """Put a planned error into Alibaba Cloud's form."""
        return self._refuse(fault.code, status=fault.status, retry_after=fault.retry_after)

    def _act(self, call: Call) -> Json:
        action = self._checked_action(call)
        key = self._authenticate(call)
        if not key.may:
            raise _Refusal("Forbidden.RAM")
        early_s = self.window.admit((key.account, action), call.tick)
        if early_s:
            raise _Refusal("Throttling.User", timedelta(seconds=early_s) if self.tells_when else None)
        asked, now = _parameters(call), call.at - self.ahead
        for name in ("Region", "TaskId") if action == DESCRIBE else ("Region",):
            if not asked.get(name):
                raise BadParameter(f"Missing{name}")
        if action == LIST:
            return listed(self.story.sights(now), asked)
        sight = self.story.at(asked["TaskId"], now)
        if sight is None or sight.script.region != asked["Region"]:
            return self._without_task()
        return described(sight)

    @staticmethod
    def _checked_action(call: Call) -> str:
        action = call.headers.get("x-acs-action", "")
        if action not in {DESCRIBE, LIST}:
            raise _Refusal("InvalidAction.NotFound")
        if call.headers.get("x-acs-version") != VERSION:
            raise _Refusal("NoSuchVersion")
        if call.method != "GET":
            raise _Refusal("UnsupportedHTTPMethod")
        return action

    def _authenticate(self, call: Call) -> AccessKey:
        claim = _Claim.read(call)
        self._check_date(call)
        key = self.keys.get(claim.key_id)
        token = call.headers.get("x-acs-security-token", "")
        if key is None or (key.token and not token):  # a temporary key does not exist without its token
            raise _Refusal("InvalidAccessKeyId.NotFound")
        if not key.is_active:
            raise _Refusal("InvalidAccessKeyId.Inactive")
        if token != key.token:
            raise _Refusal(
                "InvalidSecurityToken.MismatchWithAccessKey" if key.token else "InvalidSecurityToken.Malformed"
            )
        if key.expires_at is not None and key.expires_at <= call.at:
            raise _Refusal("InvalidSecurityToken.Expired")
        if call.headers.get("x-acs-content-sha256") != acs3.payload_hash(call.body) or not hmac.compare_digest(
            claim.signature, _signature(call, key, claim)
        ):
            raise _Refusal("SignatureDoesNotMatch")
        self._use_nonce(key, call)
        return key

    @staticmethod
    def _check_date(call: Call) -> None:
        try:
            signed_at = datetime.strptime(call.headers.get("x-acs-date", ""), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        except ValueError:
            raise _Refusal("InvalidTimeStamp.Format") from None
        if abs(call.at - signed_at) > DATE_WINDOW:
            raise _Refusal("InvalidTimeStamp.Expired")

    def _use_nonce(self, key: AccessKey, call: Call) -> None:
        """Refuse a nonce that came within the window in which its date would still be believed."""
        nonce = (key.id, call.headers.get("x-acs-signature-nonce", ""))
        self._nonces = {known: at for known, at in self._nonces.items() if call.at - at <= 2 * DATE_WINDOW}
        if not nonce[1]:
            raise _Refusal("MissingSignatureNonce")
        if nonce in self._nonces:
            raise _Refusal("SignatureNonceUsed")
        self._nonces[nonce] = call.at

    def _without_task(self) -> Json:
        match self.missing:
            case Missing.RET_CODE:
                return {"RetCode": 1, "Description": "task not exist"}
            case Missing.NO_STATUS:
                return {"RetCode": 0, "Description": "OK"}
            case missing:
                raise _Refusal(missing.value)

    def _request_id(self) -> str:
        return f"{next(self._serial):08X}-7E57-4000-8000-5A4DB0C50000"

    def _reply(self, body: Json) -> Answer:
        return Answer(body=json.dumps({"RequestId": self._request_id(), **body}).encode())

    def _refuse(self, code: str, *, status: int | None = None, retry_after: timedelta | None = None) -> Answer:
        body: Json = {
            "RequestId": self._request_id(),
            "HostId": "live.aliyuncs.com",
            "Code": code,
            "Message": MESSAGES.get(code, f"The sandbox refuses with {code}."),
            "Recommend": "https://api.aliyun.com/troubleshoot",
        }
        if code == "Forbidden.RAM":
            body["AccessDeniedDetail"] = {
                "AuthAction": f"live:{DESCRIBE}",
                "AuthPrincipalType": "SubUser",
                "AuthPrincipalOwnerId": "100000000000001",
                "AuthPrincipalDisplayName": "200000000000002",
                "NoPermissionType": "ImplicitDeny",
            }
        headers = (
            {}
            if retry_after is None
            else {"x-acs-retry-after": str(math.ceil(retry_after / timedelta(milliseconds=1)))}
        )
        return Answer(
            status=status or STATUSES.get(code, 400), body=json.dumps(body).encode(), headers=headers, verdict=code
        )


def _signature(call: Call, key: AccessKey, claim: _Claim) -> str:
    return acs3.signature(
        secret=key.secret,
        method=call.method,
        path=call.path,
        query=acs3.canonical_query(_parameters(call)),
        headers=call.headers,
        signed_headers=claim.signed_headers,
        payload_hash=acs3.payload_hash(call.body),
    )


def _parameters(call: Call) -> dict[str, str]:
    """Read the query; clients may write a space as `+`, it is signed as `%20`."""
    return dict(parse_qsl(call.query, keep_blank_values=True))
