"""
A call in one plain line, as a phone reads it out. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.domain.spoken import many_bad, task_called
from bot.domain.task import Why
from bot.domain.tell import reason_said
from bot.domain.text import clip, visible
from bot.domain.words import say

if TYPE_CHECKING:
    from bot.domain.notice import PageBody

LONGEST: Final = 200

_WHYS: Final = frozenset(Why)


def headline(body: PageBody) -> str:
    """Say what is bad, why and where: "STOPPED main-en · the source cannot be pulled · cn-shanghai"."""
    drill = (say("page.drill.text"),) if body.act in {"drill", "drill_over"} else ()
    parts = (*drill, _what(body), _why(body), visible(body.region))
    return clip(" · ".join(part for part in parts if part), LONGEST)


def details(body: PageBody) -> dict[str, Any]:
    """Give the parts, for machines: ids and words, nothing that opens anything."""
    told: dict[str, Any] = {
        "incident": body.incident,
        "step": body.step,
        "attempt": body.attempt,
        "account": body.account,
        "cloud": body.title,
        "region": body.region,
        "task_id": body.task_id,
        "task_name": visible(body.name),
        "state": body.state,
        "why": body.why,
        "reason": body.reason,
        "opened_at": body.opened_at.isoformat(),
        "late_s": None if body.late is None else body.late.total_seconds(),
        "tasks": body.count,
        "slack_channel": body.channel,
        "called": list(body.mentions),
        "by": body.by,
    }
    return {key: value for key, value in told.items() if value not in (None, "", [])}


def _what(body: PageBody) -> str:
    if body.state is not None:
        named = f"{say(f'state.{body.state}')} {task_called(body.name, body.task_id or '')}"
        return named if body.count == 1 else f"{named} · {say('page.more', count=body.count - 1)}"
    account = visible(body.account)
    return many_bad(body.count, account) if body.why in _WHYS else say("account.blind", account=account)


def _why(body: PageBody) -> str:
    if body.reason:
        return reason_said(body.reason)
    return say(f"news.{Why(body.why)}") if body.why in _WHYS else ""
