"""
To whom a call goes, under which cause, and what it says.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from adapters.contract import AccountName, Region, TaskId, TaskState
from bot.domain.notice import Kind, PageBody, from_json, to_json
from bot.domain.page import About, pager, pages
from bot.domain.response import Act, Badness, Because, Call, Found, Policy, Response
from bot.domain.subscription import Place

if TYPE_CHECKING:
    from bot.domain.notice import Notice

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
SHOW = Place(team="T1", channel="C1")
NIGHT = pager("T1", "night")
RESPONSE = Response(
    id=7,
    incident=3,
    place=SHOW,
    opened_at=NOW,
    pages=True,
    policy=Policy(),
    badness=Badness(rank=2),
    version=4,
)
ABOUT = About(
    account=AccountName("aliyun"),
    region=Region("cn-shanghai"),
    title="Alibaba Cloud",
    opened_at=NOW,
    why="stopped",
    task=12,
    task_id=TaskId("t-1"),
    name="main-en",
    state=TaskState.STOPPED,
)
FOUND = Found(mentions=("S0OPS",), people=("U0ANN", "U0BOB", "U0ANN"))
TRIGGER = Call(act=Act.TRIGGER, step=1, attempt=2, because=Because.REPEATED, found=FOUND, late=timedelta(minutes=42))


def composed(call: Call, about: About = ABOUT) -> tuple[Notice, ...]:
    return pages(call, RESPONSE, about, pagers=[NIGHT], with_=3, now=NOW)


ONE = Found(mentions=("U0ANN",), people=("U0ANN",))
CALLS: list[tuple[str, Call, list[tuple[Kind, str]], str]] = [
    ("a call goes to the channel, each person once and each pager", TRIGGER,
     [(Kind.PAGE, "C1"), (Kind.DIRECT, "U0ANN"), (Kind.DIRECT, "U0BOB"), (Kind.CALL, "pager:night")], "page:7:1.2:5"),
    ("a reminder goes to whoever acked and to no pager",
     Call(act=Act.REMIND, step=0, because=Because.ACK_OVER, found=ONE),
     [(Kind.PAGE, "C1"), (Kind.DIRECT, "U0ANN")], "page:7:remind:0:5"),
    ("whoever it is given to is told alone: the channel hears a line",
     Call(act=Act.TRIGGER, step=0, because=Because.ASSIGNED, found=ONE),
     [(Kind.DIRECT, "U0ANN")], "page:7:assigned:0:5"),
    ("an ack is for pagers alone", Call(act=Act.ACK, step=0, because=Because.DONE), [(Kind.CALL, "pager:night")],
     "page:7:ack:0:5"),
    ("and so is the end", Call(act=Act.RESOLVE, step=1, because=Because.DONE), [(Kind.CALL, "pager:night")],
     "page:7:resolve:1:5"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "places", "cause"), [row[1:] for row in CALLS], ids=[row[0] for row in CALLS])
def test_to_whom_a_call_goes(call: Call, places: list[tuple[Kind, str]], cause: str):
    put = composed(call)

    assert [(notice.kind, notice.place.channel) for notice in put] == places
    assert {notice.cause for notice in put} == {cause}
    assert {(notice.response, notice.task, notice.incident) for notice in put} == {(7, 12, None)}
    assert all((notice.user == notice.place.channel) is (notice.kind is Kind.DIRECT) for notice in put)


def test_a_call_says_what_happened_and_comes_back_from_the_outbox():
    body = composed(TRIGGER)[0].body

    assert isinstance(body, PageBody)
    assert from_json(to_json(body)) == body
    assert (body.act, body.because, body.late, body.version) == ("trigger", "repeated", timedelta(minutes=42), 5)
    assert (body.name, body.state, body.count, body.mentions) == ("main-en", TaskState.STOPPED, 4, ("S0OPS",))


def test_each_attempt_at_a_level_is_one_thing_to_a_pager():
    again = replace(TRIGGER, attempt=3)

    keys = {notice.body.dedup_key for call in (TRIGGER, again) for notice in composed(call)}  # type: ignore[union-attr]

    assert keys == {"relaybot:3:1"}


def test_a_call_about_many_goes_under_the_message_of_their_group():
    about = replace(ABOUT, task=None, task_id=None, name="", state=None, group=3, count=200)

    assert {(notice.task, notice.incident) for notice in composed(TRIGGER, about)} == {(None, 3)}
