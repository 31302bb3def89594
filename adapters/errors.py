"""
What can go wrong between us and a cloud, named by who must act next.

    ProviderError
      x Refused        the operator     nothing but a changed setting, right or question helps; never retried
        x BadCredentials                the key, its secret or its token is wrong, switched off or expired
        x AccessDenied                  the key is good and may not do this
        x WrongRegion                   the region or the service does not exist for this account
        x Rejected                      the cloud does not take the request as it stands
      x Unavailable    time             waiting helps; the lane sends that request again
        x Throttled                     too many requests, ours or a neighbour's on the same budget
        x Unreachable                   no answer, or the cloud says that it is broken
        x ClockSkew                     our clock and the cloud's differ too much to be believed
      x Unreadable     a maintainer     an answer that makes no sense; never retried, its body is never shown

An error carries the vendor's code and request id, which are safe to show. It never carries a body, a URL or a vendor's
free text: those can hold push keys, account numbers and signatures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta


class ProviderError(Exception):
    """
    A cloud did not answer the question.

    Args:
        code: The vendor's own error code or, where there was none, what we saw instead (`HTTP 502`); safe to show.
        request_id: The vendor's request id, for its support; empty when there was none.
        detail: One short sentence of ours for the reader; safe to show, never copied from a reply.
    """

    def __init__(self, code: str = "", *, request_id: str = "", detail: str = "") -> None:
        self.code = code
        self.request_id = request_id
        self.detail = detail
        super().__init__(code, request_id, detail)

    def __str__(self) -> str:
        said = " ".join(part for part in (self.code, self.detail) if part)
        return f"{type(self).__name__}: {said}" if said else type(self).__name__


class Refused(ProviderError):
    """The cloud understood and says no; somebody must change something."""


class BadCredentials(Refused):
    """The key, its secret or its token is wrong, switched off or expired."""


class AccessDenied(Refused):
    """
    The key is good and may not do this.

    Args:
        action: The vendor's name of the missing right (`live:DescribeLivePullToPush`), where the reply named it.
    """

    def __init__(self, code: str = "", *, request_id: str = "", detail: str = "", action: str = "") -> None:
        super().__init__(code, request_id=request_id, detail=detail)
        self.action = action


class WrongRegion(Refused):
    """The region, or the service in it, does not exist for this account."""


class Rejected(Refused):
    """The cloud does not take the request as it stands: a wrong id, or our own mistake."""


class Unavailable(ProviderError):
    """Nothing is known now; waiting helps."""


class Throttled(Unavailable):
    """
    Too many requests, ours or a neighbour's on the same budget.

    Args:
        retry_after: How long the cloud asks us to wait; None when it did not say.
    """

    def __init__(
        self, code: str = "", *, request_id: str = "", detail: str = "", retry_after: timedelta | None = None
    ) -> None:
        super().__init__(code, request_id=request_id, detail=detail)
        self.retry_after = retry_after


class Unreachable(Unavailable):
    """No answer in time, a broken connection, or the cloud says that it is broken."""


class ClockSkew(Unavailable):
    """
    Our clock and the cloud's differ too much: what we signed is not believed.

    Args:
        server_at: The cloud's own time when it said so (aware UTC); None when it did not say.
    """

    def __init__(
        self, code: str = "", *, request_id: str = "", detail: str = "", server_at: datetime | None = None
    ) -> None:
        super().__init__(code, request_id=request_id, detail=detail)
        self.server_at = server_at


class Unreadable(ProviderError):
    """
    An answer that makes no sense: no JSON, or without the fields that the vendor's page promises.

    `detail` holds the answer's shape (names and types of its fields, never a value), made by `contract.shape`.
    """


def by_status(status: int) -> ProviderError | None:
    """
    Say what an HTTP status means where the cloud gave no code of its own; None below 400.

    429 is Throttled, 408 and 5xx Unreachable, 401 BadCredentials, 403 AccessDenied, any other 4xx Rejected.
    """
    code = f"HTTP {status}"
    match status:
        case 429:
            return Throttled(code)
        case 401:
            return BadCredentials(code)
        case 403:
            return AccessDenied(code)
        case 408:
            return Unreachable(code)
        case _ if status >= 500:
            return Unreachable(code)
        case _:
            return Rejected(code) if status >= 400 else None
