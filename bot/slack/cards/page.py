"""
A call: who is called, about what, since when.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.domain.text import short_id, visible
from bot.domain.words import say
from bot.slack.cards.block import LONGEST_TEXT, Dressed, section, small
from bot.slack.cards.text import escape, moment

if TYPE_CHECKING:
    from bot.domain.notice import PageBody


def dress(body: PageBody) -> Dressed:
    """Dress a page: it mentions whom it calls, and nobody else."""
    said = " · ".join(part for part in (_mentions(body), f"*{_what(body)}*", escape(body.reason, 40)) if part)
    where = say("account.small", title=escape(body.title), region=escape(body.region), when=moment(body.opened_at))
    return Dressed(text=escape(_what(body), LONGEST_TEXT), blocks=(section(said), small(where)))


def _what(body: PageBody) -> str:
    """Name what is bad: a task and its state, many tasks, or an account that cannot be seen."""
    if body.state is not None:
        state, name = say(f"state.{body.state}"), visible(body.name).strip() or short_id(body.task_id or "")
        return f"{state} {escape(name, 36)}"
    if body.count > 1:
        return say("page.many", count=body.count, account=escape(body.account, 40))
    return say("account.blind", account=escape(body.account, 40))


def _mentions(body: PageBody) -> str:
    return " ".join(_mention(each) for each in body.mentions)


def _mention(who: str) -> str:
    if re.fullmatch(r"[UW][A-Z0-9]+", who):
        return f"<@{who}>"
    return f"<!subteam^{who}>" if re.fullmatch(r"S[A-Z0-9]+", who) else escape(who)
