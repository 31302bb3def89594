"""
The moments at which the battery ends a process, each by its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

LIST: Final = "DescribeLivePullToPushList"


@dataclass(frozen=True, slots=True, kw_only=True)
class AtDoor:
    """It ends while its request is held: before the work is done or after it, the answer unheard."""

    server: str
    api: str
    done: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AtCommit:
    """
    It ends at a commit; see `victim.KINDS`.

    A task that moves causes at least so many commits of the kind: its card is edited while in doubt and when that is
    over, and one reply is posted; the news of it is written in two transactions.
    """

    kind: str
    when: str
    among: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AtMute:
    """It ends while it writes down that somebody mutes a task; the person asks again."""

    when: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AtAck:
    """It ends while it writes down that somebody who was called has it in hand; they press again where that is free."""

    when: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AtAnswer:
    """It ends when its answer to whoever pressed Ack was taken, and nobody has told it so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AtTimer:
    """It ends while a timer fires: the first call, or the next level's five minutes later."""

    when: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AtHandover:
    """It ends while it writes down that somebody else is on call now."""

    when: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AtMigration:
    """It ends at one of the statements that make the tables."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AtLeaving:
    """It is asked to leave while it has things to say, and ends before it is done with that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AtAnyMoment:
    """It ends at some moment of telling."""


MIGRATION: Final = "in a migration"
Point: TypeAlias = AtDoor | AtCommit | AtMute | AtMigration | AtLeaving | AtAnyMoment
NightPoint: TypeAlias = AtDoor | AtMute | AtAck | AtAnswer | AtTimer | AtHandover

POINTS: Final[Mapping[str, Point]] = {
    "before the poll is answered": AtDoor(server="aliyun", api=LIST, done=False),
    "after the poll, before the commit": AtCommit(kind="news", when="before", among=2),
    "in the commit of the news": AtCommit(kind="news", when="during", among=2),
    "after the commit, before anybody is woken": AtCommit(kind="news", when="after", among=2),
    "after the claim, before the send": AtCommit(kind="begin", when="after", among=3),
    "post sent, not taken": AtDoor(server="slack", api="chat.postMessage", done=False),
    "post taken, reply unheard": AtDoor(server="slack", api="chat.postMessage", done=True),
    "after the reply, before the mark": AtCommit(kind="mark", when="before", among=3),
    "in the commit of the mark": AtCommit(kind="mark", when="during", among=3),
    "between the card and its thread": AtCommit(kind="mark", when="after", among=3),
    "edit sent, not taken": AtDoor(server="slack", api="chat.update", done=False),
    "edit taken, reply unheard": AtDoor(server="slack", api="chat.update", done=True),
    "before the commit of a mute": AtMute(when="before"),
    "in the commit of a mute": AtMute(when="during"),
    "after the commit of a mute": AtMute(when="after"),
    MIGRATION: AtMigration(),
    "while it leaves": AtLeaving(),
    "at any moment": AtAnyMoment(),
}

# Those of a night in which somebody is called.
NIGHT: Final[Mapping[str, NightPoint]] = {
    "before the commit of an ack": AtAck(when="before"),
    "in the commit of an ack": AtAck(when="during"),
    "after the commit of an ack, before its reply": AtAck(when="after"),
    "after the reply to an ack": AtAnswer(),
    "before the commit of a mute of what calls": AtMute(when="before"),
    "in the commit of a mute of what calls": AtMute(when="during"),
    "after the commit of a mute of what calls": AtMute(when="after"),
    "a timer fires: before its commit": AtTimer(when="before"),
    "a timer fires: in its commit": AtTimer(when="during"),
    "a timer fires: after its commit": AtTimer(when="after"),
    "call taken by Slack, reply unheard": AtDoor(server="slack", api="chat.postMessage", done=True),
    "between Slack and the forward": AtDoor(server="pager", api="pagerduty", done=False),
    "forward taken, reply unheard": AtDoor(server="pager", api="pagerduty", done=True),
    "webhook taken, reply unheard": AtDoor(server="pager", api="webhook", done=True),
    "before the commit of a hand-over": AtHandover(when="before"),
    "in the commit of a hand-over": AtHandover(when="during"),
    "after the commit of a hand-over": AtHandover(when="after"),
}

# The transaction of a kind that is about a reply: behind the one that puts it down, the card is begun first.
LATE: Final[Mapping[str, Mapping[str, object]]] = {
    "news": {"kind": "told"},
    "begin": {"kind": "begin", "since": "told", "nth": 2},
}
