"""
A look as people read it: a panel on a terminal, plain lines in a pipe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from adapters.contract import TaskState
from bot.domain.outlook import Tone
from bot.domain.tell import called, meaning, progress, reason, retries
from bot.domain.text import age, visible
from bot.domain.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from rich.console import RenderableType

    from bot.domain.message import Look

STYLE: Final = {Tone.GOOD: "green", Tone.INFO: "cyan", Tone.WARNING: "yellow", Tone.BAD: "bold red"}

WIDTH: Final = 100  # a line longer than that is hard to read; an id of Tencent Cloud has 104 characters and is folded


def drawn(look: Look, regions: Sequence[str]) -> RenderableType:
    """Return the look as a panel; nothing in it is taken for markup."""
    rows = Table.grid(padding=(0, 2))
    rows.add_column(style="dim", no_wrap=True)
    rows.add_column(overflow="fold")
    for label, value in _facts(look, regions).items():
        rows.add_row(label, Text(value))
    body = Table.grid()
    body.add_row(Text(meaning(look)))
    body.add_row(Text())
    body.add_row(rows)
    body.add_row(Text())
    body.add_row(Text(_small(look), style="dim"))
    style = STYLE[look.outlook.tone]
    return Panel(body, title=Text(_title(look), style=style), title_align="left", border_style=style, width=WIDTH)


def plain(look: Look, regions: Sequence[str]) -> str:
    """Return the look as lines; each fact stands on its own, after its label and a colon."""
    facts = (f"{label}: {value}" for label, value in _facts(look, regions).items())
    return "\n".join((_title(look), meaning(look), *facts, _small(look)))


def state(look: Look) -> str:
    """Return the state as people read it, with a sign that needs no colour."""
    return f"{say(f'sign.{look.snapshot.state}')} {say(f'state.{look.snapshot.state}')}"


def _title(look: Look) -> str:
    return f"{state(look)} · {visible(called(look))}"


def _facts(look: Look, regions: Sequence[str]) -> Mapping[str, str]:
    """Return what is known of the task, by its label; nothing in it can move a cursor."""
    snapshot = look.snapshot
    facts = {
        say("card.why"): reason(look),
        say("card.ended"): _local(snapshot.ended_at),
        say("card.plan"): _plan(look),
        say("card.progress"): progress(look),
        say("card.retries"): retries(look),
        say("card.where"): f"{', '.join(regions)} · {look.ref.account}",
        say("card.route"): " → ".join(url for url in (snapshot.source, snapshot.destination) if url),
        say("button.id"): look.ref.task_id,
    }
    return {label: visible(value) for label, value in facts.items() if value}


def _small(look: Look) -> str:
    snapshot = look.snapshot
    small = say("card.small", title=look.title, raw=snapshot.raw or "–", age=age(snapshot.taken_at, look.asked_at))
    if snapshot.request_id:
        small += say("card.small.request", request=snapshot.request_id)
    return visible(small)


def _plan(look: Look) -> str:
    plan = look.snapshot.plan
    if look.snapshot.state is TaskState.NOT_FOUND:
        return ""
    if plan.start is None and plan.end is None:
        return say("card.plan.none")
    return " – ".join(say("card.plan.open") if at is None else _local(at) for at in (plan.start, plan.end))


def _local(at: datetime | None) -> str:
    """Show an instant by this machine's own clock, with its zone."""
    return "" if at is None else f"{at.astimezone():%Y-%m-%d %H:%M:%S %Z}"
