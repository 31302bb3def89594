"""
Many tasks at once, told as one thing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.text import span
from bot.domain.words import say
from bot.slack.cards import handling
from bot.slack.cards.block import Dressed, buttons, header, section, small
from bot.slack.cards.text import escape, literal, moment

if TYPE_CHECKING:
    from bot.domain.notice import GroupBody


def dress(body: GroupBody) -> Dressed:
    """Dress a group as it stands: it is edited while others join, and at its end."""
    blocks = [header(_title(body, literal(body.account)))]
    names = ", ".join(escape(name) for name in body.names)
    rest = body.total - len(body.names)
    lines = [line for line in (names, say("board.more", count=rest) if rest > 0 else "", _lasted(body)) if line]
    if lines:
        blocks.append(section("\n".join(lines)))
    title, region = escape(body.title), escape(body.region)
    blocks.append(small(say("group.small", title=title, region=region, when=moment(body.at))))
    if body.handling is not None:
        if hand := handling.said(body.handling):
            blocks.append(small(hand))
        if pressable := handling.pressable(body.handling):
            blocks.append(buttons(*pressable))
    return Dressed(text=_title(body, escape(body.account, 30)), blocks=tuple(blocks))


def _title(body: GroupBody, account: str) -> str:
    if not body.is_over:
        return say("group.title", count=body.total, account=account, why=say(f"news.{body.why}"))
    if body.still_bad:
        return say("group.over.still", count=body.total, account=account, bad=body.still_bad)
    return say("group.over", count=body.total, account=account)


def _lasted(body: GroupBody) -> str:
    return say("group.lasted", span=span(body.lasted)) if body.is_over and body.lasted is not None else ""
