from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from adapters import errors
from adapters.errors import (
    AccessDenied,
    BadCredentials,
    ClockSkew,
    ProviderError,
    Refused,
    Rejected,
    Throttled,
    Unavailable,
    Unreachable,
    Unreadable,
    WrongRegion,
    by_status,
)

LEAVES = [BadCredentials, AccessDenied, WrongRegion, Rejected, Throttled, Unreachable, ClockSkew, Unreadable]


def test_the_tree_in_the_docstring_is_the_tree_in_the_code():
    drawn = re.findall(r"^ +(?:x )?([A-Z]\w+)", errors.__doc__ or "", re.MULTILINE)
    coded = [name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, ProviderError)]

    assert drawn[: len(coded)] == coded


@pytest.mark.parametrize("kind", LEAVES)
def test_an_error_says_its_name_its_code_and_our_sentence(kind: type[ProviderError]):
    error = kind("HTTP 502", request_id="r-1", detail="the cloud is broken")

    assert str(error) == f"{kind.__name__}: HTTP 502 the cloud is broken"
    assert str(kind()) == kind.__name__
    assert (error.code, error.request_id, error.detail) == ("HTTP 502", "r-1", "the cloud is broken")


def test_who_must_act_is_in_the_type():
    by_whom = {kind: [group for group in (Refused, Unavailable) if issubclass(kind, group)] for kind in LEAVES}

    assert by_whom == {
        BadCredentials: [Refused],
        AccessDenied: [Refused],
        WrongRegion: [Refused],
        Rejected: [Refused],
        Throttled: [Unavailable],
        Unreachable: [Unavailable],
        ClockSkew: [Unavailable],
        Unreadable: [],
    }


def test_some_errors_carry_what_mends_them():
    assert AccessDenied("Forbidden.RAM", action="live:DescribeLivePullToPush").action == "live:DescribeLivePullToPush"
    assert Throttled(retry_after=timedelta(seconds=2)).retry_after == timedelta(seconds=2)
    assert ClockSkew(server_at=datetime(2026, 11, 21, tzinfo=UTC)).server_at == datetime(2026, 11, 21, tzinfo=UTC)
    assert (AccessDenied().action, Throttled().retry_after, ClockSkew().server_at) == ("", None, None)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, None),
        (204, None),
        (302, None),
        (400, Rejected),
        (401, BadCredentials),
        (403, AccessDenied),
        (404, Rejected),
        (408, Unreachable),
        (429, Throttled),
        (500, Unreachable),
        (502, Unreachable),
        (599, Unreachable),
    ],
)
def test_a_status_without_a_code_still_says_who_must_act(status: int, kind: type[ProviderError] | None):
    error = by_status(status)

    assert (None if error is None else type(error)) == kind
    assert error is None or error.code == f"HTTP {status}"
