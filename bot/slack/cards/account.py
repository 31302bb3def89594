"""
A blind account: we cannot see its tasks, or can again. Never a word about a task.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.text import span
from bot.domain.words import has, say
from bot.slack.cards import press
from bot.slack.cards.block import Dressed, button, buttons, header, section, small
from bot.slack.cards.text import escape, literal, moment

if TYPE_CHECKING:
    from bot.domain.notice import AccountBody

_HEALS = frozenset({"Throttled", "Unreachable"})  # by itself: nobody has to do anything, and nobody can


def dress(body: AccountBody) -> Dressed:
    """Dress what we cannot see, who must act, and what it hides; or that it is over."""
    account = escape(body.account, 40)
    small_print = [say("account.small", title=escape(body.title), region=escape(body.region), when=moment(body.since))]
    if body.is_over:
        text = say("account.seen", account=account)
        lasted = say("account.lasted", span=span(body.lasted)) if body.lasted is not None else ""
        header_text = say("account.seen", account=literal(body.account))
        sections = [section(lasted)] if lasted else []
    else:
        text = say("account.blind", account=account)
        header_text = say("account.blind", account=literal(body.account))
        sections = [section("\n".join(_sentences(body, account)))]
        small_print += [say("trouble.code", code=f"`{escape(body.code)}`")] if body.code else []
        small_print += [say("trouble.request", request=f"`{escape(body.request_id)}`")] if body.request_id else []
    blocks = [header(header_text), *sections, small(" · ".join(small_print))]
    if body.is_mislaid and body.incident:
        value = press.written_incident(body.incident)
        blocks.append(buttons(button(say("button.really_gone"), action=press.REALLY_GONE, value=value)))
    return Dressed(text=text, blocks=tuple(blocks))


def _sentences(body: AccountBody, account: str) -> list[str]:
    said = []
    if body.is_mislaid:
        said += [say("account.mislaid", title=escape(body.title)), say("account.mislaid.mend")]
    elif has(f"error.{body.error}"):
        where = {"title": escape(body.title), "account": account, "region": escape(body.region)}
        said.append(say(f"error.{body.error}", **where))
        if body.error not in _HEALS:
            said.append(say(f"mend.{body.error}", action="", sdk_app_id=""))
    said.append(say("account.hides", count=body.followed))
    return said
