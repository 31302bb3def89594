from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from adapters.contract import AccountName, Region
from adapters.errors import AccessDenied, BadCredentials, ProviderError, Rejected, Throttled, Unreachable, Unreadable
from bot.domain import blind
from bot.domain.blind import About, Sight
from bot.domain.notice import AccountBody, Kind
from bot.domain.subscription import Place

NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
SHOW, OPS = Place(team="T", channel="C-show"), Place(team="T", channel="C-ops")
WHERE = {"account": AccountName("ali"), "region": Region("cn-shanghai"), "title": "Alibaba Cloud", "followed": 50}
ABOUT = About(**WHERE, places=frozenset({SHOW, OPS}))


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def after(*outcomes: tuple[float, ProviderError | None]) -> Sight:
    sight = Sight()
    for at, error in outcomes:
        sight = blind.look(sight, error, NOW + seconds(at))
    return sight


@pytest.mark.parametrize(
    ("outcomes", "asked_at", "is_blind"),
    [
        # Nothing has failed.
        ([], 0, False),
        ([(0, None)], 600, False),
        # A minute of failures.
        ([(0, Unreachable()), (5, Unreachable()), (59.9, Unreachable())], 59.9, False),
        ([(0, Unreachable()), (5, Unreachable()), (60, Unreachable())], 60, True),
        # A refused key is no other thing than a silent cloud: in both cases we see nothing.
        ([(0, BadCredentials()), (60, BadCredentials())], 60, True),
        # One failed read, long ago because nothing was followed meanwhile, is no blindness.
        ([(0, Unreachable())], 600, False),
        # What was seen between two failures begins the count again.
        ([(0, Unreachable()), (30, None), (60, Unreachable()), (65, Unreachable())], 65, False),
        ([(0, Unreachable()), (30, None), (60, Unreachable()), (120, Unreachable())], 120, True),
    ],
)
def test_an_account_is_blind_after_a_minute_of_failures(
    outcomes: list[tuple[float, ProviderError | None]], asked_at: float, *, is_blind: bool
):
    assert after(*outcomes).is_blind(NOW + seconds(asked_at)) is is_blind


def test_it_counts_from_the_first_failure():
    sight = after((0, None), (5, Unreachable()), (10, Throttled()))

    assert sight == Sight(failing_since=NOW + seconds(5), misses=2)


@pytest.mark.parametrize(
    ("error", "may"),
    [
        (Unreachable(), True),
        (BadCredentials(), True),
        (AccessDenied(), True),
        (Unreadable(), True),
        (Rejected(), False),
    ],
)
def test_a_rejected_id_says_nothing_of_the_account(error: ProviderError, *, may: bool):
    assert blind.hides(error) is may


def test_every_place_is_told_once_whatever_number_of_tasks_it_follows():
    told = blind.begun(7, ABOUT, error=BadCredentials("InvalidAccessKeyId", request_id="R-1"), since=NOW)

    assert [(notice.place, notice.kind, notice.cause) for notice in told] == [
        (OPS, Kind.ACCOUNT, "incident:7"),
        (SHOW, Kind.ACCOUNT, "incident:7"),
    ]
    assert told[0].body == AccountBody(
        error="BadCredentials", code="InvalidAccessKeyId", request_id="R-1", since=NOW, incident=7, **WHERE
    )


def test_the_end_says_how_long_it_lasted():
    told, *_ = blind.over(7, ABOUT, since=NOW, now=NOW + seconds(600))

    assert told.cause == "incident:7:end"
    assert told.body == AccountBody(
        error="", code="", request_id="", since=NOW, is_over=True, lasted=seconds(600), **WHERE
    )
