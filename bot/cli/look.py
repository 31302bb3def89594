"""
A look on a terminal, for people and for programs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from adapters.contract import TaskState
from bot.domain.outlook import Tone
from bot.domain.tell import called, meaning, progress, reason, retries
from bot.domain.text import age, visible
from bot.domain.words import say

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import RenderableType

    from bot.domain.message import Look

STYLE: Final = {Tone.GOOD: "green", Tone.INFO: "cyan", Tone.WARNING: "yellow", Tone.BAD: "bold red"}

BAD: Final = 1
CANNOT_KNOW: Final = 2
NO_SUCH_TASK: Final = 3


def exit_status(look: Look) -> int:
    """Turn a look into the exit status that scripts branch on."""
    if look.snapshot.state is TaskState.NOT_FOUND:
        return NO_SUCH_TASK
    return CANNOT_KNOW if look.outlook.bad is None else BAD if look.outlook.bad else 0


def as_object(look: Look) -> dict[str, Any]:
    """Return the object that `--json` prints; instants are ISO 8601 in UTC."""
    snapshot = look.snapshot
    found = snapshot.progress
    return {
        "account": look.ref.account,
        "provider": look.provider,
        "region": look.ref.region,
        "task_id": look.ref.task_id,
        "name": snapshot.name or None,
        "state": snapshot.state.value,
        "bad": look.outlook.bad,
        "bad_why": look.outlook.why,
        "reason": snapshot.reason or None,
        "plan": {"start": _instant(snapshot.plan.start), "end": _instant(snapshot.plan.end)},
        "progress": None
        if found is None
        else {
            "offset_s": None if found.offset is None else found.offset.total_seconds(),
            "file": found.file,
            "files": found.files,
        },
        "taken_at": _instant(snapshot.taken_at),
        "age_s": round(max(0.0, (look.asked_at - snapshot.taken_at).total_seconds()), 3),
        "raw": snapshot.raw,
        "request_id": snapshot.request_id or None,
    }


def drawn(look: Look) -> RenderableType:
    """Return the look as a panel; nothing in it is taken for markup."""
    snapshot = look.snapshot
    rows = Table.grid(padding=(0, 2))
    rows.add_column(style="dim", no_wrap=True)
    rows.add_column(overflow="fold")
    facts = {
        say("card.why"): reason(look),
        say("card.ended"): _local(snapshot.ended_at),
        say("card.plan"): _plan(look),
        say("card.progress"): progress(look),
        say("card.retries"): retries(look),
        say("card.where"): f"{look.ref.region} · {look.ref.account}",
        say("card.route"): " → ".join(url for url in (snapshot.source, snapshot.destination) if url),
        say("button.id"): look.ref.task_id,
    }
    for label, value in facts.items():
        if value:
            rows.add_row(label, Text(visible(value)))
    small = say("card.small", title=look.title, raw=snapshot.raw or "–", age=age(snapshot.taken_at, look.asked_at))
    if snapshot.request_id:
        small += say("card.small.request", request=snapshot.request_id)
    body = Table.grid()
    body.add_row(Text(meaning(look)))
    body.add_row(Text())
    body.add_row(rows)
    body.add_row(Text())
    body.add_row(Text(visible(small), style="dim"))
    style = STYLE[look.outlook.tone]
    state = snapshot.state
    title = Text(f"{say(f'sign.{state}')} {say(f'state.{state}')} · {visible(called(look))}", style=style)
    return Panel(body, title=title, title_align="left", border_style=style, width=100)


def _plan(look: Look) -> str:
    plan = look.snapshot.plan
    if plan.start is None and plan.end is None:
        return say("card.plan.none")
    return " – ".join(say("card.plan.open") if at is None else _local(at) for at in (plan.start, plan.end))


def _local(at: datetime | None) -> str:
    """Show an instant by this machine's own clock, with its zone."""
    return "" if at is None else f"{at.astimezone():%Y-%m-%d %H:%M:%S %Z}"


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")
