from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.figures import Beat
from bot.domain.healthy import Signs, ails


def seen(region: str = "cn-shanghai", *, age_s: float | None = 4.0, is_failing: bool = False) -> Beat:
    return Beat(account="aliyun", region=region, age_s=age_s, is_failing=is_failing)


def ago(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


NEW = seen(age_s=None)  # it was followed a moment ago, or nobody has looked since
BLIND = seen("ap-southeast-1", age_s=7200, is_failing=True)

# What was found, and what keeps somebody from being woken.
LOOPS = [
    ("nothing is followed, nothing waits", Signs(beats=()), ()),
    ("all is seen", Signs(beats=(seen(), seen("cn-beijing"))), ()),
    ("just seen in time", Signs(beats=(seen(age_s=90),)), ()),
    (
        "nobody looks any more",
        Signs(beats=(seen(age_s=91),)),
        ("aliyun cn-shanghai is not looked at", "no cloud is seen"),
    ),
    ("never looked at", Signs(beats=(seen("cn-beijing"), NEW)), ("aliyun cn-shanghai is not looked at",)),
    ("one region is blind, and that is told", Signs(beats=(seen(), BLIND)), ()),
    ("all are blind: it may be us", Signs(beats=(BLIND,)), ("no cloud is seen",)),
    ("a turn is late", Signs(beats=(), read_late=ago(181)), ("tasks are not read",)),
    ("a turn is a little late", Signs(beats=(), read_late=ago(180)), ()),
    ("a call is under way", Signs(beats=(), call=ago(120)), ()),
    ("a call waits, and other things move", Signs(beats=(), call=ago(121), said=ago(1)), ("a call is not delivered",)),
    ("much waits, and moves", Signs(beats=(), unsaid=ago(900), said=ago(1)), ()),
    ("much waits, and nothing moves", Signs(beats=(), unsaid=ago(121), said=ago(121)), ("nothing that waits is said",)),
    ("it waits, and nothing was ever said", Signs(beats=(), unsaid=ago(121)), ("nothing that waits is said",)),
    ("it has not waited for long", Signs(beats=(), unsaid=ago(120)), ()),
    ("nothing was said for long, for nothing waits", Signs(beats=(), said=ago(9000)), ()),
    ("a timer fires in time", Signs(beats=(), timer=ago(60)), ()),
    ("a timer is late", Signs(beats=(), timer=ago(61)), ("a timer is late",)),
]


@pytest.mark.parametrize(("signs", "found"), [row[1:] for row in LOOPS], ids=[row[0] for row in LOOPS])
def test_the_loop_is_whole_or_it_is_said_what_is_not(signs: Signs, found: tuple[str, ...]):
    assert ails(signs) == found
