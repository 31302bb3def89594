"""
Responses: what one channel does about one incident, as values and as judgement. Pure.

A response has at most one thing due, and what is due is its timer: whoever saves it on top of the version that was read
has fired it, and nobody else has. Who is called is found when it fires and handed in; the levels are those of the
rota when it opened.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter

from bot.domain.handling import Handling
from bot.domain.rota import Level, Target, TargetKind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.domain.notice import Skip
    from bot.domain.subscription import Place

ACK: Final = timedelta(minutes=30)
LONGEST_ACK: Final = timedelta(hours=4)
SNOOZE: Final = timedelta(hours=24)
AGAIN: Final = timedelta(minutes=15)  # between calls of the last level
OFTEN: Final = 8  # so many of those, then hourly
HOURLY: Final = timedelta(hours=1)
LATE: Final = timedelta(seconds=60)  # a call that comes later than this says so
TOGETHER: Final = timedelta(seconds=60)  # what opens so soon after another of its kind is called for by that one
MOST_REASONS: Final = 20  # at one rank; a storm may bring more words than anybody reads

FIRST_STEP: Final = timedelta(minutes=5)  # where the rota has no level that says otherwise


class Due(StrEnum):
    """What a response does next, and why."""

    CALL = "call"  # the next level; the last one again where there is none
    WORSE = "worse"  # from here on: the level that it is at, once more. It got worse in kind
    CHANGED = "changed"  # a snooze ended by a change
    REOPENED = "reopened"
    LAPSED = "lapsed"  # nobody took it up again when an ack was over
    HELD = "held"  # a mute let it wait
    REMIND = "remind"  # whoever acked, because the ack is over
    LIFT = "lift"  # a snooze, because it is over


ANEW: Final = frozenset({Due.WORSE, Due.CHANGED, Due.REOPENED})  # called again because something happened


@dataclass(frozen=True, slots=True, kw_only=True)
class Badness:
    """
    How bad it is. `rank` is `domain.mute.RANK`'s; `reason` is the vendor's word.

    Of a group, and of what had several: the highest rank, and all reasons that were seen at it, a line each.
    """

    rank: int
    reason: str = ""

    def with_(self, other: Badness) -> Badness:
        """Return the worse of the two; of the same rank, with the reasons of both."""
        if other.rank != self.rank:
            return max(self, other, key=lambda each: each.rank)
        lines = dict.fromkeys([*self.reason.splitlines(), *other.reason.splitlines()])
        return replace(self, reason="\n".join(list(lines)[:MOST_REASONS]))

    def is_worse_than(self, before: Badness) -> bool:
        """Say whether this is a worse kind: RETRYING < STOPPED < ended early; another reason is another kind."""
        if self.rank != before.rank:
            return self.rank > before.rank
        known = before.reason.splitlines()
        return 0 < len(known) < MOST_REASONS and not set(self.reason.splitlines()) <= set(known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The levels after the first call, as the rota had them when the response opened."""

    levels: tuple[Level, ...] = ()

    @property
    def first_step(self) -> timedelta:
        """How long whoever is called has before the next one is."""
        return self.levels[0].after if self.levels else FIRST_STEP

    @property
    def last(self) -> int:
        """Number the last level; 0 is whoever is on call."""
        return len(self.levels)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """
    One channel's response to one incident; open while `closed_at` is None.

    `version` grows with each save. What was pressed on a version before `worsened` was pressed on something better.
    """

    id: int  # 0: not kept yet
    incident: int
    place: Place
    opened_at: datetime
    pages: bool  # somebody is called; without it, it can be acked and closed all the same
    policy: Policy
    badness: Badness
    version: int = 0
    step: int = -1  # the highest level called; -1: nobody yet, 0: whoever is on call
    attempt: int = 0  # how often that level was called again
    due_at: datetime | None = None
    due: Due | None = None
    leader: int | None = None  # the response that calls for this one as well
    acked_by: str = ""
    acked_at: datetime | None = None  # it stays until somebody is called: outside pagers hold it as acked so long
    ack_until: datetime | None = None  # None: nobody has acked, or the ack is over
    snoozed_by: str = ""
    assigned_to: str = ""
    worsened: int = 0  # the version with which it last got worse in kind
    called: tuple[str, ...] = ()  # the user and group ids of the last call
    calls: tuple[int, ...] = ()  # levels for which outside pagers were triggered and hold something open
    known_by: int | None = None  # the incident by which those know it, where a group has taken it over
    closed_at: datetime | None = None
    closed_why: str = ""

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def is_acked(self) -> bool:
        """Say whether somebody has it in hand: acked or snoozed, and that is not over."""
        return self.ack_until is not None

    @property
    def calls_itself(self) -> bool:
        return self.pages and self.leader is None

    @property
    def next_level(self) -> int:
        """Number the level whose turn it is when a call is due."""
        if self.due in {None, Due.CALL}:
            return min(self.step + 1, self.policy.last)
        return max(self.step, 0)


_POLICIES: Final = TypeAdapter(Policy)


def policy_to_json(policy: Policy) -> str:
    """Write a policy for the store."""
    return _POLICIES.dump_json(policy).decode()


def policy_from_json(text: str) -> Policy:
    """Read a policy back, this release's or the previous one's."""
    return _POLICIES.validate_json(text)


class Because(StrEnum):
    """Why somebody is called, or what came of a deed."""

    # why somebody is called
    OPENED = "opened"
    UNANSWERED = "unanswered"  # by the level before
    REPEATED = "repeated"  # there is no further level
    WORSE = "worse"  # of a deed: not done, for it was pressed on something better
    CHANGED = "changed"
    REOPENED = "reopened"
    LAPSED = "lapsed"
    HELD = "held"
    ASSIGNED = "assigned"
    # whom nobody calls
    ACK_OVER = "ack_over"
    SNOOZE_OVER = "snooze_over"
    # what came of a deed
    DONE = "done"
    TAKEN = "taken"  # somebody else has it in hand: `response.acked_by` since `acked_at`
    OVER = "over"  # closed at `response.closed_at`
    NOTHING = "nothing"


class Act(StrEnum):
    """What a call does: `PageBody.act`."""

    TRIGGER = "trigger"
    REMIND = "remind"
    ACK = "ack"  # from here on: outside pagers only
    RESOLVE = "resolve"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Whom a level comes to now: who is mentioned, and who of them (a group has members) is told in person."""

    mentions: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    skips: tuple[Skip, ...] = ()  # who of it cannot be called


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One page, to whom it goes and why."""

    act: Act
    step: int
    attempt: int = 0
    because: Because
    found: Found = Found()
    late: timedelta | None = None
    skipped: tuple[Skip, ...] = ()
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """
    What a deed, a change or a timer comes to.

    `response` is as it was where nothing is to be saved. `is_withdrawn`: its waiting calls are to be taken back first.
    """

    response: Response
    because: Because
    calls: tuple[Call, ...] = ()
    is_withdrawn: bool = False


def opened(response: Response, *, at: datetime, leader: int | None = None) -> Response:
    """
    Let a new response begin to call.

    Args:
        at: when the first call is due.
        leader: the response that calls for this one as well.
    """
    if not response.pages or leader is not None:
        return replace(response, leader=leader)
    return replace(response, due=Due.CALL, due_at=at)


def worsened(response: Response, badness: Badness, now: datetime, *, has_changed: bool = False) -> Outcome:
    """
    Take in how bad it is by now: an ack holds for the kind that it was given for, a snooze until any change.

    Args:
        badness: of the task; of a group, of all that are in it.
        has_changed: something else happened since the last time.
    """
    is_worse = badness.is_worse_than(response.badness)
    after = replace(response, badness=response.badness.with_(badness))
    if is_worse:
        after = replace(after, worsened=response.version + 1)
    is_void = response.is_acked and (is_worse or (has_changed and bool(response.snoozed_by)))
    is_void |= is_worse and response.due in {Due.HELD, Due.LAPSED}  # it has broken the mute; nobody was called for it
    if not response.is_open or not is_void:
        return Outcome(response=after if response.is_open else response, because=Because.NOTHING)
    due = Due.WORSE if is_worse else Due.CHANGED
    return Outcome(response=_called_again(after, due, now), because=Because(due))


def reopened(response: Response, badness: Badness, now: datetime) -> Outcome:
    """Open a response again whose incident came back: an ack that goes on holds, unless it is worse than that was."""
    if response.is_open:
        return worsened(response, badness, now, has_changed=True)
    after = replace(response, closed_at=None, closed_why="", leader=None, calls=())
    has_ack = after.ack_until is not None and after.ack_until > now and not after.snoozed_by
    if has_ack and not badness.is_worse_than(after.badness):
        after = replace(after, badness=after.badness.with_(badness))
        return Outcome(response=_going_on(after, now) if after.pages else after, because=Because.DONE)
    is_worse = badness.is_worse_than(after.badness)
    after = replace(
        after,
        badness=after.badness.with_(badness),
        worsened=response.version + 1 if is_worse else after.worsened,
    )
    return Outcome(response=_called_again(after, Due.REOPENED, now), because=Because.REOPENED)


def came_due(response: Response, found: Mapping[int, Found], now: datetime) -> Outcome:
    """
    Do what is due: call, remind or lift; once, however late.

    Args:
        found: whom the levels come to, from `response.next_level` on up to the first at which anybody can be called.
    """
    if not response.is_open or response.due is None or response.due_at is None or response.due_at > now:
        return Outcome(response=response, because=Because.NOTHING)
    if response.due in {Due.REMIND, Due.LIFT}:
        return _ended(response, now)
    return _called(response, response.due, found, now)


def postponed(response: Response, until: datetime) -> Response:
    """Let what is due wait for a mute's end; a call is then for the level that it was at."""
    if response.due in {Due.REMIND, Due.LIFT}:
        return replace(response, due_at=until)
    return replace(response, due=Due.HELD, due_at=until)


def held(response: Response, until: datetime) -> Response:
    """Call the same level again when a mute is over that took back a call."""
    return postponed(response, until) if response.due_at is not None else response


def released(response: Response, until: datetime) -> Response:
    """Let what waits for a mute's end wait no longer than until then; an ack that goes on is not reminded of sooner."""
    if response.due_at is None or response.due_at <= until:
        return response
    if response.due is Due.HELD:
        return replace(response, due_at=until)
    if response.due in {Due.REMIND, Due.LIFT} and response.ack_until is not None:
        return replace(response, due_at=min(response.due_at, max(until, response.ack_until)))
    return response


def rewound(response: Response, now: datetime) -> Response:
    """Bring what is due to where this clock would have put it at the latest: it was put down by one that was ahead."""
    if response.due_at is None or response.due is Due.HELD:
        return response
    if response.due in {Due.REMIND, Due.LIFT}:
        until = min(response.due_at, now + (LONGEST_ACK if response.due is Due.REMIND else SNOOZE))
        return replace(response, due_at=until, ack_until=min(until, response.ack_until or until))
    most = max(response.policy.first_step, _rest(response.policy, response.step, response.attempt))
    return replace(response, due_at=min(response.due_at, now + most))


def promoted(response: Response, now: datetime, *, leader: int | None = None) -> Response:
    """Let a response call for itself, or be led by another, because the one that called for it is over."""
    if leader is not None:
        return replace(response, leader=leader)
    return _going_on(replace(response, leader=None), now)


def paging(response: Response, policy: Policy, now: datetime) -> Response:
    """
    Begin to call for a response that nobody is called for: it is bad enough only now, or somebody asks for it.

    What was called before was called by other levels: it begins with whoever is on call.
    """
    if response.pages:
        return response
    after = replace(response, pages=True, policy=policy, step=-1, attempt=0)
    return _going_on(after, now) if response.is_open else after


def quieted(response: Response) -> Response:
    """Call nobody any more: whoever asked for that does not want it any longer."""
    return replace(response, pages=False, leader=None, due=None, due_at=None)


def unreachable(response: Response, user: str, now: datetime) -> Response:
    """
    Call the next level at once when the one person who was called takes no message.

    Where there is no next level the response goes on as it was: the same person would not take the next one either.
    """
    others = tuple(each for each in response.called if each != user)
    if not response.is_open or response.is_acked or user not in response.called:
        return response
    after = replace(response, called=others)
    if others or not response.calls_itself or response.step >= response.policy.last:
        return after
    return replace(after, due=Due.CALL, due_at=now)


def without(response: Response, user: str, now: datetime) -> Response:
    """
    Take somebody out who is forgotten: what they had in hand, or alone were called for, goes on at once.

    A level that was theirs stays and names nobody: the levels behind it keep their numbers, on which the causes of
    pages rest.
    """
    nobody = Target(kind=TargetKind.USER, id="")
    levels = [replace(level, target=nobody) if level.target.id == user else level for level in response.policy.levels]
    after = replace(
        unreachable(response, user, now),
        policy=replace(response.policy, levels=tuple(levels)),
        called=tuple(each for each in response.called if each != user),
        acked_by="" if response.acked_by == user else response.acked_by,
        snoozed_by="" if response.snoozed_by == user else response.snoozed_by,
        assigned_to="" if response.assigned_to == user else response.assigned_to,
    )
    if user != (response.acked_by if response.is_acked else response.assigned_to):
        return after
    after = _without_ack(after)
    if not response.is_open:
        return after
    return replace(after, due=Due.CALL, due_at=now) if after.calls_itself else replace(after, due=None, due_at=None)


def acked(
    response: Response, by: str, now: datetime, *, length: timedelta = ACK, pressed: int | None = None
) -> Outcome:
    """
    Let somebody have it in hand: nobody is called until that is over.

    Args:
        length: for how long, at most `LONGEST_ACK`.
        pressed: the version that a button carried; None: it was typed.

    Returns:
        DONE; or nothing to be saved because it is OVER, was TAKEN by somebody else before, or is WORSE than what was
        pressed.
    """
    return _taken(response, by, now, until=now + min(length, LONGEST_ACK), snoozed_by="", pressed=pressed)


def snoozed(
    response: Response, by: str, now: datetime, *, length: timedelta = SNOOZE, pressed: int | None = None
) -> Outcome:
    """Let it be silent until it changes, at most for a day. Args and outcome as `acked`."""
    return _taken(response, by, now, until=now + min(length, SNOOZE), snoozed_by=by, pressed=pressed)


def led_along(response: Response, leader: Response, now: datetime) -> Outcome:
    """Give a response the ack of the one that calls for it."""
    if leader.ack_until is None:
        return Outcome(response=response, because=Because.NOTHING)
    return _taken(response, leader.acked_by, now, until=leader.ack_until, snoozed_by=leader.snoozed_by, pressed=None)


def assigned(response: Response, to: str, by: str, now: datetime, *, pressed: int | None = None) -> Outcome:
    """
    Give it to a person: they are told, and have the first step's length to ack before the next level is called.

    From then on it is called for by itself: whoever has in hand what called for it may know nothing of this one.

    Returns:
        DONE, with the call to that person; OVER or WORSE as `acked`.
    """
    if (refused := _refused(response, pressed)) is not None:
        return Outcome(response=response, because=refused)
    after = replace(_without_ack(response), assigned_to=to, called=(to,), leader=None)
    if after.calls_itself:
        after = replace(after, due=Due.CALL, due_at=now + response.policy.first_step)
    found = Found(mentions=(to,), people=(to,))
    call = Call(act=Act.TRIGGER, step=max(response.step, 0), because=Because.ASSIGNED, found=found, by=by)
    return Outcome(response=after, because=Because.DONE, calls=(call,), is_withdrawn=True)


def closed(response: Response, why: str, now: datetime, *, by: str = "") -> Outcome:
    """End a response: with its incident, or because its place does not follow it any more."""
    if not response.is_open:
        return Outcome(response=response, because=Because.OVER)
    after = replace(response, closed_at=now, closed_why=why, due=None, due_at=None, calls=())
    calls = _outside(response, Act.RESOLVE, Because.DONE, by)
    return Outcome(response=after, because=Because.DONE, calls=calls, is_withdrawn=True)


def handling(response: Response, now: datetime) -> Handling:
    """
    Say who has a response in hand and until when, as messages show it.

    An ack that is over is none, also where nothing is due that ends it: nobody is called, or another calls for it.
    """
    is_held = response.ack_until is not None and response.ack_until > (response.closed_at or now)
    return Handling(
        response=response.id,
        version=response.version,
        by=response.acked_by if is_held else "",
        until=response.ack_until,
        is_snoozed=is_held and bool(response.snoozed_by),
        assigned_to="" if is_held else response.assigned_to,
        over_at=response.closed_at,
    )


def can_lead(response: Response, now: datetime) -> bool:
    """Say whether it calls for another of its kind that opens, or is to be called for again, now."""
    is_near = now - response.opened_at < TOGETHER or response.due in ANEW
    return response.is_open and response.calls_itself and not response.is_acked and is_near


def led(response: Response, leader: int) -> Response:
    """Let another one of its kind, which is to be called for now, call for this one as well."""
    return replace(response, leader=leader, due=None, due_at=None)


def _taken(
    response: Response, by: str, now: datetime, *, until: datetime, snoozed_by: str, pressed: int | None
) -> Outcome:
    if (refused := _refused(response, pressed)) is not None:
        return Outcome(response=response, because=refused)
    if response.ack_until is not None and response.ack_until > now and response.acked_by != by:
        return Outcome(response=response, because=Because.TAKEN)
    after = replace(
        response,
        acked_by=by,
        acked_at=now,
        ack_until=until,
        snoozed_by=snoozed_by,
        assigned_to="",
        due=None,
        due_at=None,
    )
    if after.calls_itself:
        after = replace(after, due=Due.LIFT if snoozed_by else Due.REMIND, due_at=until)
    calls = _outside(response, Act.ACK, Because.DONE, by)
    return Outcome(response=after, because=Because.DONE, calls=calls, is_withdrawn=True)


def _refused(response: Response, pressed: int | None) -> Because | None:
    if not response.is_open:
        return Because.OVER
    return Because.WORSE if pressed is not None and pressed < response.worsened else None


def _without_ack(response: Response) -> Response:
    return replace(response, acked_by="", ack_until=None, snoozed_by="", assigned_to="")


def _going_on(response: Response, now: datetime) -> Response:
    """Wait for the end of an ack or a snooze that goes on; without one, call at once."""
    if response.ack_until is not None and response.ack_until > now:
        return replace(response, due=Due.LIFT if response.snoozed_by else Due.REMIND, due_at=response.ack_until)
    return replace(response, ack_until=None, snoozed_by="", due=Due.CALL, due_at=now)


def _called_again(response: Response, due: Due, now: datetime) -> Response:
    """Call the level that it is at once more, at once, whoever had acked and whoever called for it."""
    after = replace(_without_ack(response), leader=None)
    return replace(after, due=due, due_at=now) if after.pages else after


def _ended(response: Response, now: datetime) -> Outcome:
    """Remind whoever had it in hand; then the calls go on."""
    why = Because.ACK_OVER if response.due is Due.REMIND else Because.SNOOZE_OVER
    after = replace(response, ack_until=None, snoozed_by="", due=Due.LAPSED, due_at=now + response.policy.first_step)
    found = Found(mentions=(response.acked_by,), people=(response.acked_by,))
    call = Call(
        act=Act.REMIND,
        step=max(response.step, 0),
        because=why,
        found=found,
        late=_late(response, now),
        by=response.acked_by,
    )
    return Outcome(response=after, because=why, calls=(call,))


def _called(response: Response, due: Due, found: Mapping[int, Found], now: datetime) -> Outcome:
    levels = [*range(response.next_level, response.policy.last + 1)]
    step = next((level for level in levels if found[level].mentions), levels[-1])
    skipped = tuple(skip for level in levels if level <= step for skip in found[level].skips)
    attempt = response.attempt + 1 if step == response.step else 0
    because = _why_now(response, due, attempt)
    # What an outside pager holds as acked would not wake anybody again: it is ended first.
    is_anew = due is not Due.CALL or response.acked_at is not None
    after = replace(
        response,
        step=step,
        attempt=attempt,
        due=Due.CALL,
        due_at=now + _rest(response.policy, step, attempt),
        acked_by="",
        acked_at=None,
        called=found[step].mentions,
        calls=tuple(dict.fromkeys([*(() if is_anew else response.calls), step])),
    )
    call = Call(
        act=Act.TRIGGER,
        step=step,
        attempt=attempt,
        because=because,
        found=found[step],
        late=_late(response, now),
        skipped=skipped,
    )
    ended = _outside(response, Act.RESOLVE, because, "") if is_anew else ()
    return Outcome(response=after, because=because, calls=(*ended, call))


def _late(response: Response, now: datetime) -> timedelta | None:
    late = None if response.due_at is None else now - response.due_at
    return late if late is not None and late > LATE else None


def _rest(policy: Policy, step: int, attempt: int) -> timedelta:
    """Say how long after a call of a level the next call is."""
    if step < 0:
        return FIRST_STEP
    if step < policy.last:
        return policy.levels[step].after
    return AGAIN if attempt < OFTEN else HOURLY


def _why_now(response: Response, due: Due, attempt: int) -> Because:
    if due is not Due.CALL:
        return Because(due)
    if response.step < 0:
        return Because.OPENED
    return Because.REPEATED if attempt else Because.UNANSWERED


def _outside(response: Response, act: Act, because: Because, by: str) -> tuple[Call, ...]:
    """Let what outside pagers hold open follow."""
    return tuple(Call(act=act, step=step, because=because, by=by) for step in response.calls)
