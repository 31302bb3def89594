"""
One thing that happened to one task, under its card or in the channel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.task import Why
from bot.domain.tell import reason_said, was_said
from bot.domain.text import short_id, span, visible
from bot.domain.words import say
from bot.slack.cards.block import Dressed, section, small
from bot.slack.cards.text import escape, moment

if TYPE_CHECKING:
    from bot.domain.notice import ReplyBody

_REASON_SAYS_IT = frozenset({Why.RETRYING, Why.STOPPED})


def dress(body: ReplyBody) -> Dressed:
    """Dress a change: what it came to, of which task, why, and for how long it was otherwise."""
    sign, state = say(f"sign.{body.news.new}"), say(f"state.{body.news.new}")
    said = " · ".join(part for part in (f"{sign} *{state}*", f"*{escape(called(body))}*", *_story(body)) if part)
    return Dressed(text=_lock_screen(body, state), blocks=(section(said), small(_small_print(body))))


def line(body: ReplyBody) -> str:
    """Say it in one line, for a board."""
    why = _because(body) if body.news.why is Why.STILL_RETRYING else _why(body)
    return " · ".join((f"{say(f'sign.{body.news.new}')} {escape(called(body))}", why, moment(body.news.at)))


def called(body: ReplyBody) -> str:
    """Return the task's name, or its id where it has none."""
    return visible(body.name).strip() or short_id(body.ref.task_id)


def _why(body: ReplyBody) -> str:
    """Give the cloud's reason where it says more than our own word."""
    return _because(body) if body.news.why in _REASON_SAYS_IT else say(f"news.{body.news.why}")


def _because(body: ReplyBody) -> str:
    """Give the cloud's reason; where it has none, our own word."""
    reason = reason_said(body.news.reason)
    return escape(reason, 40) if reason else say(f"news.{body.news.why}")


def _past(body: ReplyBody) -> str:
    news = body.news
    if news.why is Why.STILL_RETRYING and news.lasted is not None:
        return say("told.fails_for", span=span(news.lasted))
    if news.bad_for is not None:
        return say("told.bad_for", span=span(news.bad_for))
    return was_said(news)


def _story(body: ReplyBody) -> tuple[str, ...]:
    why, reason = _why(body), escape(reason_said(body.news.reason))
    return (why, "" if body.news.why in _REASON_SAYS_IT else reason, _past(body), _future(body))


def _future(body: ReplyBody) -> str:
    """Say how long the cloud goes on to try; after that nobody does."""
    left = body.news.left
    if left is None:
        return ""
    return say("told.gives_up", span=span(left)) if left else say("told.gave_up")


def _lock_screen(body: ReplyBody, state: str) -> str:
    """At most 11 + 1 + 36 + 3 + 40 + 3 + 32 + 3 + 20 = 149 of LONGEST_TEXT."""
    time = _future(body) or _past(body)
    parts = (f"{state} {escape(called(body), 36)}", _why(body), time, escape(body.ref.region, 20))
    return " · ".join(part for part in parts if part)


def _small_print(body: ReplyBody) -> str:
    return say(
        "told.small",
        when=moment(body.news.at, "{date_short_pretty} {time_secs}"),
        region=escape(body.ref.region),
        account=escape(body.ref.account),
    )
