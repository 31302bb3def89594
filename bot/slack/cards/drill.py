"""
A rehearsed outage: while it runs, what is told of it, and the table of how long each step took.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.notice import Step
from bot.domain.tell import reason_said
from bot.domain.words import has, say
from bot.slack.cards.block import LONGEST_TEXT, Dressed, header, section, small
from bot.slack.cards.handling import person
from bot.slack.cards.text import escape, moment

if TYPE_CHECKING:
    from datetime import timedelta

    from bot.domain.notice import DrillBody, Measured
    from bot.domain.task import News

ROWS: Final = 25  # of the table in one block, which holds 3,000 characters: a group on call has many people

_TO: Final = frozenset({Step.CHANNEL, Step.DIRECT, Step.PAGER})


def dress(body: DrillBody) -> Dressed:
    """Dress a drill's root message, or what stands under it."""
    if body.news is not None:
        return _told(body.news)
    if not body.steps:
        begun = say("drill.begun", user=person(body.by), within=_seconds(body.within))
        return Dressed(text=say("drill.title"), blocks=(header(say("drill.title")), section(begun)))
    verdict = _verdict(body)
    if body.is_end:
        return Dressed(text=verdict, blocks=(section(verdict),))
    rows = [_row(step) for step in body.steps]
    table = (section("\n".join(rows[first : first + ROWS])) for first in range(0, len(rows), ROWS))
    begun = say("drill.small", user=person(body.by), when=moment(body.began_at, "{date_short_pretty} {time_secs}"))
    return Dressed(text=verdict, blocks=(header(verdict), *table, small(begun)))


def _told(news: News) -> Dressed:
    """Say what the play came to, in the words of a real outage, and that it is none."""
    state = say("drill.told", sign=say(f"sign.{news.new}"), state=say(f"state.{news.new}"))
    said = " · ".join(part for part in (state, escape(reason_said(news.reason))) if part)
    return Dressed(text=escape(said, LONGEST_TEXT), blocks=(section(said),))


def _verdict(body: DrillBody) -> str:
    if body.is_interrupted:
        return say("drill.interrupted")
    if body.is_failed:
        return say("drill.failed", lost=body.lost, count=len(body.steps), within=_seconds(body.within))
    return say("drill.passed", count=len(body.steps), within=_seconds(body.within))


def _row(step: Measured) -> str:
    sign = say("drill.missed") if step.why else say("drill.came")
    said = [_what(step)]
    if step.after is not None:
        said.append(say("drill.after", seconds=_seconds(step.after)))
    if step.why:
        said.append(say(f"drill.why.{step.why}") if has(f"drill.why.{step.why}") else escape(step.why, 40))
    return f"{sign} {' · '.join(said)}"


def _what(step: Measured) -> str:
    if step.step in _TO:
        who = escape(step.who, 40) if step.step is Step.PAGER else person(step.who)
        return say(f"drill.to.{step.step}", who=who)
    return say(f"drill.step.{step.step}")


def _seconds(length: timedelta) -> str:
    return f"{length.total_seconds():.1f}".removesuffix(".0") + " s"
