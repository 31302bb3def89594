"""Whoever is forgotten is in no response any more, and what only they would have seen to goes on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.response import Badness, Due, Policy, Response, without
from bot.domain.rota import Level, Target, TargetKind
from bot.domain.subscription import Place

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SOON = NOW + timedelta(minutes=5)
LEVELS = tuple(Level(after=timedelta(minutes=5), target=Target(kind=TargetKind.USER, id=user)) for user in ("U1", "U8"))
CALLED = Response(
    id=3,
    incident=7,
    place=Place(team="T1", channel="C1"),
    opened_at=NOW,
    pages=True,
    policy=Policy(levels=LEVELS),
    badness=Badness(rank=2),
    step=0,
    due=Due.CALL,
    due_at=SOON,
    called=("U2",),
)
ACK = {"acked_at": NOW, "ack_until": SOON, "due": Due.REMIND}


@pytest.mark.parametrize(
    ("response", "due", "due_at"),
    [
        # Somebody else was called, has it in hand, or was given it: all goes on as it was.
        (CALLED, Due.CALL, SOON),
        (replace(CALLED, acked_by="U2", **ACK), Due.REMIND, SOON),
        (replace(CALLED, acked_by="U2", assigned_to="U1", **ACK), Due.REMIND, SOON),
        (replace(CALLED, assigned_to="U2"), Due.CALL, SOON),
        (replace(CALLED, called=("U1", "U2")), Due.CALL, SOON),
        # They alone were called, had it in hand, or were given it: the next level is called at once.
        (replace(CALLED, called=("U1",)), Due.CALL, NOW),
        (replace(CALLED, acked_by="U1", **ACK), Due.CALL, NOW),
        (replace(CALLED, acked_by="U1", snoozed_by="U1", **{**ACK, "due": Due.LIFT}), Due.CALL, NOW),
        (replace(CALLED, assigned_to="U1", called=("U1",)), Due.CALL, NOW),
        # Their ack is over and they were reminded: the calls go on when they would have.
        (replace(CALLED, acked_by="U1", acked_at=NOW, due=Due.LAPSED), Due.LAPSED, SOON),
        # Another response calls for it, or nobody is called at all: there is nothing to do at once.
        (replace(CALLED, acked_by="U1", leader=2, **{**ACK, "due": None, "due_at": None}), None, None),
        (replace(CALLED, acked_by="U1", pages=False, **ACK), None, None),
        # It is over.
        (replace(CALLED, acked_by="U1", closed_at=NOW, **{**ACK, "due": None, "due_at": None}), None, None),
        (replace(CALLED, acked_by="U2", closed_at=NOW, **{**ACK, "due": None, "due_at": None}), None, None),
    ],
)
def test_whoever_is_forgotten_leaves_nothing_undone(response: Response, due: Due | None, due_at: datetime | None):
    left = without(response, "U1", NOW)

    assert "U1" not in str(left)
    assert (left.due, left.due_at) == (due, due_at)
    assert (left.step, left.closed_at) == (response.step, response.closed_at)
    assert left.is_acked is bool(left.acked_by and response.is_acked)  # or it comes back in nobody's hand


def test_the_levels_behind_one_that_is_nobodys_keep_their_numbers():
    left = without(CALLED, "U1", NOW)

    assert [level.target.id for level in left.policy.levels] == ["", "U8"]


def test_nothing_changes_for_somebody_with_a_longer_id():
    assert without(CALLED, "U11", NOW) == CALLED
