"""
ACS3-HMAC-SHA256: how Alibaba Cloud wants a request signed. Pure: time and nonce are among the headers.

Source: https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature (read 2026-11-21)
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ALGORITHM = "ACS3-HMAC-SHA256"


def canonical_query(parameters: Mapping[str, str]) -> str:
    """
    Write parameters in the one form that is signed: sorted by name, RFC 3986 over UTF-8, `=` also without a value.

    >>> canonical_query({"TaskName": "a b*~", "Region": "cn-shanghai", "TaskId": ""})
    'Region=cn-shanghai&TaskId=&TaskName=a%20b%2A~'
    """
    return "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in sorted(parameters.items()))


def _encoded(text: str) -> str:
    return quote(text, safe="~", errors="replace")  # half a surrogate pair is no UTF-8


def payload_hash(body: bytes) -> str:
    """Return what `x-acs-content-sha256` says of a body; an empty one has a hash, too."""
    return sha256(body).hexdigest()


def signature(
    *,
    secret: str,
    method: str,
    path: str = "/",
    query: str,
    headers: Mapping[str, str],
    signed_headers: Sequence[str],
    payload_hash: str,
) -> str:
    """
    Sign a request that is about to leave, or sign again one that has come in to see whether its signature is right.

    Args:
        secret: The AccessKey secret as the console shows it.
        method: `GET` or `POST`, upper case.
        path: Always `/` in this API.
        query: In canonical form (`canonical_query` of the decoded parameters), without `?`.
        headers: Every header of the request by its lower-case name; `host` with the port where one is on the wire.
        signed_headers: Lower-case names, sorted; `host` and every `x-acs-*` at least.
        payload_hash: What `x-acs-content-sha256` says.

    Returns:
        64 lower-case hexadecimal digits.

    Raises:
        KeyError: `signed_headers` names a header that the request does not have.

    Source: the page above
    """
    canonical_headers = "".join(f"{name}:{headers[name].strip()}\n" for name in signed_headers)
    canonical = "\n".join([method, path, query, canonical_headers, ";".join(signed_headers), payload_hash])
    to_sign = f"{ALGORITHM}\n{sha256(canonical.encode()).hexdigest()}"
    return hmac.digest(secret.encode(), to_sign.encode(), "sha256").hex()


def authorization(*, access_key_id: str, signed_headers: Sequence[str], signature: str) -> str:
    """Return the value of the `Authorization` header; the vendor takes no space after its commas."""
    return f"{ALGORITHM} Credential={access_key_id},SignedHeaders={';'.join(signed_headers)},Signature={signature}"
