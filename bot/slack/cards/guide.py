"""
Help, accounts and debug: what the bot says about itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.command import VERBS
from bot.domain.text import clip
from bot.domain.words import has, say
from bot.slack.cards.block import LONGEST_TEXT, Dressed, header, section, small
from bot.slack.cards.text import escape, moment

if TYPE_CHECKING:
    from bot.domain.message import AccountShown, AccountsShown, Debugged, Helped, LaneShown
    from bot.slack.cards.block import Block


def helped(message: Helped) -> Dressed:
    """Show every command that exists, or one of them with an example."""
    if message.verb:
        verb = VERBS[message.verb]
        lines = [f"`/relay {escape(verb.usage)}`", say(f"help.verb.{verb.name}")]
        lines.append(say("help.example", example=f"`{escape(verb.example, 200)}`"))
        if has(f"help.{verb.name}.cdn"):
            lines.append(say(f"help.{verb.name}.cdn"))
        blocks: list[Block] = [section("\n".join(lines))]
        return Dressed(text=clip(say(f"help.verb.{verb.name}"), LONGEST_TEXT), blocks=tuple(blocks))
    titles = " and ".join(escape(title) for title in message.titles) or "your clouds"
    intro = say("help.intro", titles=titles)
    lines = [f"`/relay {escape(verb.usage)}` – {say(f'help.verb.{verb.name}')}" for verb in VERBS.values()]
    blocks = [section(intro), section("\n".join(lines))]
    hints = [say("help.more", command="`/relay help status`")]
    if message.bot:
        hints.append(say("help.mention", mention=f"<@{message.bot}>"))
    if message.limited:
        hints.append(say("help.limited"))
    blocks.append(small("\n".join(hints)))
    return Dressed(text=clip(intro, LONGEST_TEXT), blocks=tuple(blocks))


def accounts(message: AccountsShown) -> Dressed:
    """Show what may be asked from this channel, and how fast."""
    title = say("accounts.title")
    if not message.accounts:
        return Dressed(text=title, blocks=(section(say("accounts.none")),))
    blocks: list[Block] = [header(title)]
    for account in message.accounts[:20]:
        blocks += [section(_account(account)), small(_paces(account))]
    return Dressed(text=title, blocks=tuple(blocks))


def debug(message: Debugged) -> Dressed:
    """Show what support needs."""
    title = say("debug.title", version=escape(message.version))
    lines = [
        say("debug.ids", team=escape(message.team), channel=escape(message.channel), user=escape(message.user)),
        say("debug.slack", transport=escape(message.transport), scopes=escape(", ".join(message.scopes), 600)),
        say("debug.store", store=escape(message.store)),
        *(_lane(lane) for lane in message.lanes[:20]),
    ]
    if not message.lanes:
        lines.append(say("debug.lanes.none"))
    return Dressed(text=title, blocks=(header(title), section("\n".join(lines))))


def _account(account: AccountShown) -> str:
    regions = ", ".join(escape(region) for region in account.regions)
    return say("accounts.row", name=escape(account.name), title=escape(account.title), regions=regions)


def _paces(account: AccountShown) -> str:
    return "\n".join(
        say(
            "accounts.row.pace",
            api=escape(pace.api),
            pace=f"{pace.per_second:g}",
            documented=f"{pace.documented:g}",
        )
        for pace in account.paces
    )


def _lane(lane: LaneShown) -> str:
    text = say(
        "debug.lane",
        lane=escape(lane.lane),
        sent=lane.sent,
        joined=lane.joined,
        reused=lane.reused,
        retried=lane.retried,
        throttled=lane.throttled,
    )
    if lane.last_error:
        when = moment(lane.last_error_at, "{time_secs}") if lane.last_error_at else "–"
        request = escape(lane.last_request_id) or "–"
        text += say("debug.lane.error", code=escape(lane.last_error), when=when, request=request)
    return text
