"""
Tencent RTC's stream ingest on this machine: DescribeStreamIngest, as strict as the real one is documented to be.

Checks are made in a gateway's order: form, clock, key, signature, right, rate, parameters. Errors come as HTTP 200 with
`Response.Error`.
Source: www.tencentcloud.com/document/product/647/57836, /34264 (signature v3), /34327 (common errors), read 2026-11.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

from adapters.tencent import signature as tc3
from bot.sandbox.door import Call, Door
from bot.sandbox.faults import Answer, Fail
from bot.sandbox.limit import SlidingWindow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bot.sandbox.keys import AccessKey
    from bot.sandbox.story import Story

API = "DescribeStreamIngest"
VERSION = "2019-07-22"
SERVICE = "trtc"
DATE_WINDOW = timedelta(minutes=5)
PER_SECOND = 20
REGIONS = frozenset(
    {
        "ap-bangkok",
        "ap-beijing",
        "ap-chongqing",
        "ap-guangzhou",
        "ap-jakarta",
        "ap-mumbai",
        "ap-shanghai",
        "ap-singapore",
        "ap-tokyo",
    }
)
SDK_APP_ID = 1400000001
MESSAGES = {
    "AuthFailure.SignatureExpire": "The provided credentials could not be validated because the signature has expired.",
    "AuthFailure.SignatureFailure": "The provided credentials could not be validated. Please check your signature.",
    "AuthFailure.SecretIdNotFound": "The SecretId is not found, please ensure that your SecretId is correct.",
    "MissingParameter": "The request is missing a required parameter `Region`.",
    "RequestLimitExceeded": "Your current request times equals to `21` in a second, which exceeds the frequency limit.",
}


class _Refusal(Exception):
    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class _Claim:
    """What the Authorization header says."""

    key_id: str
    scope: str
    signed_headers: tuple[str, ...]
    signature: str = field(repr=False)

    @classmethod
    def read(cls, header: str) -> _Claim:
        algorithm, _, rest = header.partition(" ")
        parts = dict(part.strip().partition("=")[::2] for part in rest.split(","))
        try:
            key_id, _, scope = parts["Credential"].partition("/")
            claim = cls(key_id, scope, tuple(parts["SignedHeaders"].split(";")), parts["Signature"])
        except KeyError:
            raise _Refusal("AuthFailure.InvalidAuthorization") from None
        if algorithm != tc3.ALGORITHM or not {"content-type", "host"} <= set(claim.signed_headers):
            raise _Refusal("AuthFailure.InvalidAuthorization")
        return claim


class TencentCloud:
    """
    The cloud behind its door.

    Args:
        calendar: What time it is; monotonic: seconds, for the rate, by default the event loop's.
        story: Its tasks; a task is seen only under its own SdkAppId and in its own region.
        keys: Who may call.
        sdk_app_ids: The applications of each main account; others' are refused.

    `ahead` moves its own clock against the calendar; `window.most` is its rate per second and main account.
    """

    def __init__(
        self,
        *,
        calendar: Callable[[], datetime],
        story: Story,
        keys: Iterable[AccessKey],
        sdk_app_ids: Mapping[str, frozenset[int]],
        monotonic: Callable[[], float] | None = None,
    ) -> None:
        self._serial = count(1)
        self.story = story
        self.keys = {key.id: key for key in keys}
        self.sdk_app_ids = dict(sdk_app_ids)
        self.ahead = timedelta(0)
        self.window = SlidingWindow(PER_SECOND)
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
        asked = _body(call)
        shown = {name: str(asked[name]) for name in ("SdkAppId", "TaskId") if name in asked}
        return call.headers.get("x-tc-action", ""), {"Region": call.headers.get("x-tc-region", ""), **shown}

    def answer(self, call: Call) -> Answer:
        """Answer one call as the cloud would."""
        try:
            return self._reply({"Status": self._describe(call)})
        except _Refusal as refused:
            return self._refuse(refused.code, message=refused.message)

    def fail(self, fault: Fail, _call: Call) -> Answer:
        """Put a planned error into Tencent's form; it knows no header for when to come back."""
        return self._refuse(fault.code, status=fault.status or 200)

    def _describe(self, call: Call) -> str:
        self._check_form(call)
        key = self._authenticate(call)
        if not key.may:
            raise _Refusal("AuthFailure.UnauthorizedOperation", f"no right to {API} for uin 100000000001")
        if self.window.admit(key.account, call.tick):
            raise _Refusal("RequestLimitExceeded")
        return self._status(call, key)

    def _check_form(self, call: Call) -> None:
        if call.method != "POST":
            raise _Refusal("UnsupportedProtocol")
        for name in ("x-tc-action", "x-tc-version", "x-tc-timestamp", "authorization"):
            if not call.headers.get(name):
                raise _Refusal("MissingParameter", f"The request is missing a required parameter `{name}`.")
        if call.headers["x-tc-action"] != API:
            raise _Refusal("InvalidAction")
        if call.headers["x-tc-version"] != VERSION:
            raise _Refusal("NoSuchVersion")

    def _authenticate(self, call: Call) -> AccessKey:
        claim = _Claim.read(call.headers["authorization"])
        stamp = call.headers["x-tc-timestamp"]
        if not (stamp.isascii() and stamp.isdigit()):
            raise _Refusal("InvalidParameterValue", "`X-TC-Timestamp` is not valid.")
        signed_at = datetime.fromtimestamp(int(stamp), UTC)
        if abs(call.at - signed_at) > DATE_WINDOW:
            raise _Refusal("AuthFailure.SignatureExpire")
        key = self.keys.get(claim.key_id)
        if key is None:
            raise _Refusal("AuthFailure.SecretIdNotFound")
        if not key.is_active:
            raise _Refusal("AuthFailure.InvalidSecretId")
        token = call.headers.get("x-tc-token", "")
        if token != key.token or (key.expires_at is not None and key.expires_at <= call.at):
            raise _Refusal("AuthFailure.TokenFailure")
        if claim.scope != tc3.scope(int(stamp), SERVICE) or not hmac.compare_digest(
            claim.signature, _signature(call, key, claim)
        ):
            raise _Refusal("AuthFailure.SignatureFailure")
        return key

    def _status(self, call: Call, key: AccessKey) -> str:
        region = call.headers.get("x-tc-region")
        if not region:
            raise _Refusal("MissingParameter")
        if region not in REGIONS:
            raise _Refusal("UnsupportedRegion")
        asked = _body(call)
        for name, kind in (("SdkAppId", int), ("TaskId", str)):
            if asked.get(name) in (None, ""):
                raise _Refusal(f"MissingParameter.{name}")
            if type(asked[name]) is not kind:
                raise _Refusal("InvalidParameter", f"The value type of parameter `{name}` is not valid.")
        if unknown := set(asked) - {"SdkAppId", "TaskId"}:
            raise _Refusal("UnknownParameter", f"The parameter `{min(unknown)}` is not recognized.")
        owners = {account for account, owned in self.sdk_app_ids.items() if asked["SdkAppId"] in owned}
        if not owners:
            raise _Refusal("FailedOperation.SdkAppIdNotExist")
        if key.account not in owners:
            raise _Refusal("FailedOperation.SdkAppIdNotUnderAppId")
        sight = self.story.at(asked["TaskId"], call.at - self.ahead)
        is_here = sight is not None and sight.script.sdk_app_id == asked["SdkAppId"] and sight.script.region == region
        return sight.word if sight is not None and is_here else "NotExist"

    def _reply(self, response: Mapping[str, Any], *, status: int = 200, verdict: str = "ok") -> Answer:
        body = {"Response": {**response, "RequestId": f"{next(self._serial):08x}-7e57-4000-8000-5a4db0c50000"}}
        return Answer(status=status, body=json.dumps(body).encode(), verdict=verdict)

    def _refuse(self, code: str, *, message: str = "", status: int = 200) -> Answer:
        said = message or MESSAGES.get(code, f"The sandbox refuses with {code}.")
        return self._reply({"Error": {"Code": code, "Message": said}}, status=status, verdict=code)


def _signature(call: Call, key: AccessKey, claim: _Claim) -> str:
    try:
        return tc3.signature(
            secret_key=key.secret,
            timestamp=int(call.headers["x-tc-timestamp"]),
            service=SERVICE,
            method=call.method,
            path=call.path,
            query=call.query,
            headers=call.headers,
            signed_headers=claim.signed_headers,
            body=call.body,
        )
    except KeyError:  # it claims to have signed a header that did not come
        raise _Refusal("AuthFailure.SignatureFailure") from None


def _body(call: Call) -> Mapping[str, Any]:
    try:
        asked = json.loads(call.body)
    except ValueError:
        return {}
    return asked if isinstance(asked, Mapping) else {}
