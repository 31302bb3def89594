"""
What we want to say outside, as it lies in the outbox: a domain message, dressed only when it is sent.

Bodies are kept as JSON with a version `v`; each release reads the previous release's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, TypeAdapter

from adapters.contract import AccountName, Plan, Region, Remark, TaskId, TaskRef, TaskState
from bot.domain.handling import Handling
from bot.domain.message import Look
from bot.domain.subscription import Place
from bot.domain.task import News, Successor, Why
from bot.domain.words import say


class Kind(StrEnum):
    """What sort of thing is sent where; one per (cause, destination) at most."""

    CARD = "card"  # the root message of a task in a channel: posted once, then edited; only the newest edit is kept
    REPLY = "reply"  # one change, under its card
    CHANNEL = "channel"  # the first bad change of an incident and its end, shown in the channel too
    BOARD = "board"  # the root message of an `all` subscription: counts, and the bad ones by name
    GROUP = "group"  # many tasks at once: one incident
    ACCOUNT = "account"  # a blind account, and that it is seen again
    DIGEST = "digest"  # a burst of changes as one message, edited while it goes on
    LINE = "line"  # who changed what others hear
    DIRECT = "direct"  # to one person, by direct message
    PAGE = "page"  # a call, in the channel: under the card and shown in the channel too, gathered into no digest
    CALL = "call"  # a call by something outside Slack; the place's channel is `pager:<name>`
    DRILL = "drill"  # a rehearsed outage: its root message, which becomes the table, and what stands under it


@dataclass(frozen=True, slots=True, kw_only=True)
class CardBody:
    """A followed task as it is now."""

    kind: Literal["card"] = "card"
    v: Literal[1] = 1
    look: Look
    confirmed: TaskState | None  # what the thread has told; differs from the look's while in doubt
    since: datetime | None
    since_longer: bool = False  # nobody saw the state begin
    until: datetime | None = None  # a person's plan
    unseen_since: datetime | None = None
    remarks: tuple[Why | Remark, ...] = ()  # conditions that hold: over-run, stalled, flapping …; what a callback said
    can_be_expected: bool = False  # button *Expected* (an end without a plan) or *Planned* (a stop without a reason)
    is_muted: bool = False
    muted_until: datetime | None = None
    thread_ts: str = ""  # it stands in somebody's thread, where they asked for it
    same_destination: tuple[str, ...] = ()  # other followed tasks that push to the same place, by name
    successor: Successor | None = None  # may have taken the relay over
    follows_successor: bool = False  # this place does already: then there is nothing to offer
    comes_with_news: bool = False  # nobody asked for it: not posted where the news are told in numbers
    handling: Handling | None = None  # as it is when this is sent; None: nothing is open here


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyBody:
    """One thing that happened to one task."""

    kind: Literal["reply"] = "reply"
    v: Literal[1] = 1
    ref: TaskRef
    provider: str
    title: str
    name: str
    plan: Plan
    news: News
    in_thread: bool = True  # of a CHANNEL one: under its card as well as in the channel, in one message


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardBody:
    """All tasks that an `all` or `match=` subscription sees, in numbers; the bad ones by name."""

    kind: Literal["board"] = "board"
    v: Literal[1] = 1
    account: AccountName
    title: str
    match: str
    counts: tuple[tuple[TaskState, int], ...]
    bad: tuple[ReplyBody, ...]  # the newest news of each bad task, at most ten
    bad_total: int
    at: datetime
    unseen_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupBody:
    """Many tasks of one account turned bad at once, or are back."""

    kind: Literal["group"] = "group"
    v: Literal[1] = 1
    account: AccountName
    region: Region
    title: str
    total: int
    still_bad: int
    names: tuple[str, ...]  # at most ten
    why: Why
    at: datetime
    is_over: bool = False
    lasted: timedelta | None = None
    handling: Handling | None = None  # as it is when this is sent; None: nothing is open here


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountBody:
    """We cannot see an account's tasks, or can again. Never a word about a task."""

    kind: Literal["account"] = "account"
    v: Literal[1] = 1
    account: AccountName
    region: Region
    title: str
    error: str  # its name in the tree of adapters/errors.py
    code: str
    request_id: str
    since: datetime
    followed: int  # how many followed tasks that hides
    incident: int = 0  # of the account
    is_mislaid: bool = False  # the cloud answers, and its list lacks too much: a person may say that it is right
    is_over: bool = False
    lasted: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestBody:
    """A burst: what would have been one message each, as one that is edited while the burst goes on."""

    kind: Literal["digest"] = "digest"
    v: Literal[1] = 1
    total: int  # changes in it
    counts: tuple[tuple[TaskState, int], ...]  # what they came to
    names: tuple[str, ...]  # the newest bad ones, at most ten
    since: datetime  # the first change
    until: datetime  # the last one so far


@dataclass(frozen=True, slots=True, kw_only=True)
class LineBody:
    """One line of ours: a sentence's key and what fills it. `user` did it."""

    kind: Literal["line"] = "line"
    v: Literal[1] = 1
    key: str
    user: str
    values: tuple[tuple[str, str], ...] = ()
    thread_ts: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """A level that was passed over because nobody of it could be called. `user` is empty for a gap."""

    step: int
    why: Literal["gap", "unknown", "deactivated", "empty"]
    user: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageBody:
    """
    A call for one incident, or what follows one: to a channel, a person or something outside Slack.

    Its parts say what happened in the words of whoever dresses it. The link to the thread is asked for when it is sent:
    the thread is under the card of the row's task, or else of its incident, in `channel`.
    """

    kind: Literal["page"] = "page"
    v: Literal[1] = 1
    act: Literal["trigger", "remind", "ack", "resolve", "drill", "drill_over"]
    incident: int
    response: int
    version: int  # of the response once this is put down: what a button of it was pressed on
    step: int  # 0: whoever is on call; n: the rota's n-th level
    attempt: int = 0  # how often that level was called again
    dedup_key: str  # the same for each attempt: a second sender is harmless
    mentions: tuple[str, ...] = ()  # user and group ids
    channel: str  # where its story is told
    account: AccountName
    region: Region
    title: str  # the cloud as people call it
    name: str = ""  # of the task; empty for a group or a blind account
    task_id: TaskId | None = None
    state: TaskState | None = None
    why: str  # a `Why`; of a blind account the error's name
    reason: str = ""  # the vendor's word
    because: str = ""  # why somebody is called now, as `domain.response.Because` has it
    opened_at: datetime
    at: datetime  # when it was put down
    late: timedelta | None = None  # after it was due: the bot was down
    count: int = 1  # tasks in it, with those of the responses that it calls for
    skipped: tuple[Skip, ...] = ()
    by: str = ""  # who acked or closed; whom a reminder reminds
    handling: Handling | None = None  # of a page that Slack has, edited: how it is now
    link: str = ""  # to the thread; never kept


class Step(StrEnum):
    """What a drill measures."""

    JUDGED = "judged"
    ON_CALL = "on_call"  # only where nobody is: then this is what failed
    CARD = "card"
    THREAD = "thread"
    CHANNEL = "channel"
    DIRECT = "direct"
    PAGER = "pager"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One step of a drill. `why` says what went wrong: our word, or the other side's code."""

    step: Step
    who: str = ""  # a user or group id; of a pager its name
    after: timedelta | None = None  # since the outage began; None: not delivered (yet)
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillBody:
    """A rehearsed outage: its root message; with `news` what is told under it; with `is_end` what it came to."""

    kind: Literal["drill"] = "drill"
    v: Literal[1] = 1
    drill: int
    by: str
    began_at: datetime
    within: timedelta  # each step has to come by then
    news: News | None = None
    steps: tuple[Measured, ...] = ()  # all of them, once it is over
    is_interrupted: bool = False
    is_end: bool = False

    @property
    def is_root(self) -> bool:
        return self.news is None and not self.is_end

    @property
    def lost(self) -> int:
        """How many steps did not come in time."""
        return sum(bool(step.why) for step in self.steps)

    @property
    def is_failed(self) -> bool:
        return self.is_interrupted or self.lost > 0


Body: TypeAlias = Annotated[
    CardBody | ReplyBody | BoardBody | GroupBody | AccountBody | DigestBody | LineBody | PageBody | DrillBody,
    Field(discriminator="kind"),
]
_BODIES: TypeAdapter[Body] = TypeAdapter(Body)


def to_json(body: Body) -> str:
    """Write a body for the outbox."""
    return _BODIES.dump_json(body).decode()


def from_json(text: str) -> Body:
    """
    Read a body back, this release's or the previous one's.

    Raises:
        ValueError: it is spoilt, or a newer release's: of another shape, or a line that has no words here.
    """
    body = _BODIES.validate_json(text)
    if isinstance(body, LineBody):
        _has_words(body)
    return body


def _has_words(body: LineBody) -> None:
    try:
        say(f"line.{body.key}", **{"user": body.user, **dict(body.values)})
    except KeyError:
        raise ValueError("there is no such line, or one of its values is missing") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """
    One row that shall go to the outbox.

    `cause` names what made it (`change:41`, `incident:7:end`, `card:12`, `line:9`): with destination and kind it is
    unique, so that the same news can never be put down twice. `task` is the store's id of the task it is about.
    """

    place: Place
    kind: Kind
    cause: str
    body: Body
    task: int | None = None
    subscription: int | None = None  # whose board it is
    incident: int | None = None  # whose group message it is, or (a REPLY without a task) goes under
    response: int | None = None  # whose call it is: taken back when that is acked, muted or closed
    user: str = ""  # of a DIRECT one
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Wake:
    """Something to look at at once; putting it twice costs nothing, losing it a few seconds."""

    what: Literal["deliver", "watch"]
    key: str  # "team channel"
