"""
A call: who is called, about what, since when, and the buttons to take it in hand.

In the channel it stands under the card; to one person it comes with a link to that thread.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bot.domain.handling import Handling
from bot.domain.spoken import many_bad
from bot.domain.task import Why
from bot.domain.tell import reason_said
from bot.domain.text import clip, short_id, span, visible
from bot.domain.words import has, say
from bot.slack.cards.block import LONGEST_TEXT, Dressed, buttons, section, small
from bot.slack.cards.handling import person, pressable, said
from bot.slack.cards.text import escape, moment

if TYPE_CHECKING:
    from bot.domain.notice import PageBody
    from bot.slack.cards.block import Block

MOST_CALLED = 20
MOST_SKIPPED = 6

_WHYS: Final = frozenset(Why)
_LINK: Final = re.compile(r"https://[A-Za-z0-9.-]+/[A-Za-z0-9/?=&._-]*")


def dress(body: PageBody) -> Dressed:
    """Dress a page: it mentions whom it calls, and nobody else."""
    drill = say("page.drill") if body.act == "drill" else ""
    first = (_called(body), drill, f"*{_what(body, 60)}*", _why(body))
    lines = [" · ".join(part for part in first if part), *_remarks(body), *_thread(body.link)]
    where = say("page.small", number=body.incident, title=escape(body.title), region=escape(body.region))
    since = say("page.since", when=moment(body.opened_at))
    shown = since if body.act == "drill" else f"{where} · {since}"
    return Dressed(text=_lock_screen(body), blocks=(section("\n".join(lines)), small(shown), *_hand(body)))


def _called(body: PageBody) -> str:
    return " ".join(person(each) for each in body.mentions[:MOST_CALLED])


def _what(body: PageBody, most: int) -> str:
    """Name what is bad: a task and its state, many tasks, or an account that cannot be seen."""
    if body.state is not None:
        name = visible(body.name).strip() or short_id(body.task_id or "")
        return f"{say(f'state.{body.state}')} {escape(name, most)}"
    account = escape(body.account, 40)
    return many_bad(body.count, account) if body.why in _WHYS else say("account.blind", account=account)


def _why(body: PageBody, most: int = 80) -> str:
    """Give the cloud's reason; where it has none, our own word."""
    if body.reason:
        return escape(reason_said(body.reason), most)
    return clip(say(f"news.{Why(body.why)}"), most) if body.why in _WHYS else ""


def _remarks(body: PageBody) -> list[str]:
    """Say what else has to be known: how many it is about, who could not be called, how late it is."""
    lines = [say("page.more", count=body.count - 1)] if body.state is not None and body.count > 1 else []
    if has(f"page.because.{body.because}"):
        lines.append(say(f"page.because.{body.because}", step=body.step, user=person(body.by)))
    lines += [say(f"page.skipped.{each.why}", user=person(each.user)) for each in body.skipped[:MOST_SKIPPED]]
    if body.late is not None:
        lines.append(say("page.late", span=span(body.late)))
    return lines


def _thread(link: str) -> list[str]:
    return [f"<{link}|{say('page.thread')}>"] if _LINK.fullmatch(link) else []


def _hand(body: PageBody) -> list[Block]:
    """Show who has it in hand, or let somebody take it; what is only played is nobody's to take."""
    if body.act == "drill":
        return []
    hand = body.handling or Handling(response=body.response, version=body.version)
    shown, pressed = said(hand), pressable(hand, more=body.act == "trigger")
    return [*([small(shown)] if shown else []), *([buttons(*pressed)] if pressed else [])]


def _lock_screen(body: PageBody) -> str:
    """At most 7 + 11 + 1 + 36 + 3 + 40 + 3 + 15 + 3 + 20 = 139 of LONGEST_TEXT; of many tasks less."""
    drill = (say("page.drill.text"),) if body.act == "drill" else ()
    since = say("page.since", when=f"{body.opened_at:%H:%M} UTC")
    parts = (*drill, _what(body, 36), _why(body, 40), since, escape(body.region, 20))
    return clip(" · ".join(part for part in parts if part), LONGEST_TEXT)
