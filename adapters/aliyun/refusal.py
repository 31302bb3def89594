"""
What a reply refuses, and who must act: Alibaba Cloud's error codes, sorted into the tree of `adapters.errors`.

The vendor's pages give different HTTP statuses for the same code, so the code decides, by the longest beginning that is
known: `Throttling.User` is `Throttling`. The status decides where the code is new or missing. The vendor's message is
never passed on.

Source: https://help.aliyun.com/en/document_detail/434846.html (an excerpt, read 2026-11-21: the gateway's codes, as the
page of another product lists them); the pages of the pull-to-push calls for those that begin with `Code`. Nothing here
has been seen on the wire.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from adapters.aliyun.failure import GONE, read_failure
from adapters.aliyun.fields import whole
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

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.contract import Reply

LONGEST_WAIT = timedelta(seconds=120)  # the vendor's SDK believes no more, either

_BROKEN = "the cloud reports an error of its own"
_OUR_MISTAKE = "the cloud does not know this kind of request; relaybot may be out of date or the endpoint wrong"

_MEANINGS: Mapping[str, tuple[type[ProviderError], str]] = {
    # Too many requests, ours or those of anybody in the account.
    "Throttling": (Throttled, ""),
    # The cloud is broken for now; it says nothing about the task.
    "ServiceUnavailable": (Unreachable, "the cloud reports that it is unavailable"),
    "InternalError": (Unreachable, _BROKEN),
    # Somebody on the way sent the same bytes twice; signed anew it will pass.
    "SignatureNonceUsed": (Unreachable, "the request arrived twice"),
    # Clocks.
    "InvalidTimeStamp.Expired": (ClockSkew, ""),
    "InvalidTimeStamp": (Rejected, _OUR_MISTAKE),
    "IllegalTimestamp": (Rejected, _OUR_MISTAKE),
    # The key.
    "InvalidAccessKeyId": (BadCredentials, "the AccessKey id is not valid"),
    "InvalidAccessKeyId.NotFound": (BadCredentials, "the AccessKey id does not exist"),
    "InvalidAccessKeyId.Inactive": (BadCredentials, "the AccessKey is switched off"),
    "SignatureDoesNotMatch": (BadCredentials, "the AccessKey secret does not belong to the id"),
    "IncompleteSignature": (BadCredentials, "the cloud does not take the signature's form"),
    "InvalidSecurityToken": (BadCredentials, "the temporary token is wrong or belongs to another key"),
    "InvalidSecurityToken.Expired": (BadCredentials, "the temporary token has expired"),
    # What the key may do.
    "Forbidden": (AccessDenied, ""),
    "NoPermission": (AccessDenied, ""),
    # Where.
    "CodeInvalidAliUid": (WrongRegion, "the account has no live domain: it may be another account than you think"),
    "LiveServiceNotFound": (WrongRegion, "ApsaraVideo Live is not activated in this account"),
    "InvalidRegion": (WrongRegion, "there is no such region"),
    # What was asked for.
    "Missing": (Rejected, _OUR_MISTAKE),
    "InvalidParam": (Rejected, "the cloud does not take one of the parameters"),
    "CodeTaskHasStopped": (Rejected, "the task has stopped"),
    # How it was asked.
    "InvalidApi": (Rejected, _OUR_MISTAKE),
    "InvalidProduct": (Rejected, _OUR_MISTAKE),
    "InvalidAction": (Rejected, _OUR_MISTAKE),
    "InvalidVersion": (Rejected, _OUR_MISTAKE),
    "NoSuchVersion": (Rejected, _OUR_MISTAKE),
    "UnsupportedHTTPMethod": (Rejected, _OUR_MISTAKE),
    "InvalidProtocol.NeedSsl": (Rejected, "the endpoint must be https"),
}
_BY_BEGINNING = sorted(
    ((beginning.lower(), meaning) for beginning, meaning in _MEANINGS.items()), key=lambda entry: -len(entry[0])
)


def refusal(reply: Reply) -> ProviderError | None:
    """
    Say what a reply refuses; None lets the conversation read it, which also hears that there is no such task.

    An error that comes with `x-acs-retry-after` is Throttled, whatever its code, as in the vendor's SDK since 2026-07.
    """
    failure = read_failure(reply)
    if failure is None:
        return None
    code, request_id = failure.code, failure.request_id
    kind, detail = _meaning(code, reply.status)
    asked = _wait(reply, "x-acs-retry-after", timedelta(milliseconds=1))
    if asked or kind is Throttled:
        return Throttled(
            code, request_id=request_id, retry_after=asked or _wait(reply, "retry-after", timedelta(seconds=1))
        )
    if code in GONE:
        return None
    if kind is ClockSkew:
        return ClockSkew(code, request_id=request_id, server_at=reply.server_at)
    if kind is AccessDenied:
        return AccessDenied(code, request_id=request_id, action=failure.action)
    return kind(code, request_id=request_id, detail=detail)


def _meaning(code: str, status: int) -> tuple[type[ProviderError], str]:
    for beginning, meaning in _BY_BEGINNING:
        if code.lower().startswith(beginning):  # the pages write some of them in two ways
            return meaning
    unnamed = by_status(status)
    return (Rejected if unnamed is None else type(unnamed)), ""


def _wait(reply: Reply, header: str, unit: timedelta) -> timedelta | None:
    number = whole(reply.headers.get(header))
    return min(number * unit, LONGEST_WAIT) if number is not None and number > 0 else None
