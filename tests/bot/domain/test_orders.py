"""
Whatever comes after whatever: a response that calls somebody always has something due, and nothing breaks it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest

from bot.domain import response as judge
from bot.domain.pager import unheard
from bot.domain.response import Badness, Due, Found, Policy, Response
from bot.domain.rota import MOST_LEVELS, Level, Target, TargetKind
from bot.domain.subscription import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PEOPLE = ("U0ANN", "U0BOB", "U0CAT")
LEADER = 5
EVENTS = 40


def some_policy(random: Random) -> Policy:
    names = random.choices(PEOPLE, k=random.randrange(3))
    return Policy(levels=tuple(Level(after=5 * MINUTE, target=Target(kind=TargetKind.USER, id=name)) for name in names))


def some_response(random: Random) -> Response:
    """One that has just opened: it calls, another one calls for it, or nobody is called."""
    response = Response(
        id=7,
        incident=3,
        place=Place(team="T1", channel="C1"),
        opened_at=NOW,
        pages=random.random() < 0.8,
        policy=some_policy(random),
        badness=Badness(rank=1, reason="a"),
    )
    return judge.opened(response, at=NOW, leader=random.choice((None, LEADER)) if response.pages else None)


def events(one: Response, now: datetime, random: Random) -> Iterator[Callable[[], Response]]:
    """Name what may happen to a response next."""
    who, policy = random.choice(PEOPLE), some_policy(random)
    bad = Badness(rank=random.randrange(4), reason=random.choice(("", "a", "b")))
    yield lambda: judge.acked(one, who, now).response
    yield lambda: judge.snoozed(one, who, now).response
    yield lambda: judge.assigned(one, who, PEOPLE[0], now).response
    yield lambda: judge.worsened(one, bad, now, has_changed=True).response
    yield lambda: judge.without(one, who, now)
    yield lambda: judge.unreachable(one, who, now)
    yield lambda: unheard(one, one.step, now)
    if not one.is_open:
        yield lambda: judge.reopened(one, bad, now).response
        return
    yield lambda: judge.closed(one, "recovered", now).response
    yield lambda: judge.quieted(one)
    yield lambda: judge.paging(one, policy, now)
    if one.leader is not None:
        other = replace(one, acked_by=who, ack_until=now + judge.ACK)
        yield lambda: judge.led_along(one, other, now).response
        yield lambda: judge.promoted(one, now, leader=random.choice((None, LEADER + 1)))
    if (due_at := one.due_at) is not None:
        levels = range(MOST_LEVELS + 1)
        found = {level: Found(mentions=(who,)) if random.random() < 0.8 else Found() for level in levels}
        yield lambda: judge.came_due(one, found, max(due_at, now)).response
        yield lambda: judge.postponed(one, max(due_at, now) + 60 * MINUTE)
        yield lambda: judge.released(one, now)
        yield lambda: judge.rewound(one, now - 300 * MINUTE)


def wrong_with(one: Response) -> list[str]:
    """Name what may never be said of a response."""
    calls = one.is_open and one.calls_itself
    waits = one.due in {Due.REMIND, Due.LIFT}
    rules = {
        "it calls, and nothing is due": calls and (one.due is None or one.due_at is None),
        "it does not call, and something is due": not calls and one.due is not None,
        "somebody has it in hand, and it calls": calls and one.is_acked is not waits,
        "nobody has it in hand": one.is_acked and not one.acked_by,
        "it is past its last level": one.step > one.policy.last,
        "it is snoozed, and nobody has it in hand": bool(one.snoozed_by) and not one.is_acked,
        "it waits for somebody, and is in hand": bool(one.assigned_to) and one.is_acked,
    }
    return [rule for rule, is_broken in rules.items() if is_broken]


@pytest.mark.parametrize("seed", range(150))
def test_in_whatever_order_things_happen_a_response_that_calls_has_something_due(seed: int):
    random = Random(seed)  # noqa: S311 - not for secrets
    one, now, told = some_response(random), NOW, list[Response]()
    for _ in range(EVENTS):
        now = max(now + random.choice((0, 1, 5, 30, 90)) * MINUTE, one.due_at or now if random.random() < 0.5 else now)
        happened = random.choice(list(events(one, now, random)))()
        one = replace(happened, version=one.version + (happened != one))
        told.append(one)

        assert wrong_with(one) == [], (seed, told[-3:])
