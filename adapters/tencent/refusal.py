"""
What a reply refuses, and who must act: Tencent's error codes, sorted into the tree of `adapters.errors`.

An exact code wins over the part before its dot, and a code that is new to us counts as a refusal that time does not
heal. The vendor's message is never passed on.

Source: https://www.tencentcloud.com/document/product/647/34270 (read 2026-11-20)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.errors import (
    AccessDenied,
    BadCredentials,
    ClockSkew,
    ProviderError,
    Rejected,
    Throttled,
    Unreachable,
    WrongRegion,
    by_status,
)
from adapters.tencent import wire

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.contract import Reply

ACTION = f"{wire.SERVICE}:{wire.DESCRIBE}"

_ASK_AGAIN = "check the task id and the SdkAppId"
_OUR_MISTAKE = "the cloud does not know this kind of request; relaybot may be out of date"
_NO_REGION = "the region is missing, unknown or without this service"

_MEANINGS: Mapping[str, tuple[type[ProviderError], str]] = {
    # Too many requests. "Uin" is the main account: its other users and the console spend from the same budget.
    "RequestLimitExceeded": (Throttled, ""),
    "OperationDenied.FreqOverLimit": (Throttled, ""),
    "FailedOperation.RestrictedFrequency": (Throttled, ""),
    "LimitExceeded.RateLimitExceeded": (Throttled, ""),
    # The cloud is broken for now; it says nothing about the task.
    "InternalError": (Unreachable, "the cloud reports an error of its own"),
    "ServiceUnavailable": (Unreachable, "the cloud reports that it is unavailable"),
    "ResourceUnavailable": (Unreachable, "the cloud reports that it is unavailable"),
    "FailedOperation.QueryTaskInfoFailed": (Unreachable, "the cloud could not look the task up"),
    "FailedOperation.DbOperationFailed": (Unreachable, "the cloud reports an error of its own"),
    # The key.
    "AuthFailure": (BadCredentials, ""),
    "AuthFailure.InvalidSecretId": (BadCredentials, "the SecretId is not a key of this cloud"),
    "AuthFailure.SecretIdNotFound": (BadCredentials, "the SecretId does not exist or is switched off"),
    "AuthFailure.SignatureFailure": (BadCredentials, "the SecretKey does not belong to the SecretId"),
    "AuthFailure.InvalidAuthorization": (BadCredentials, "the cloud does not take the signature's form"),
    "AuthFailure.TokenFailure": (BadCredentials, "the temporary token is wrong or has expired"),
    "AuthFailure.MFAFailure": (BadCredentials, "the key asks for a second factor"),
    "AuthFailure.UnRealNameAuthenticated": (BadCredentials, "the account has not passed real-name verification"),
    # Clocks.
    "AuthFailure.SignatureExpire": (ClockSkew, ""),
    "FailedOperation.RequestOutdated": (ClockSkew, ""),
    # What the key may do.
    "AuthFailure.UnauthorizedOperation": (AccessDenied, ""),
    "AuthFailure.UnsupportedOperation": (AccessDenied, ""),
    "UnauthorizedOperation": (AccessDenied, ""),
    "IpNotInWhitelist": (AccessDenied, "this machine's address is not on the account's list"),
    "IpInBlacklist": (AccessDenied, "this machine's address is on the account's list of the refused"),
    "FailedOperation.SdkAppIdNotUnderAppId": (AccessDenied, "the SdkAppId belongs to another account"),
    "FailedOperation.NotAbility": (AccessDenied, "the SdkAppId's package does not include stream ingest"),
    "FailedOperation.NotAllowed": (AccessDenied, "the account may not use stream ingest"),
    "UnsupportedOperation.NotAllowed": (AccessDenied, "the account may not use stream ingest"),
    # Where.
    "UnsupportedRegion": (WrongRegion, _NO_REGION),
    "MissingParameter.Region": (WrongRegion, _NO_REGION),
    # What was asked for.
    "InvalidParameter": (Rejected, _ASK_AGAIN),
    "InvalidParameterValue": (Rejected, _ASK_AGAIN),
    "MissingParameter": (Rejected, _ASK_AGAIN),
    "FailedOperation.SdkAppIdNotExist": (Rejected, "there is no such SdkAppId"),
    "InvalidParameter.SdkAppId": (Rejected, "the SdkAppId is not valid"),
    "InvalidParameter.InvalidSdkAppId": (Rejected, "the SdkAppId is not valid"),
    # How it was asked.
    "InvalidAction": (Rejected, _OUR_MISTAKE),
    "NoSuchVersion": (Rejected, _OUR_MISTAKE),
    "NoSuchProduct": (Rejected, _OUR_MISTAKE),
    "UnsupportedProtocol": (Rejected, _OUR_MISTAKE),
    "UnknownParameter": (Rejected, _OUR_MISTAKE),
    "RequestSizeLimitExceeded": (Rejected, _OUR_MISTAKE),
    "ActionOffline": (Rejected, _OUR_MISTAKE),
}
# Two codes stand for a wrong region as well as for other mistakes; only their text tells which (seen in the field).
_REGION_TEXTS = {"InvalidParameterValue": "X-TC-Region", "MissingParameter": "`Region`"}


def refusal(reply: Reply) -> ProviderError | None:
    """
    Say what a reply refuses; None lets the conversation read it.

    Without a readable `Response.Error` the HTTP status decides (`errors.by_status`): such a reply is a gateway's or a
    proxy's. Below 400 the conversation says what it makes of the body.
    """
    failure = wire.read_failure(reply)
    if failure is None:
        return by_status(reply.status)
    code, request_id = failure.code, failure.request_id
    if code in wire.GONE:
        return None
    kind, detail = _MEANINGS.get(code) or _MEANINGS.get(code.partition(".")[0], (Rejected, ""))
    if code in _REGION_TEXTS and _REGION_TEXTS[code] in failure.message:
        kind, detail = WrongRegion, _NO_REGION
    if kind is ClockSkew:
        return ClockSkew(code, request_id=request_id, server_at=reply.server_at)
    if kind is AccessDenied and not detail:
        return AccessDenied(code, request_id=request_id, action=ACTION)
    return kind(code, request_id=request_id, detail=detail)
