"""
What people type about who is on call, as it comes from Slack: ids survive, words and slips are answered.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from bot.domain.command import CommandError, parse
from bot.domain.edit import concerned, edited
from bot.domain.oncall import (
    ClearOnCall,
    Escalate,
    EscalateClear,
    OnCall,
    OnCalling,
    Override,
    Rotate,
    SetOnCall,
)
from bot.domain.permit import Person, Standing
from bot.domain.rota import MOST_COVERS, MOST_LEVELS, Cover, Rota, Target, TargetKind, Turns, on_call
from bot.domain.when import moment

ANN, BOB = "<@U0ANN|ann>", "<@U0BOB|bob o neil>"
OPS = "<!subteam^S0OPS|@ops team>"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # a Monday
MINUTE = timedelta(minutes=1)
ADMIN = Person(team="T1", user="U0ADA", standing=Standing.ADMIN, zone="Asia/Shanghai")


def target(kind: str, name: str) -> Target:
    return Target(kind=TargetKind(kind), id=name)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("oncall", OnCall()),
        ("ONCALL", OnCall()),
        (f"oncall set {ANN}", SetOnCall(target=target("user", "U0ANN"))),
        (f"oncall SET {OPS}", SetOnCall(target=target("group", "S0OPS"))),
        ("oncall set <@W0ENT>", SetOnCall(target=target("user", "W0ENT"))),
        ("oncall calendar Ops", SetOnCall(target=target("calendar", "ops"))),
        (f"oncall rotate {ANN} {BOB}", Rotate(people=("U0ANN", "U0BOB"), weekday=0)),
        (
            f"oncall rotate {ANN} {BOB} every=week at=“Fri 18:30” tz=Asia/Shanghai",
            Rotate(people=("U0ANN", "U0BOB"), weekday=4, at=time(18, 30), zone="Asia/Shanghai"),
        ),
        (f"oncall rotate {ANN} {BOB} every=day", Rotate(people=("U0ANN", "U0BOB"), every=1)),
        (f"oncall rotate {ANN} {BOB} every=3d at=2:30", Rotate(people=("U0ANN", "U0BOB"), every=3, at=time(2, 30))),
        (f"oncall rotate {ANN} {BOB} every=2w at=09:00", Rotate(people=("U0ANN", "U0BOB"), every=14)),
        (f"oncall rotate {ANN} {BOB} {ANN}", Rotate(people=("U0ANN", "U0BOB", "U0ANN"), weekday=0)),
        (f"oncall override {BOB} for=8h", Override(user="U0BOB", length="8h")),
        (f"oncall override {BOB} for=8h from=18:00", Override(user="U0BOB", length="8h", begins="18:00")),
        (
            f"oncall override {BOB} for=8h from=2026-12-24 18:00",
            Override(user="U0BOB", length="8h", begins="2026-12-24 18:00"),
        ),
        (f"oncall escalate to={BOB}", Escalate(after=5 * MINUTE, target=target("user", "U0BOB"))),
        (f"oncall escalate after=10m to={OPS}", Escalate(after=10 * MINUTE, target=target("group", "S0OPS"))),
        ("oncall escalate after=10m to=ops", Escalate(after=10 * MINUTE, target=target("calendar", "ops"))),
        (f"oncall escalate after=10m to {BOB}", Escalate(after=10 * MINUTE, target=target("user", "U0BOB"))),
        (f"oncall escalate {BOB} after=10m", Escalate(after=10 * MINUTE, target=target("user", "U0BOB"))),
        ("oncall escalate clear", EscalateClear()),
        ("oncall clear", ClearOnCall()),
    ],
)
def test_what_is_typed_is_understood(text: str, meant: OnCalling):
    assert parse(text) == meant


@pytest.mark.parametrize(
    ("text", "failed", "instead"),
    [
        ("oncall who", "“oncall” knows no “who”.", "/relay oncall"),
        ("oncall overide x", "“oncall” knows no “overide”.", "/relay oncall override @user for=8h"),
        ("oncall set", "Who? Pick the name", "/relay oncall set @user"),
        ("oncall set @ann", "“@ann” is nobody that I know.", "/relay oncall set @user"),
        (f"oncall set {ANN} <@U0BOB>", "One person or one user group", "/relay oncall rotate <@U0ANN> <@U0BOB>"),
        (f"oncall set {ANN} every=week", "“oncall set” knows no option “every=”.", "/relay oncall set @user"),
        (f"oncall rotate {ANN}", "Turns need from two to 30 people.", "/relay oncall set <@U0ANN>"),
        (f"oncall rotate {ANN} {OPS}", "People take turns; a user group", "/relay oncall rotate @a @b every=week"),
        (f"oncall rotate {ANN} {BOB} every=never", "“never” is no length of a turn.", "/relay oncall rotate"),
        (f"oncall rotate {ANN} {BOB} every=91d", "“91d” is no length of a turn.", "/relay oncall rotate"),
        (f"oncall rotate {ANN} {BOB} at=25:00", "“25:00” is no time of a hand-off.", "/relay oncall rotate"),
        (f"oncall rotate {ANN} {BOB} at=“Foo 09:00”", "“Foo 09:00” is no time", "/relay oncall rotate"),
        (
            f"oncall rotate {ANN} {BOB} every=3d at=“Mon 09:00”",
            "Turns of 3 days begin on another day of the week each time",
            '/relay oncall rotate … every=3d at="09:00"',
        ),
        (
            f"oncall rotate {ANN} {BOB} tz=asia/shanghai",
            "There is no time zone “asia/shanghai”. Did you mean Asia/Shanghai?",
            "/relay oncall rotate @a @b tz=Asia/Shanghai",
        ),
        (f"oncall rotate {ANN} {BOB} tz=../../etc/passwd", "There is no time zone", "/relay oncall rotate"),
        ("oncall override for=8h", "Who? Pick the name", "/relay oncall override @user for=8h"),
        (f"oncall override {ANN}", "For how long?", "/relay oncall override <@U0ANN> for=8h"),
        (f"oncall override {OPS} for=8h", "One person stands in", "/relay oncall override @user for=8h"),
        ("oncall escalate after=5m", "A level needs whom it calls", "/relay oncall escalate after=5m to=@user"),
        (
            f"oncall escalate after=5s to={ANN}",
            "“5s” is no length of time.",
            "/relay oncall escalate after=5m to=@user",
        ),
        (f"oncall escalate after=25h to={ANN}", "A level waits from 1 min to 24 h.", "/relay oncall escalate after=5m"),
        ("oncall escalate to=@ann", "“@ann” is nobody that I know.", "/relay oncall escalate after=5m to=@user"),
        ("oncall calendar", "Which calendar?", "/relay oncall calendar <name>"),
        ("oncall clear all", "“oncall clear” takes nothing after it.", "/relay oncall clear"),
        ("oncall for=8h", "“oncall” knows no “”.", "/relay oncall"),
    ],
)
def test_a_slip_is_told_what_to_type_instead(text: str, failed: str, instead: str):
    with pytest.raises(CommandError) as caught:
        parse(text)

    assert caught.value.failed.startswith(failed)
    assert caught.value.instead.startswith(instead)


def test_turns_begin_at_once_with_the_first_who_is_named():
    rota = edited(Rotate(people=("U0ANN", "U0BOB"), weekday=0, zone="Europe/London"), Rota(), ADMIN, NOON).rota
    now = on_call(rota, NOON, {})

    assert now.who == target("user", "U0ANN")
    assert now.ends_at == datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


def test_turns_are_in_the_zone_of_whoever_types_them_unless_they_name_one():
    rota = edited(Rotate(people=("U0ANN", "U0BOB")), Rota(), ADMIN, NOON).rota

    assert isinstance(rota.base, Turns)
    assert rota.base.zone == "Asia/Shanghai"


def test_a_cover_begins_when_it_is_typed_in_the_setters_own_zone():
    edit = edited(Override(user="U0BOB", length="8h", begins="22:00"), Rota(), ADMIN, NOON)  # 20:00 there

    assert edit.rota.covers == (
        Cover(user="U0BOB", begins_at=NOON + 120 * MINUTE, ends_at=NOON + 600 * MINUTE, by="U0ADA"),
    )


def test_a_time_that_comes_twice_is_refused_with_both_and_one_of_them_is_understood():
    new_york = Person(team="T1", user="U0ADA", standing=Standing.ADMIN, zone="America/New_York")
    october = datetime(2026, 10, 31, 12, 0, tzinfo=UTC)
    with pytest.raises(CommandError) as caught:
        edited(Override(user="U0BOB", length="8h", begins="2026-11-01 01:30"), Rota(), new_york, october)
    meant = parse(caught.value.instead.removeprefix("/relay "))
    assert isinstance(meant, Override)
    cover = edited(meant, Rota(), new_york, october).rota.covers[0]

    assert caught.value.failed == (
        "2026-11-01 01:30 comes twice in America/New_York, as 2026-11-01 01:30-04:00 and as 2026-11-01 01:30-05:00: "
        "which one?"
    )
    assert cover.begins_at == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


def test_the_later_of_two_can_be_meant_too():
    later = moment(
        "2026-11-01 01:30-05:00", now=NOON - timedelta(days=60), zone="America/New_York", instead="", which=str
    )

    assert later == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


def test_a_time_that_the_clocks_skip_is_refused():
    new_york = Person(team="T1", user="U0ADA", standing=Standing.ADMIN, zone="America/New_York")
    with pytest.raises(CommandError) as caught:
        edited(Override(user="U0BOB", length="8h", begins="2027-03-14 02:30"), Rota(), new_york, NOON)

    assert caught.value.failed == "2027-03-14 02:30 does not exist in America/New_York: the clocks skip it."


@pytest.mark.parametrize(
    "command", [Override(user="U1", length="32d"), Override(user="U1", length="1h", begins="2028-01-01 09:00")]
)
def test_nobody_stands_in_for_ever(command: Override):
    with pytest.raises(CommandError, match="31 days at most"):
        edited(command, Rota(), ADMIN, NOON)


def test_there_are_five_levels_and_no_sixth():
    rota = Rota()
    for number in range(MOST_LEVELS):
        rota = edited(Escalate(after=5 * MINUTE, target=target("user", f"U{number}")), rota, ADMIN, NOON).rota
    with pytest.raises(CommandError, match="5 levels already"):
        edited(Escalate(after=5 * MINUTE, target=target("user", "U9")), rota, ADMIN, NOON)

    assert [level.target.id for level in rota.levels] == ["U0", "U1", "U2", "U3", "U4"]
    assert edited(EscalateClear(), rota, ADMIN, NOON).rota == Rota()


def test_covers_that_are_over_make_room_for_others():
    rota = Rota(
        covers=tuple(Cover(user="U1", begins_at=NOON, ends_at=NOON + MINUTE, by="U2") for _ in range(MOST_COVERS))
    )
    with pytest.raises(CommandError, match="50 are to stand in already"):
        edited(Override(user="U0BOB", length="8h"), rota, ADMIN, NOON)

    assert len(edited(Override(user="U0BOB", length="8h"), rota, ADMIN, NOON + MINUTE).rota.covers) == 1


def test_whom_an_edit_puts_on_or_takes_off_call_is_told():
    ann, turns = SetOnCall(target=target("user", "U0ANN")), Rotate(people=("U0BOB", "U0CAT"), weekday=0)
    one = edited(ann, Rota(), ADMIN, NOON).rota
    two = edited(turns, one, ADMIN, NOON).rota
    cover = Override(user="U0DAN", length="8d")
    three = edited(cover, two, ADMIN, NOON).rota
    other = Rotate(people=("U0CAT", "U0BOB"), weekday=0)
    four = edited(other, two, ADMIN, NOON).rota

    def told(command: OnCalling, before: Rota, after: Rota) -> list[tuple[str, str]]:
        return [(key, user) for key, user, _ in concerned(command, before, after, {}, now=NOON)]

    assert told(ann, Rota(), one) == [("duty_now", "U0ANN")]
    assert told(turns, one, two) == [("duty_now", "U0BOB"), ("duty_put", "U0CAT"), ("duty_taken", "U0ANN")]
    assert told(other, two, four) == [("duty_now", "U0CAT"), ("duty_ends", "U0BOB")]
    assert told(cover, two, three) == [("duty_cover", "U0DAN"), ("duty_covered", "U0BOB"), ("duty_covered", "U0CAT")]
    assert told(ClearOnCall(), three, Rota()) == [("duty_taken", user) for user in ("U0BOB", "U0CAT", "U0DAN")]
