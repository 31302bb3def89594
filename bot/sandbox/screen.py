"""
A Slack window on a terminal: what a person would see, drawn from the very blocks that the bot sent.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console, Group
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import RenderableType

    from bot.sandbox.slack import Message, Workspace

_DATE: Final = re.compile(r"<!date\^(\d+)\^([^|>]*)\|([^>]*)>")
_MENTION: Final = re.compile(r"<@([A-Z0-9]+)(?:\|[^>]*)?>")
_CHANNEL: Final = re.compile(r"<#([A-Z0-9]+)>")
_LINK: Final = re.compile(r"<https?://[^|>]+\|([^>]+)>")
_BOLD: Final = re.compile(r"\*([^*\n]+)\*")
_CODE: Final = re.compile(r"```(.+?)```|`([^`\n]+)`", re.DOTALL)


class Screen:
    """Draws what people type and what they then see."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._console = Console(highlight=False)

    def say(self, text: str, style: str = "dim italic") -> None:
        """Show a line of the play itself."""
        self._console.print(Text(text, style=style))

    def typed(self, user: str, place: str, line: str) -> None:
        """Show what somebody types."""
        self._console.print()
        self._console.print(Text.assemble((f"{place} ", "bold"), (f"{user}: ", "bold cyan"), line))

    def heard(self, message: Message) -> None:
        """Show what the bot said."""
        note = "only visible to you" if message.ephemeral_to else "everybody in the channel reads this"
        if message.channel.startswith("D"):
            note = "a direct message"
        if message.thread_ts:
            note = ("in the thread, shown in the channel too · " if message.is_broadcast else "in the thread · ") + note
        if message.edited:
            note += " · replaced"
        parts = [self._block(block) for block in message.blocks] or [self._text(message.text)]
        name = self._workspace.people[message.by].name if message.by in self._workspace.people else message.by
        panel = Panel(
            Group(*parts),
            title=f"{name} · {note}",
            title_align="left",
            border_style="dim",
            width=min(100, self._width()),
        )
        self._console.print(Padding(panel, (0, 0, 0, 2)))

    def _width(self) -> int:
        return max(60, self._console.width - 4)

    def _block(self, block: Mapping[str, Any]) -> RenderableType:
        match block["type"]:
            case "header":
                return Text(block["text"]["text"], style="bold")
            case "section" if "fields" in block:
                table = Table.grid(padding=(0, 3))
                cells = [self._text(field["text"]) for field in block["fields"]]
                for left in range(0, len(cells), 2):
                    table.add_row(*cells[left : left + 2])
                return Padding(table, (1, 0, 0, 0))
            case "section":
                return self._text(block["text"]["text"])
            case "context":
                return Padding(self._text(" ".join(part["text"] for part in block["elements"]), "dim"), (1, 0, 0, 0))
            case "actions":
                labels = (f"[ {element['text']['text']} ]" for element in block["elements"])
                return Padding(Text("  ".join(labels), style="cyan"), (1, 0, 0, 0))
            case other:
                return Text(f"({other})", style="dim")

    def _text(self, mrkdwn: str, style: str = "") -> Text:
        """Read the mrkdwn that our cards use, as Slack would show it here and now."""
        mrkdwn = _DATE.sub(lambda found: _local(int(found[1]), found[2]), mrkdwn)
        mrkdwn = _MENTION.sub(lambda found: f"@{self._name(found[1])}", mrkdwn)
        mrkdwn = _CHANNEL.sub(lambda found: f"#{self._workspace.channel(found[1]).name}", mrkdwn)
        mrkdwn = _LINK.sub(r"\1 ↗", mrkdwn)
        text = Text(style=style)
        at = 0
        for found in re.finditer(f"{_CODE.pattern}|{_BOLD.pattern}", mrkdwn, re.DOTALL):
            text.append(unescape(mrkdwn[at : found.start()]))
            code = found[1] or found[2]
            text.append(unescape(code or found[3]), style="reverse" if code else "bold")
            at = found.end()
        text.append(unescape(mrkdwn[at:]))
        return text

    def _name(self, user: str) -> str:
        return self._workspace.people[user].name if user in self._workspace.people else user


def _local(epoch: int, form: str) -> str:
    at = datetime.fromtimestamp(epoch, UTC).astimezone()
    shown = {
        "{date_short_pretty}": f"{at:%b %d}",
        "{time}": f"{at:%H:%M}",
        "{time_secs}": f"{at:%H:%M:%S}",
    }
    for token, value in shown.items():
        form = form.replace(token, value)
    return form
