"""
Edits of a rota: what a command makes of it, what the channel reads, and whom it puts on or takes off call. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.domain.oncall import Escalate, EscalateClear, Override, Rotate, SetOnCall
from bot.domain.rota import (
    MOST_COVERS,
    MOST_LEVELS,
    Cover,
    Level,
    Rota,
    Target,
    TargetKind,
    Turns,
    begins_before,
    on_call,
    people,
    shifts,
)
from bot.domain.text import span
from bot.domain.typed import CommandError
from bot.domain.when import length, moment, zone_of
from bot.domain.words import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from bot.domain.calendar import Calendar
    from bot.domain.oncall import OnCalling
    from bot.domain.permit import Person

LONGEST_COVER: Final = timedelta(days=31)
LATEST_COVER: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What a rota comes to, and what the channel reads: a line's key and what fills it; `subject` is for the trace."""

    rota: Rota
    key: str
    values: Mapping[str, str] = field(default_factory=dict)
    subject: str = ""


def edited(command: OnCalling, rota: Rota, by: Person, now: datetime) -> Edit:
    """
    Change a rota as somebody wants it.

    Raises:
        CommandError: there are too many already, or a length or a time is none.
    """
    match command:
        case SetOnCall(target=target):
            is_calendar = target.kind is TargetKind.CALENDAR
            key, values = (
                ("oncall_calendar", {"name": target.id}) if is_calendar else ("oncall_set", {"who": target.id})
            )
            return Edit(rota=replace(rota, base=target), key=key, values=values, subject=target.id)
        case Rotate():
            return _rotated(command, rota, by, now)
        case Override():
            return _covered(command, rota, by, now)
        case Escalate():
            return _escalated(command, rota)
        case EscalateClear():
            return Edit(rota=replace(rota, levels=()), key="oncall_no_levels")
        case _:
            return Edit(rota=Rota(), key="oncall_clear")


def _rotated(command: Rotate, rota: Rota, by: Person, now: datetime) -> Edit:
    """Let turns begin with the last hand-off, so that the first who is named is on call at once."""
    zone = zone_of(command.zone or by.zone).key
    begins = begins_before(now, clock=command.at, zone=zone, weekday=command.weekday)
    turns = Turns(people=command.people, every=command.every, at=command.at, zone=zone, begins=begins)
    said = {
        "who": " ".join(command.people),
        "every": span(timedelta(days=command.every)),
        "when": f"{command.at:%H:%M} {zone}",
    }
    return Edit(
        rota=replace(rota, base=turns),
        key="oncall_rotate",
        values=said,
        subject=" ".join(dict.fromkeys(command.people)),
    )


def _covered(command: Override, rota: Rota, by: Person, now: datetime) -> Edit:
    typed = f"/relay oncall override <@{command.user}> for={command.length}"

    def which(at: str) -> str:
        return f'{typed} from="{at}"'

    lasts = length(command.length, instead="/relay oncall override @user for=8h")
    begins = now
    if command.begins:
        begins = moment(command.begins, now=now, zone=by.zone, instead=f"{typed} from=18:00", which=which)
    if lasts > LONGEST_COVER or begins - now > LATEST_COVER:
        raise CommandError(say("oncall.too_long"), instead=f"/relay oncall override <@{command.user}> for=7d")
    standing = tuple(each for each in rota.covers if each.ends_at > now)
    if len(standing) >= MOST_COVERS:
        raise CommandError(say("oncall.covers_full", most=MOST_COVERS), instead="/relay oncall")
    cover = Cover(user=command.user, begins_at=begins, ends_at=begins + lasts, by=by.user)
    values = {"who": cover.user, "from_at": cover.begins_at.isoformat(), "until_at": cover.ends_at.isoformat()}
    return Edit(rota=replace(rota, covers=(*standing, cover)), key="oncall_override", values=values, subject=cover.user)


def _escalated(command: Escalate, rota: Rota) -> Edit:
    if len(rota.levels) >= MOST_LEVELS:
        raise CommandError(say("oncall.levels_full", most=MOST_LEVELS), instead="/relay oncall escalate clear")
    level = Level(after=command.after, target=command.target)
    values = {"who": command.target.id, "number": str(len(rota.levels) + 1), "after": span(command.after)}
    return Edit(
        rota=replace(rota, levels=(*rota.levels, level)),
        key="oncall_escalate",
        values=values,
        subject=command.target.id,
    )


def concerned(
    command: OnCalling, before: Rota, after: Rota, calendars: Mapping[str, Calendar], *, now: datetime
) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Name everybody whom an edit puts on or takes off call: the line's key, the person, and what fills the line."""
    if isinstance(command, Override):
        yield from _stood_in_for(after.covers[-1], before, calendars)
        return
    was, is_now = (set(_users((on_call(rota, now, calendars).who,))) for rota in (before, after))
    named, were_named = people(after) | is_now, people(before) | was
    for user in sorted((named - were_named) | (is_now - was)):
        yield ("duty_now" if user in is_now else "duty_put"), user, {}
    for user in sorted(were_named - named):
        yield "duty_taken", user, {}
    for user in sorted((was - is_now) & named):  # and has other turns, or another level
        yield "duty_ends", user, {"more": ""}


def _stood_in_for(
    cover: Cover, before: Rota, calendars: Mapping[str, Calendar]
) -> Iterator[tuple[str, str, dict[str, str]]]:
    times = {"from_at": cover.begins_at.isoformat(), "until_at": cover.ends_at.isoformat()}
    yield "duty_cover", cover.user, times
    relieved = _users(shift.who for shift in shifts(before, cover.begins_at, cover.ends_at, calendars))
    for user in sorted({*relieved} - {cover.user}):
        yield "duty_covered", user, {"who": cover.user, **times}


def _users(targets: Iterable[Target | None]) -> Iterator[str]:
    return (target.id for target in targets if target is not None and target.kind is TargetKind.USER)
