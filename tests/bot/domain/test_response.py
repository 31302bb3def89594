"""
What a response does when it opens, gets worse, comes due, is taken in hand, or ends.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.domain import response as judge
from bot.domain.notice import Skip
from bot.domain.response import (
    AGAIN,
    FIRST_STEP,
    HOURLY,
    MOST_REASONS,
    Act,
    Badness,
    Because,
    Due,
    Found,
    Policy,
    Response,
    policy_from_json,
    policy_to_json,
)
from bot.domain.rota import Level, Target, TargetKind
from bot.domain.subscription import Place

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
ANN, BOB, CAT = "U0ANN", "U0BOB", "U0CAT"
LEVELS = tuple(
    Level(after=after, target=Target(kind=TargetKind.USER, id=user))
    for user, after in ((BOB, 5 * MINUTE), (CAT, 10 * MINUTE))
)
OPENED = Response(
    id=7,
    incident=3,
    place=Place(team="T1", channel="C1"),
    opened_at=NOW,
    pages=True,
    policy=Policy(levels=LEVELS),
    badness=Badness(rank=1, reason="PullFailed"),
    version=4,
    due=Due.CALL,
    due_at=NOW,
)
WORSE = Badness(rank=2, reason="PullFailed")


def after(**changed: Any) -> Response:
    return replace(OPENED, **changed)


CALLED = after(step=0, called=(ANN,), calls=(0,), due_at=NOW + 5 * MINUTE)
ACKED = replace(
    CALLED, acked_by=ANN, acked_at=NOW, ack_until=NOW + 30 * MINUTE, due=Due.REMIND, due_at=NOW + 30 * MINUTE
)
SNOOZED = replace(ACKED, snoozed_by=ANN, due=Due.LIFT)
CLOSED = replace(CALLED, closed_at=NOW, closed_why="recovered", due=None, due_at=None, calls=())


def person(user: str) -> Found:
    return Found(mentions=(user,), people=(user,))


def nobody(step: int, why: Any = "gap", user: str = "") -> Found:
    return Found(skips=(Skip(step=step, why=why, user=user),))


NOBODY = {0: nobody(0), 1: nobody(1, "deactivated", BOB), 2: nobody(2, "unknown", CAT)}
EVERYBODY = {0: person(ANN), 1: person(BOB), 2: person(CAT)}


# ── how bad ──

BADNESS = [
    ("a higher rank is worse", (1, "a"), (2, "a"), True),
    ("a lower one is not, whatever is said", (2, "a"), (1, "b"), False),
    ("another reason is another kind", (2, "a"), (2, "b"), True),
    ("the same reason is the same", (2, "a"), (2, "a"), False),
    ("one of several reasons that were there is the same", (2, "a\nb"), (2, "b"), False),
    ("one that was not there is another kind", (2, "a\nb"), (2, "a\nc"), True),
    ("no reason is no other reason", (2, "a"), (2, ""), False),
    ("a reason where none was known tells nothing new", (2, ""), (2, "a"), False),
    ("of very many reasons none is new", (2, "\n".join(map(str, range(MOST_REASONS)))), (2, "x"), False),
]


@pytest.mark.parametrize(("before", "now", "is_worse"), [row[1:] for row in BADNESS], ids=[row[0] for row in BADNESS])
def test_what_is_worse_in_kind(before: tuple[int, str], now: tuple[int, str], *, is_worse: bool):
    old, new = (Badness(rank=rank, reason=reason) for rank, reason in (before, now))

    assert new.is_worse_than(old) is is_worse


def test_of_two_the_worse_is_kept_and_of_equals_all_reasons():
    low, high = Badness(rank=1, reason="a"), Badness(rank=2, reason="b")

    assert (low.with_(high), high.with_(low)) == (high, high)
    assert high.with_(Badness(rank=2, reason="c\nb")).reason == "b\nc"


def test_a_policy_comes_back_from_the_store_as_it_went_in():
    assert policy_from_json(policy_to_json(OPENED.policy)) == OPENED.policy


# ── opening ──


def test_a_response_that_pages_calls_when_it_opens():
    assert judge.opened(after(due=None, due_at=None), at=NOW + MINUTE).due_at == NOW + MINUTE


@pytest.mark.parametrize(("pages", "leader"), [(False, None), (True, 5)])
def test_one_that_does_not_page_or_is_called_for_has_nothing_due(*, pages: bool, leader: int | None):
    opened = judge.opened(after(pages=pages, due=None, due_at=None), at=NOW, leader=leader)

    assert (opened.due, opened.leader) == (None, leader)


LEADS = [
    ("one that opened just now", OPENED, True),
    ("not one that opened a minute ago", after(opened_at=NOW - MINUTE), False),
    ("but one that got worse just now", after(opened_at=NOW - HOUR, due=Due.WORSE), True),
    ("and one that is back just now", after(opened_at=NOW - HOUR, due=Due.REOPENED), True),
    ("not one that does not page", after(pages=False), False),
    ("not one that is called for itself", after(leader=2), False),
    ("not one that somebody has in hand", ACKED, False),
    ("not one that is over", CLOSED, False),
]


@pytest.mark.parametrize(("response", "leads"), [row[1:] for row in LEADS], ids=[row[0] for row in LEADS])
def test_which_response_calls_for_another(response: Response, *, leads: bool):
    assert judge.can_lead(response, NOW) is leads


def test_who_is_called_first_has_five_minutes_where_no_level_says_otherwise():
    assert (Policy().first_step, OPENED.policy.first_step) == (FIRST_STEP, 5 * MINUTE)


# ── coming due ──

# One sentence a row: the response, who can be called, at which level, why, how many attempts, when next.
DUE: list[tuple[str, Response, dict[int, Found], int, Because, int, timedelta]] = [
    ("whoever is on call is called first", OPENED, EVERYBODY, 0, Because.OPENED, 0, 5 * MINUTE),
    ("the second level after that", after(step=0), EVERYBODY, 1, Because.UNANSWERED, 0, 10 * MINUTE),
    ("the last level is not the end", after(step=1), EVERYBODY, 2, Because.UNANSWERED, 0, AGAIN),
    ("the last level again", after(step=2), EVERYBODY, 2, Because.REPEATED, 1, AGAIN),
    ("it is called eight times more", after(step=2, attempt=6), EVERYBODY, 2, Because.REPEATED, 7, AGAIN),
    ("and then hourly", after(step=2, attempt=7), EVERYBODY, 2, Because.REPEATED, 8, HOURLY),
    ("a gap calls the next level at once", OPENED, {0: nobody(0), 1: person(BOB)}, 1, Because.OPENED, 0, 10 * MINUTE),
    ("where nobody can be called the last level is tried again", OPENED, NOBODY, 2, Because.OPENED, 0, AGAIN),
    ("what got worse calls the same level again", after(step=1, due=Due.WORSE), EVERYBODY, 1, Because.WORSE, 1,
     10 * MINUTE),
    ("what got worse before anybody was called calls the first", after(due=Due.WORSE), EVERYBODY, 0, Because.WORSE, 0,
     5 * MINUTE),
    ("an ack that lapsed calls the same level again", after(step=0, due=Due.LAPSED), EVERYBODY, 0, Because.LAPSED, 1,
     5 * MINUTE),
    ("without levels whoever is on call is the last level", after(policy=Policy()), EVERYBODY, 0, Because.OPENED, 0,
     AGAIN),
]  # fmt: skip


@pytest.mark.parametrize(
    ("response", "found", "step", "because", "attempt", "rest"), [row[1:] for row in DUE], ids=[row[0] for row in DUE]
)
def test_what_a_call_that_is_due_comes_to(
    response: Response, found: dict[int, Found], *, step: int, because: Because, attempt: int, rest: timedelta
):
    outcome = judge.came_due(response, found, NOW)

    called = outcome.response
    assert (called.step, called.attempt, called.due, called.due_at) == (step, attempt, Due.CALL, NOW + rest)
    (call,) = outcome.calls
    assert (call.act, call.step, call.attempt, call.because) == (Act.TRIGGER, step, attempt, because)
    assert called.called == call.found.mentions == found[step].mentions
    assert called.calls[-1] == step


def test_a_call_says_who_was_passed_over():
    found = {0: nobody(0), 1: nobody(1, "deactivated", BOB), 2: person(CAT)}

    (call,) = judge.came_due(OPENED, found, NOW).calls

    assert call.skipped == (Skip(step=0, why="gap"), Skip(step=1, why="deactivated", user=BOB))
    assert call.found == person(CAT)


def test_a_call_after_the_bot_was_down_is_made_once_and_says_how_late_it_is():
    late = judge.came_due(OPENED, EVERYBODY, NOW + HOUR)

    assert late.calls[0].late == HOUR
    assert late.response.due_at == NOW + HOUR + 5 * MINUTE


def test_a_reminder_after_the_bot_was_down_says_how_late_it_is():
    assert judge.came_due(ACKED, {}, NOW + 30 * MINUTE + HOUR).calls[0].late == HOUR
    assert judge.came_due(ACKED, {}, NOW + 30 * MINUTE).calls[0].late is None


def test_a_call_within_a_minute_is_not_called_late():
    assert judge.came_due(OPENED, EVERYBODY, NOW + MINUTE).calls[0].late is None


LAST = after(step=1, calls=(0, 1), policy=Policy(levels=LEVELS[:1]))


@pytest.mark.parametrize(
    "response",
    [
        replace(LAST, due=Due.WORSE),
        judge.assigned(judge.acked(LAST, ANN, NOW - HOUR).response, CAT, ANN, NOW - HOUR).response,
        judge.without(judge.acked(LAST, ANN, NOW - HOUR).response, ANN, NOW - HOUR),
    ],
    ids=["it got worse", "it was given to somebody who does not ack", "whoever acked is forgotten"],
)
def test_what_an_outside_pager_holds_as_acked_is_ended_before_it_is_called_again(response: Response):
    outcome = judge.came_due(response, EVERYBODY, NOW)

    assert [(call.act, call.step) for call in outcome.calls] == [(Act.RESOLVE, 0), (Act.RESOLVE, 1), (Act.TRIGGER, 1)]
    assert (outcome.response.calls, outcome.response.acked_at) == ((1,), None)


NOT_DUE = [
    ("nothing is due", after(due=None, due_at=None)),
    ("it is not time yet", after(due_at=NOW + SECOND)),
    ("it is over", replace(CLOSED, due=Due.CALL, due_at=NOW)),
    ("it has no time", after(due_at=None)),
]


@pytest.mark.parametrize("response", [row[1] for row in NOT_DUE], ids=[row[0] for row in NOT_DUE])
def test_when_nothing_happens(response: Response):
    outcome = judge.came_due(response, EVERYBODY, NOW)

    assert (outcome.response, outcome.because, outcome.calls) == (response, Because.NOTHING, ())


@pytest.mark.parametrize(
    ("response", "because"), [(ACKED, Because.ACK_OVER), (SNOOZED, Because.SNOOZE_OVER)], ids=["ack", "snooze"]
)
def test_whoever_had_it_in_hand_is_reminded_and_then_the_same_level_is_called(response: Response, because: Because):
    outcome = judge.came_due(response, {}, NOW + 30 * MINUTE)

    (call,) = outcome.calls
    assert (call.act, call.found, call.because, call.by) == (Act.REMIND, person(ANN), because, ANN)
    next_ = outcome.response
    assert (next_.is_acked, next_.snoozed_by, next_.due, next_.due_at) == (False, "", Due.LAPSED, NOW + 35 * MINUTE)
    assert next_.next_level == 0


def test_what_waits_for_the_end_of_a_mute_calls_the_level_that_it_was_at():
    waiting = judge.postponed(after(step=1), NOW + HOUR)

    assert (waiting.due, waiting.due_at, waiting.next_level) == (Due.HELD, NOW + HOUR, 1)
    assert judge.postponed(ACKED, NOW + HOUR).due is Due.REMIND


RELEASED: list[tuple[str, Response, datetime]] = [
    ("a call that a mute held comes at once", replace(CALLED, due=Due.HELD, due_at=NOW + HOUR), NOW + MINUTE),
    ("a call that is due sooner stays", replace(CALLED, due=Due.HELD, due_at=NOW), NOW),
    ("a call that no mute held keeps its time", CALLED, NOW + 5 * MINUTE),
    ("a reminder comes when the ack is over", replace(ACKED, due_at=NOW + HOUR), NOW + 30 * MINUTE),
    (
        "a reminder comes at once when the ack was over meanwhile",
        replace(ACKED, ack_until=NOW, due_at=NOW + HOUR),
        NOW + MINUTE,
    ),
    ("a reminder that waits for nothing keeps its time", ACKED, NOW + 30 * MINUTE),
]


@pytest.mark.parametrize(("response", "due_at"), [row[1:] for row in RELEASED], ids=[row[0] for row in RELEASED])
def test_when_a_mute_is_lifted(response: Response, due_at: datetime):
    after = judge.released(response, NOW + MINUTE)

    assert after == replace(response, due_at=due_at)


def test_a_mute_that_takes_a_call_back_lets_it_wait_but_begins_none():
    assert judge.held(CALLED, NOW + HOUR).due is Due.HELD
    assert judge.held(after(due=None, due_at=None), NOW + HOUR).due is None


# ── getting worse ──

WORSENED: list[tuple[str, Response, Badness, bool, Because, Due | None]] = [
    ("worse voids an ack", ACKED, WORSE, False, Because.WORSE, Due.WORSE),
    ("another reason voids an ack", ACKED, Badness(rank=1, reason="PushFailed"), False, Because.WORSE, Due.WORSE),
    ("the same kind leaves an ack", ACKED, OPENED.badness, True, Because.NOTHING, Due.REMIND),
    ("any change ends a snooze", SNOOZED, OPENED.badness, True, Because.CHANGED, Due.CHANGED),
    ("no change leaves a snooze", SNOOZED, OPENED.badness, False, Because.NOTHING, Due.LIFT),
    ("worse voids a snooze, and that is said", SNOOZED, WORSE, True, Because.WORSE, Due.WORSE),
    ("who was called already goes on to be", CALLED, WORSE, True, Because.NOTHING, Due.CALL),
    ("worse breaks the wait for a mute", replace(CALLED, due=Due.HELD), WORSE, False, Because.WORSE, Due.WORSE),
    ("worse does not wait for somebody who was reminded", replace(CALLED, due=Due.LAPSED), WORSE, False, Because.WORSE,
     Due.WORSE),
    ("worse calls nobody where nobody is to be", replace(ACKED, pages=False), WORSE, False, Because.WORSE, None),
    ("what is over stays so", CLOSED, WORSE, True, Because.NOTHING, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("response", "badness", "has_changed", "because", "due"),
    [row[1:] for row in WORSENED],
    ids=[row[0] for row in WORSENED],
)
def test_what_getting_worse_comes_to(
    response: Response, badness: Badness, *, has_changed: bool, because: Because, due: Due | None
):
    response = response if response.pages else replace(response, due=None, due_at=None)

    outcome = judge.worsened(response, badness, NOW + MINUTE, has_changed=has_changed)

    assert (outcome.because, outcome.response.due) == (because, due)
    if due in {Due.WORSE, Due.CHANGED}:
        assert outcome.response.due_at == NOW + MINUTE
        assert (outcome.response.acked_by, outcome.response.is_acked, outcome.response.leader) == ("", False, None)


def test_getting_worse_is_noted_with_the_version_that_it_makes():
    assert judge.worsened(CALLED, WORSE, NOW).response.worsened == CALLED.version + 1
    assert judge.worsened(CALLED, OPENED.badness, NOW).response == CALLED


REOPENED: list[tuple[str, Response, Badness, Due | None, bool]] = [
    (
        "an ack that goes on is kept, and nobody is called",
        replace(ACKED, closed_at=NOW),
        OPENED.badness,
        Due.REMIND,
        True,
    ),
    (
        "an ack that goes on reminds nobody where nobody is to be called",
        replace(ACKED, pages=False, closed_at=NOW, due=None, due_at=None),
        OPENED.badness,
        None,
        True,
    ),
    ("without an ack it calls again", CLOSED, OPENED.badness, Due.REOPENED, False),
    ("worse than what was acked calls", replace(ACKED, closed_at=NOW), WORSE, Due.REOPENED, False),
    ("an ack that is over is none", replace(ACKED, closed_at=NOW, ack_until=NOW), OPENED.badness, Due.REOPENED, False),
    (
        "a snooze lasts until a change, and this is one",
        replace(SNOOZED, closed_at=NOW),
        OPENED.badness,
        Due.REOPENED,
        False,
    ),
    ("it calls nobody where nobody is to be", replace(CLOSED, pages=False), OPENED.badness, None, False),
]


@pytest.mark.parametrize(
    ("response", "badness", "due", "is_acked"), [row[1:] for row in REOPENED], ids=[row[0] for row in REOPENED]
)
def test_what_a_return_within_ten_minutes_comes_to(
    response: Response, badness: Badness, due: Due | None, *, is_acked: bool
):
    outcome = judge.reopened(response, badness, NOW + MINUTE)

    assert outcome.response.is_open
    assert (outcome.response.due, outcome.response.is_acked) == (due, is_acked)


def test_what_never_closed_does_not_reopen():
    assert judge.reopened(CALLED, OPENED.badness, NOW).response == CALLED


@pytest.mark.parametrize(
    ("response", "due"),
    [(after(pages=False, due=None), Due.CALL), (ACKED, Due.REMIND), (SNOOZED, Due.LIFT), (CLOSED, None)],
    ids=["at once", "after the ack", "after the snooze", "not when it is over"],
)
def test_when_a_response_that_called_nobody_begins_to(response: Response, due: Due | None):
    begun = judge.paging(replace(response, pages=False), Policy(), NOW)

    assert (begun.pages, begun.due) == (True, due)


def test_what_is_called_for_anew_begins_with_whoever_is_on_call_however_few_levels_there_are_by_now():
    quiet = judge.quieted(replace(ACKED, step=2, attempt=3))

    anew = judge.paging(quiet, Policy(), NOW + MINUTE)
    lapsed = judge.came_due(anew, {}, NOW + 30 * MINUTE).response
    outcome = judge.came_due(lapsed, EVERYBODY, NOW + 35 * MINUTE)

    (call,) = outcome.calls[-1:]
    assert (call.step, call.attempt, call.because) == (0, 0, Because.LAPSED)
    assert judge.paging(anew, OPENED.policy, NOW + MINUTE) == anew


@pytest.mark.parametrize("begins", [judge.promoted, lambda one, now: judge.paging(one, Policy(), now)])
def test_an_ack_that_is_over_holds_up_nobody_who_begins_to_be_called(begins: Callable[..., Response]):
    over = replace(SNOOZED, pages=False, leader=None, due=None, due_at=None)

    begun = begins(over, NOW + HOUR)

    assert (begun.due, begun.due_at, begun.is_acked, begun.snoozed_by) == (Due.CALL, NOW + HOUR, False, "")


# ── taken in hand ──


def test_an_ack_holds_half_an_hour_and_outside_pagers_follow():
    outcome = judge.acked(after(step=1, calls=(0, 1)), BOB, NOW)

    acked = outcome.response
    assert (outcome.because, outcome.is_withdrawn) == (Because.DONE, True)
    assert (acked.acked_by, acked.ack_until, acked.due) == (BOB, NOW + 30 * MINUTE, Due.REMIND)
    assert [(call.act, call.step) for call in outcome.calls] == [(Act.ACK, 0), (Act.ACK, 1)]


def test_an_ack_holds_four_hours_at_most_and_a_snooze_a_day():
    assert judge.acked(OPENED, BOB, NOW, length=9 * HOUR).response.ack_until == NOW + 4 * HOUR
    assert judge.snoozed(OPENED, BOB, NOW, length=99 * HOUR).response.due_at == NOW + 24 * HOUR


def test_a_snooze_is_lifted_and_not_reminded_of():
    snoozed = judge.snoozed(OPENED, BOB, NOW).response

    assert (snoozed.snoozed_by, snoozed.acked_by, snoozed.due) == (BOB, BOB, Due.LIFT)


DEEDS: list[tuple[str, Response, str, int | None, Because]] = [
    ("whoever comes second reads who was first", ACKED, BOB, None, Because.TAKEN),
    ("whoever acked may ack for longer", ACKED, ANN, None, Because.DONE),
    ("an ack that is over may be taken up by another", replace(ACKED, ack_until=NOW), BOB, None, Because.DONE),
    ("a late ack does not undo a recovery", CLOSED, BOB, 4, Because.OVER),
    ("one pressed on something better is refused", after(worsened=4), BOB, 3, Because.WORSE),
    ("one pressed on how it is counts", after(worsened=4), BOB, 4, Because.DONE),
    ("one that was typed counts", after(worsened=4), BOB, None, Because.DONE),
]


@pytest.mark.parametrize(
    ("response", "by", "pressed", "because"), [row[1:] for row in DEEDS], ids=[row[0] for row in DEEDS]
)
@pytest.mark.parametrize("deed", [judge.acked, judge.snoozed])
def test_who_may_take_it_in_hand(
    deed: Callable[..., judge.Outcome], response: Response, by: str, pressed: int | None, because: Because
):
    outcome = deed(response, by, NOW + SECOND, pressed=pressed)

    assert outcome.because is because
    assert (outcome.response == response) is (because is not Because.DONE)


def test_what_calls_nobody_can_be_acked_and_reminds_nobody():
    acked = judge.acked(after(pages=False, due=None, due_at=None), BOB, NOW).response

    assert (acked.is_acked, acked.due) == (True, None)


def test_an_ack_of_the_leader_is_given_to_what_it_calls_for():
    follower = after(id=8, leader=7, due=None, due_at=None)

    led = judge.led_along(follower, ACKED, NOW + MINUTE).response

    assert (led.acked_by, led.ack_until, led.due) == (ANN, ACKED.ack_until, None)
    assert judge.led_along(follower, CALLED, NOW).response == follower


def test_whoever_is_given_it_is_told_and_has_the_first_step_to_ack():
    outcome = judge.assigned(ACKED, CAT, ANN, NOW)

    given = outcome.response
    assert (given.assigned_to, given.is_acked, given.due, given.due_at) == (CAT, False, Due.CALL, NOW + 5 * MINUTE)
    (call,) = outcome.calls
    assert (call.because, call.found, call.by) == (Because.ASSIGNED, person(CAT), ANN)
    assert given.next_level == 1


def test_what_is_given_to_somebody_is_called_for_by_itself():
    led = judge.led_along(after(leader=5, due=None, due_at=None), ACKED, NOW).response

    given = judge.assigned(led, CAT, ANN, NOW).response

    assert (given.leader, given.due, given.due_at) == (None, Due.CALL, NOW + 5 * MINUTE)


def test_what_is_over_is_given_to_nobody_and_what_calls_nobody_waits_for_nobody():
    assert judge.assigned(CLOSED, CAT, ANN, NOW).because is Because.OVER
    assert judge.assigned(after(pages=False, due=None, due_at=None), CAT, ANN, NOW).response.due is None


HANDLED: list[tuple[str, Response, str, bool]] = [
    ("whoever acked has it in hand", ACKED, ANN, False),
    ("an ack that is over is none, though nobody was reminded", replace(ACKED, ack_until=NOW, leader=5), "", True),
    ("whoever had it in hand at its end is named afterwards", replace(ACKED, closed_at=NOW), ANN, False),
    ("whose ack was over by then is not", replace(ACKED, closed_at=NOW + HOUR, ack_until=NOW), "", False),
]


@pytest.mark.parametrize(("response", "by", "is_free"), [row[1:] for row in HANDLED], ids=[row[0] for row in HANDLED])
def test_who_has_it_in_hand(response: Response, by: str, *, is_free: bool):
    shown = judge.handling(response, NOW + MINUTE if response.is_open else NOW + 9 * HOUR)

    assert (shown.by, shown.is_free) == (by, is_free)


# ── ending ──


def test_the_end_leaves_nothing_due_and_outside_pagers_follow():
    outcome = judge.closed(ACKED, "recovered", NOW, by=ANN)

    over = outcome.response
    assert (over.closed_at, over.closed_why, over.due, over.calls) == (NOW, "recovered", None, ())
    assert [(call.act, call.step, call.by) for call in outcome.calls] == [(Act.RESOLVE, 0, ANN)]
    assert judge.closed(CLOSED, "again", NOW).response == CLOSED


def test_what_was_called_for_calls_for_itself_when_its_leader_is_over():
    follower = after(id=8, leader=7, due=None, due_at=None)

    assert (judge.promoted(follower, NOW).due, judge.promoted(follower, NOW).leader) == (Due.CALL, None)
    assert judge.promoted(follower, NOW, leader=9).leader == 9
    assert judge.promoted(replace(ACKED, leader=7), NOW).due is Due.REMIND
    assert judge.promoted(replace(SNOOZED, leader=7), NOW).due is Due.LIFT


def test_what_is_not_to_be_called_for_any_more_has_nothing_due():
    assert (judge.quieted(CALLED).pages, judge.quieted(CALLED).due) == (False, None)


AHEAD: list[tuple[str, Response, timedelta]] = [
    ("the first call is at most five minutes away", after(due_at=NOW + HOUR), FIRST_STEP),
    ("the next level as far as it is to be", replace(CALLED, step=1, due_at=NOW + HOUR), 10 * MINUTE),
    ("the last one a quarter of an hour", replace(CALLED, step=2, due_at=NOW + HOUR), AGAIN),
    ("what is nearer stays", replace(CALLED, due_at=NOW + MINUTE), MINUTE),
    ("an ack holds four hours at most", replace(ACKED, due_at=NOW + 9 * HOUR), 4 * HOUR),
    ("a snooze a day", replace(SNOOZED, due_at=NOW + 99 * HOUR), 24 * HOUR),
    ("a mute has its own end", replace(CALLED, due=Due.HELD, due_at=NOW + 9 * HOUR), 9 * HOUR),
]


@pytest.mark.parametrize(("response", "away"), [row[1:] for row in AHEAD], ids=[row[0] for row in AHEAD])
def test_what_a_clock_that_was_ahead_put_down_is_brought_back(response: Response, away: timedelta):
    back = judge.rewound(response, NOW)

    assert back.due_at == NOW + away
    assert judge.rewound(back, NOW) == back
    assert judge.rewound(CLOSED, NOW) == CLOSED


def test_a_reminder_that_a_mute_puts_off_makes_no_ack_longer_when_the_clock_steps_back():
    put_off = judge.postponed(ACKED, NOW + 3 * HOUR)

    assert judge.rewound(put_off, NOW) == put_off


UNREACHABLE: list[tuple[str, Response, bool]] = [
    ("the only one who was called takes nothing: the next level at once", CALLED, True),
    ("others were called too", replace(CALLED, called=(ANN, BOB)), False),
    ("somebody else was called", replace(CALLED, called=(BOB,)), False),
    ("there is no next level, and the same person would be called again", replace(CALLED, step=2), False),
    ("somebody has it in hand", ACKED, False),
    ("it is over", CLOSED, False),
]


@pytest.mark.parametrize(("response", "at_once"), [row[1:] for row in UNREACHABLE], ids=[row[0] for row in UNREACHABLE])
def test_what_a_refused_direct_message_comes_to(response: Response, *, at_once: bool):
    left = judge.unreachable(response, ANN, NOW)

    assert (left.due_at == NOW) is at_once


LEFT: list[tuple[str, Response, Due | None, bool]] = [
    ("what they had in hand goes on at once", ACKED, Due.CALL, True),
    ("what was given to them goes on at once", replace(CALLED, called=(), assigned_to=ANN), Due.CALL, True),
    ("what they alone were called for goes on at once", CALLED, Due.CALL, True),
    ("what calls nobody has nothing due", replace(ACKED, pages=False), None, False),
    ("what another has in hand is left alone", replace(ACKED, acked_by=BOB), Due.REMIND, False),
    ("what is over is left alone", CLOSED, None, False),
]


@pytest.mark.parametrize(("response", "due", "at_once"), [row[1:] for row in LEFT], ids=[row[0] for row in LEFT])
def test_somebody_is_forgotten(response: Response, due: Due | None, *, at_once: bool):
    left = judge.without(response, ANN, NOW)

    assert (left.due, left.due_at == NOW) == (due, at_once)
    assert ANN not in {left.acked_by, left.snoozed_by, left.assigned_to, *left.called}


def test_a_level_of_somebody_who_is_forgotten_stays_and_names_nobody():
    assert [level.target.id for level in judge.without(OPENED, BOB, NOW).policy.levels] == ["", CAT]
