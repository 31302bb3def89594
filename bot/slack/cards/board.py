"""
The board of an `all` or `match=` subscription, and a burst of changes: many tasks in numbers, the bad ones by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.words import say
from bot.slack.cards import reply
from bot.slack.cards.block import Dressed, header, section, small
from bot.slack.cards.text import escape, literal, moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adapters.contract import TaskState
    from bot.domain.notice import BoardBody, DigestBody
    from bot.slack.cards.block import Block


def dress(body: BoardBody) -> Dressed:
    """Dress a board as it is posted first, and as it is edited from then on."""
    blocks: list[Block] = [header(_title(literal(body.account), literal(body.match)))]
    if body.unseen_since is not None:
        blocks.append(section(say("card.unseen", when=moment(body.unseen_since))))
    blocks.append(section(counted(body.counts) or say("board.none")))
    if body.bad_total:
        lines = [say("board.bad", count=body.bad_total), *map(reply.line, body.bad)]
        if body.bad_total > len(body.bad):
            lines.append(say("board.more", count=body.bad_total - len(body.bad)))
        blocks.append(section("\n".join(lines)))
    elif body.counts:
        blocks.append(section(say("board.well")))
    blocks.append(small(say("board.small", title=escape(body.title), when=moment(body.at))))
    bad = say("board.bad", count=body.bad_total) if body.bad_total else say("board.well")
    text = f"{_title(escape(body.account, 30), escape(body.match, 40))} · {bad}"
    return Dressed(text=text, blocks=tuple(blocks))


def digest(body: DigestBody) -> Dressed:
    """Dress a burst: what was held back is said in numbers."""
    title = say("digest.title", count=body.total)
    lines = [f"*{title}*", say("digest.came_to", counts=counted(body.counts))]
    if body.names:
        lines.append(", ".join(map(escape, body.names)))
    since, until = (moment(at, "{time_secs}") for at in (body.since, body.until))
    held_back = say("digest.held_back", since=since, until=until, count=body.total)
    text = f"{title} · {counted(body.counts[:4])}"
    return Dressed(text=text, blocks=(section("\n".join(lines)), small(held_back)))


def counted(counts: Iterable[tuple[TaskState, int]]) -> str:
    """Say how many are in each state."""
    return ", ".join(say("board.count", count=count, state=say(f"state.{state}")) for state, count in counts if count)


def _title(account: str, match: str) -> str:
    return say("board.title.match", account=account, match=match) if match else say("board.title", account=account)
