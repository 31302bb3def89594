"""
The few kinds of block that our cards are made of, as the plain dictionaries that Slack takes.

Source: https://docs.slack.dev/reference/block-kit/blocks (limits; read 2026-11-21).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from bot.domain.text import clip

if TYPE_CHECKING:
    from collections.abc import Mapping

Block: TypeAlias = dict[str, Any]

LONGEST_TEXT: Final = 150  # of `text`, which a phone's lock screen shows
LONGEST_HEADER: Final = 150
LONGEST_SECTION: Final = 3000
LONGEST_FIELD: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Dressed:
    """A message ready for Slack. `text` is what a lock screen shows and what stands where blocks cannot."""

    text: str
    blocks: tuple[Block, ...]


def header(text: str) -> Block:
    """Show a title; plain text, already harmless."""
    return {"type": "header", "text": {"type": "plain_text", "text": clip(text, LONGEST_HEADER), "emoji": False}}


def section(text: str) -> Block:
    """Show mrkdwn, already escaped."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": clip(text, LONGEST_SECTION), "verbatim": True}}


def fields(pairs: Mapping[str, str]) -> Block:
    """Show label over value, two columns, at most ten; values are mrkdwn, already escaped."""
    return {
        "type": "section",
        "fields": [
            {"type": "mrkdwn", "text": clip(f"*{label}*\n{value}", LONGEST_FIELD), "verbatim": True}
            for label, value in list(pairs.items())[:10]
        ],
    }


def small(text: str) -> Block:
    """Show the small print; mrkdwn, already escaped."""
    return {
        "type": "context",
        "elements": [{"type": "mrkdwn", "text": clip(text, LONGEST_FIELD), "verbatim": True}],
    }


def buttons(*elements: Block) -> Block:
    """Show buttons in a row."""
    return {"type": "actions", "elements": list(elements)}


def button(label: str, *, action: str, value: str) -> Block:
    """Make one button; `value` carries an id and nothing else."""
    return {
        "type": "button",
        "action_id": action,
        "text": {"type": "plain_text", "text": label, "emoji": False},
        "value": value,
    }
