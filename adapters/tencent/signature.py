"""
TC3-HMAC-SHA256: how Tencent Cloud wants a request signed. Pure: the time of signing is an argument.

Source: https://www.tencentcloud.com/document/product/647/34264 (read 2026-11-20)
"""

from __future__ import annotations

import hmac
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ALGORITHM = "TC3-HMAC-SHA256"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"


def scope(timestamp: int, service: str) -> str:
    """
    Name the day (UTC) and the service that a signature holds for.

    >>> scope(1700000000, "trtc")
    '2023-11-14/trtc/tc3_request'
    """
    return f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d}/{service}/tc3_request"


def authorization(
    *, secret_id: str, timestamp: int, service: str, signed_headers: Sequence[str], signature: str
) -> str:
    """Return the value of the `Authorization` header."""
    return (
        f"{ALGORITHM} Credential={secret_id}/{scope(timestamp, service)}, "
        f"SignedHeaders={';'.join(signed_headers)}, Signature={signature}"
    )


def signature(
    *,
    secret_key: str,
    timestamp: int,
    service: str,
    method: str,
    path: str = "/",
    query: str = "",
    headers: Mapping[str, str],
    signed_headers: Sequence[str],
    body: bytes,
) -> str:
    """
    Sign a request that is about to leave, or sign again one that has come in to see whether its signature is right.

    Args:
        secret_key: The SecretKey as the console shows it.
        timestamp: `X-TC-Timestamp`, unix seconds.
        service: The product, the first word of the vendor's host: `trtc`.
        method: `POST` or `GET`, upper case.
        path: Always `/` in this API.
        query: The URL's query byte for byte as sent, without `?`; empty for POST.
        headers: Every header of the request by its lower-case name. `content-type` and `host` (with the port, where it
            is not the scheme's own) exactly as sent; `x-tc-content-sha256: UNSIGNED-PAYLOAD` leaves the body out.
        signed_headers: Lower-case names, sorted; `content-type` and `host` at least.
        body: Empty for GET.

    Returns:
        64 lower-case hexadecimal digits.

    Raises:
        KeyError: `signed_headers` names a header that the request does not have.

    Source: https://www.tencentcloud.com/document/product/647/34264 (read 2026-11-20)
    """
    payload = UNSIGNED_PAYLOAD.encode() if headers.get("x-tc-content-sha256") == UNSIGNED_PAYLOAD else body
    canonical_headers = "".join(f"{name}:{headers[name].strip().lower()}\n" for name in signed_headers)
    canonical = "\n".join(
        [method, path, query, canonical_headers, ";".join(signed_headers), sha256(payload).hexdigest()]
    )
    day = scope(timestamp, service)
    to_sign = "\n".join([ALGORITHM, str(timestamp), day, sha256(canonical.encode()).hexdigest()])

    key = f"TC3{secret_key}".encode()
    for word in day.split("/"):
        key = _hmac(key, word)
    return _hmac(key, to_sign).hex()


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
