"""
What the bot says, as values. Cards dress them for Slack, the terminal prints them; nothing here knows how either looks.

(They live in the domain so that the pure cards reach them without reaching a flow, and through it the network.)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

from adapters.contract import AccountName, Region, Snapshot, TaskRef, TaskState
from bot.domain.calendar import Calendar
from bot.domain.figures import LaneFigures
from bot.domain.handling import Handling
from bot.domain.outlook import Outlook
from bot.domain.rota import Rota, Shift
from bot.domain.subscription import ChannelSettings
from bot.domain.task import News

if TYPE_CHECKING:
    from adapters.errors import ProviderError


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One task as one cloud told it: the answer card."""

    ref: TaskRef
    provider: str  # the registry's word
    title: str  # the cloud as people call it
    snapshot: Snapshot
    outlook: Outlook
    asked_at: datetime
    since: datetime | None = None  # the first look that saw this state without a break; None: this is the first
    shared_by: str = ""  # the Slack user who showed it to the channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One place that gave no answer, and who must act next."""

    ref: TaskRef
    provider: str
    title: str
    error: ProviderError


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """
    What every place said that could hold the task.

    Exactly one of them normally holds it. When none does, `absent` and `troubles` together name every place asked, so
    that "not found" is only said where everybody has answered.
    """

    task: str  # as it was typed
    looks: tuple[Look, ...] = ()
    absent: tuple[Look, ...] = ()  # places that say they have no such task
    troubles: tuple[Trouble, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The person's patience is spent; the answer follows in the same place."""

    titles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistyped:
    """What was typed makes no command, or names what does not exist."""

    failed: str
    instead: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """Understood and not done: who may, where, and how often."""

    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Helped:
    """
    Help; about one verb when there is one. `limited` people may read it and do nothing else.

    `here` is what the channel follows, where it follows anything.
    """

    verb: str = ""
    limited: bool = False
    titles: tuple[str, ...] = ()
    bot: str = ""  # the bot's Slack user id, for the hint how to mention it
    here: Listed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceShown:
    """How fast one API of an account is asked, of what its vendor allows."""

    api: str
    per_second: float
    documented: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountShown:
    """One account that may be asked here."""

    name: AccountName
    title: str
    regions: tuple[Region, ...]
    paces: tuple[PaceShown, ...]
    bound: timedelta | None = None  # where tasks are read in turns: how old what is known of one can be


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsShown:
    """What may be asked from this channel."""

    accounts: tuple[AccountShown, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Debugged:
    """What support needs; holds no secret."""

    version: str
    team: str
    channel: str
    user: str
    transport: str
    scopes: tuple[str, ...]
    store: str
    lanes: tuple[LaneFigures, ...]
    parked: tuple[tuple[str, int], ...] = ()  # what Slack did not take here for good: its code, and how often
    parked_elsewhere: int = 0  # in the workspace's other conversations


@dataclass(frozen=True, slots=True, kw_only=True)
class JustId:
    """A message that holds only the id, to copy."""

    task: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """
    What was changed, or why nothing was, sentence by sentence; `answer` is what the clouds said of it.

    The sentences hold names as they came: whoever shows them escapes them.
    """

    said: tuple[str, ...]
    answer: Answer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One of several that could be meant: what people read, and the command that means it alone."""

    label: str
    command: str  # without the slash command itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Several tasks could be meant: buttons to choose."""

    typed: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """
    One line of a list. `subscription` is the store's id of what can be unsubscribed here, None where nothing can.
    """

    name: str
    detail: tuple[str, ...]  # account and region, options, mutes
    state: TaskState | None = None  # None: of many tasks, or never read
    raw: str = ""
    seen_at: datetime | None = None
    bad: bool | None = None
    subscription: int | None = None
    ref: TaskRef | None = None
    channel: str = ""  # where, in a list over several channels


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """
    One page of a list. `again` is the command that shows it, without its page.

    `picks` is set where rows can be picked to be subscribed: the account that they are of.
    """

    title: str
    rows: tuple[Row, ...]
    total: int
    page: int
    pages: int
    again: str
    nothing: str  # what is said when there are no rows
    picks: AccountName | None = None
    troubles: tuple[Trouble, ...] = ()
    is_private: bool = False  # nobody else may read it, also where the answer would be everybody's


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What happened to a task in a while, the newest first; `total` counts also what is not shown."""

    name: str
    ref: TaskRef
    since: datetime
    happened: tuple[News, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCallShown:
    """
    Who is on call in a channel, now and in the coming fortnight; `said` is what was changed about it, if anything.

    Nobody else is to read it: each name in it would be called by it.
    """

    rota: Rota
    now: Shift
    coming: tuple[Shift, ...]  # empty where nobody was ever named
    gaps: tuple[Shift, ...]
    calendars: tuple[Calendar, ...]  # that the rota asks
    at: datetime
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Responded:
    """
    What came of a deed about an incident: it is done, or somebody or something was first.

    `by` has it in hand, or is the one to whom it is given; `ago` is since when somebody has it, or since when it is
    over, for the reason `why`.
    """

    verb: str  # ack, snooze, assign, close
    because: str  # as `domain.response.Because` has it
    number: int
    name: str  # as it came
    by: str = ""
    ago: timedelta | None = None
    until: datetime | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One open incident as a channel handles it."""

    number: int
    name: str
    region: Region
    account: AccountName
    state: TaskState | None  # None: of many tasks, or of an account that cannot be seen
    opened_at: datetime
    lasts: timedelta
    handling: Handling
    pages: bool  # somebody is called for it
    with_: int | None = None  # the incident that calls for this one too
    due: str = ""  # what comes next, as `domain.response.Due` has it; empty: nothing
    due_at: datetime | None = None
    level: int = 0  # that is called next
    who: str = ""  # of that level: a user or group id, or a calendar's name; empty where that shows when it is called


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    """Changes that a burst gathers into one message: said at `digest_at`, or said and joined by more for a while."""

    count: int
    digest_at: datetime | None = None
    joins_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentsShown:
    """What a channel is at, the oldest first; `total` counts also what is not shown."""

    incidents: tuple[Incident, ...]
    total: int
    held_back: HeldBack | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowForm:
    """The dialog that takes many ids. With `thread_ts` what is subscribed is told under that message."""

    thread_ts: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseForm:
    """The dialog that asks why an incident is closed; the button knew the response and its version."""

    response: int
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsForm:
    """The dialog of a channel's settings, as they are."""

    settings: ChannelSettings
    may_allow_shared: bool = False  # it is shared with another workspace, and an admin asks


Message: TypeAlias = (
    Answer
    | Waiting
    | Mistyped
    | Declined
    | Helped
    | AccountsShown
    | Debugged
    | JustId
    | Done
    | Choice
    | Listed
    | Past
    | OnCallShown
    | Responded
    | IncidentsShown
)
Form: TypeAlias = FollowForm | SettingsForm | CloseForm  # opened as a dialog where there can be one
