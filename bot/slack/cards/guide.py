"""
Help, accounts and debug: what the bot says about itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.command import VERBS
from bot.domain.text import span
from bot.domain.words import has, say
from bot.slack.cards import listing
from bot.slack.cards.block import LONGEST_TEXT, Dressed, header, section, small
from bot.slack.cards.text import escape, moment

if TYPE_CHECKING:
    from bot.domain.figures import LaneFigures
    from bot.domain.message import AccountShown, AccountsShown, Debugged, Helped
    from bot.slack.cards.block import Block

MOST_ACCOUNTS = 20
LONGEST_USAGE = 200
MOST_LANES = 15
MOST_CODES = 5


def helped(message: Helped) -> Dressed:
    """Show every command that exists, or one of them with an example."""
    if message.verb:
        verb = VERBS[message.verb]
        lines = [f"`/relay {escape(verb.usage, LONGEST_USAGE)}`", say(f"help.verb.{verb.name}")]
        lines.append(say("help.example", example=f"`{escape(verb.example, 200)}`"))
        if has(f"help.{verb.name}.cdn"):
            lines.append(say(f"help.{verb.name}.cdn"))
        blocks: list[Block] = [section("\n".join(lines))]
        return Dressed(text=escape(say(f"help.verb.{verb.name}"), LONGEST_TEXT), blocks=tuple(blocks))
    intro = say("help.intro", titles=" and ".join(message.titles)) if message.titles else say("help.intro.no_account")
    lines = [
        f"`/relay {escape(verb.usage, LONGEST_USAGE)}` – {say(f'help.verb.{verb.name}')}" for verb in VERBS.values()
    ]
    blocks = [section(escape(intro, 500)), section("\n".join(lines))]
    hints = [say("help.more", command="`/relay help status`")]
    if message.bot:
        hints.append(say("help.mention", mention=f"<@{message.bot}>"))
    if message.limited:
        hints.append(say("help.limited"))
    blocks.append(small("\n".join(hints)))
    if message.here is not None:
        blocks += listing.listed(message.here).blocks
    return Dressed(text=escape(intro, LONGEST_TEXT), blocks=tuple(blocks))


def accounts(message: AccountsShown) -> Dressed:
    """Show what may be asked from this channel, and how fast."""
    title = say("accounts.title")
    if not message.accounts:
        return Dressed(text=title, blocks=(section(say("accounts.none")),))
    blocks: list[Block] = [header(title)]
    for account in message.accounts[:MOST_ACCOUNTS]:
        blocks.append(section(_account(account)))
        if account.paces:
            blocks.append(small(_paces(account)))
    if len(message.accounts) > MOST_ACCOUNTS:
        blocks.append(small(say("accounts.more", count=len(message.accounts) - MOST_ACCOUNTS)))
    return Dressed(text=title, blocks=tuple(blocks))


def debug(message: Debugged) -> Dressed:
    """Show what support needs."""
    title = say("debug.title", version=escape(message.version))
    lines = [
        say("debug.ids", team=escape(message.team), channel=escape(message.channel), user=escape(message.user)),
        say("debug.slack", transport=escape(message.transport), scopes=escape(", ".join(message.scopes), 600) or "–"),
        say("debug.store", store=escape(message.store)),
    ]
    if message.parked:
        codes = ", ".join(f"{count} × {escape(code, 40)}" for code, count in message.parked[:MOST_CODES])
        lines.append(say("debug.parked", codes=codes))
    if message.parked_elsewhere:
        lines.append(say("debug.parked.elsewhere", count=message.parked_elsewhere))
    lanes = [small(_lane(lane)) for lane in message.lanes[:MOST_LANES]] or [small(say("debug.lanes.none"))]
    if len(message.lanes) > MOST_LANES:
        lanes.append(small(say("debug.lanes.more", count=len(message.lanes) - MOST_LANES)))
    return Dressed(text=title, blocks=(header(title), section("\n".join(lines)), *lanes))


def _account(account: AccountShown) -> str:
    regions = escape(", ".join(account.regions), 200)
    return say("accounts.row", name=escape(account.name), title=escape(account.title), regions=regions)


def _paces(account: AccountShown) -> str:
    bound = () if account.bound is None else (say("accounts.row.bound", span=span(account.bound)),)
    return "\n".join(
        bound
        + tuple(
            say(
                "accounts.row.pace",
                api=escape(pace.api, 40),
                pace=f"{pace.per_second:g}",
                documented=f"{pace.documented:g}",
            )
            for pace in account.paces[:3]
        )
    )


def _lane(lane: LaneFigures) -> str:
    text = say(
        "debug.lane",
        lane=escape(str(lane.name)),
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
