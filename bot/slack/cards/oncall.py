"""
Who is on call: now, next, in the coming fortnight, and who after them; gaps and old calendars are warned of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.mention import mention
from bot.domain.rota import Target, TargetKind, Turns
from bot.domain.text import age, span
from bot.domain.words import say
from bot.slack.cards.block import Dressed, header, section, small
from bot.slack.cards.text import escape, moment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.domain.calendar import Calendar
    from bot.domain.message import OnCallShown
    from bot.domain.rota import Shift
    from bot.slack.cards.block import Block

MOST_SHIFTS: Final = 20
MOST_GAPS: Final = 5

_DAY: Final = "{date_short_pretty} {time}"


def dress(shown: OnCallShown) -> Dressed:
    """Dress it for one person; each name in it is a mention, which calls nobody where nobody else reads it."""
    title = say("oncall.title")
    said = (section(shown.said),) if shown.said else ()
    if not shown.coming and not shown.rota.levels:
        return Dressed(text=shown.said or title, blocks=(*said, section(say("oncall.nobody"))))
    blocks = [*said, header(title), section("\n".join(_now(shown)))]
    if levels := _levels(shown):
        blocks.append(section(levels))
    if len(shown.coming) > 1:
        blocks.append(section("\n".join(_fortnight(shown))))
    blocks += [section(warning) for warning in _warnings(shown)]
    return Dressed(text=shown.said or title, blocks=(*blocks, *_small(shown)))


def _now(shown: OnCallShown) -> Iterator[str]:
    now, following = shown.now, shown.coming[1:2]
    if now.ends_at is None:
        yield say("oncall.now", who=_who(now))
    else:
        yield say("oncall.now.until", who=_who(now), when=_when(now.ends_at))
    for shift in following:
        yield say("oncall.next", who=_who(shift), when=_when(shift.begins_at))


def _levels(shown: OnCallShown) -> str:
    lines = [
        say("oncall.level", number=number, after=span(level.after), who=_named(level.target))
        for number, level in enumerate(shown.rota.levels, start=1)
    ]
    return "\n".join((say("oncall.levels"), *lines)) if lines else ""


def _fortnight(shown: OnCallShown) -> Iterator[str]:
    yield say("oncall.fortnight")
    for shift in shown.coming[:MOST_SHIFTS]:
        yield say("oncall.shift", when=_when(shift.begins_at), who=_who(shift))
    if len(shown.coming) > MOST_SHIFTS:
        yield say("oncall.more", count=len(shown.coming) - MOST_SHIFTS)


def _warnings(shown: OnCallShown) -> Iterator[str]:
    if shown.gaps:
        lines = [say("oncall.warning", count=len(shown.gaps))]
        for gap in shown.gaps[:MOST_GAPS]:
            begins = _when(gap.begins_at)
            if gap.ends_at is None:
                lines.append(say("oncall.warning.on", begins=begins))
            else:
                lines.append(say("oncall.warning.one", begins=begins, ends=_when(gap.ends_at)))
        yield "\n".join(lines)
    for calendar in shown.calendars:
        if calendar.is_stale(shown.at):
            yield say("oncall.calendar.stale", name=escape(calendar.name), age=_age(calendar, shown.at))


def _small(shown: OnCallShown) -> Iterator[Block]:
    base = shown.rota.base
    if isinstance(base, Turns):
        people = " ".join(f"<@{user}>" for user in base.people)
        every, at = f"{base.every} d", f"{base.at:%H:%M}"
        yield small(say("oncall.turns", who=people, every=every, at=at, zone=escape(base.zone)))
    for calendar in shown.calendars:
        if calendar.fetched_at is not None:
            yield small(say("oncall.calendar", name=escape(calendar.name), age=_age(calendar, shown.at)))
        if calendar.code:
            yield small(say("oncall.calendar.code", name=escape(calendar.name), code=escape(calendar.code)))
    known = {calendar.name for calendar in shown.calendars}
    if isinstance(base, Target) and base.kind is TargetKind.CALENDAR and base.id not in known:
        yield small(say("oncall.calendar.never", name=escape(base.id)))


def _age(calendar: Calendar, at: datetime) -> str:
    return "–" if calendar.fetched_at is None else age(calendar.fetched_at, at)


def _who(shift: Shift) -> str:
    if shift.who is None:
        return say("oncall.gap")
    named = _named(shift.who)
    return say("oncall.cover", who=named) if shift.is_cover else named


def _named(target: Target) -> str:
    return escape(target.id) if target.kind is TargetKind.CALENDAR else mention(target)


def _when(at: datetime) -> str:
    return moment(at, _DAY)
