"""
Plain text: what came from outside made visible, long things cut, lengths of time in words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.words import say

if TYPE_CHECKING:
    from datetime import datetime, timedelta

LONGEST_ID: Final = 44  # in titles and lists; the button *Id* and `--json` give it whole


def visible(text: str) -> str:
    """Drop what cannot be seen or turns the text around: control, format and private characters, lone surrogates."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else " " for sign in text if sign.isprintable() or sign.isspace())


def clip(text: str, most: int) -> str:
    """Cut a text that is too long, and show that it was."""
    return text if len(text) <= most else text[: most - 1] + "…"


def short_id(task: str) -> str:
    """Cut a long opaque id in its middle: people compare beginnings and ends."""
    return task if len(task) <= LONGEST_ID else f"{task[:24]}…{task[-12:]}"


def span(length: timedelta) -> str:
    """
    Return a length of time, its two largest parts.

    >>> from datetime import timedelta
    >>> span(timedelta(seconds=4)), span(timedelta(seconds=3900)), span(timedelta(days=2, hours=3))
    ('4 s', '1 h 5 min', '2 d 3 h')
    """
    rest = max(0, int(length.total_seconds()))
    parts: list[str] = []
    for name, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        amount, rest = divmod(rest, size)
        if amount:
            parts.append(f"{amount} {name}")
        elif parts:
            break
    return " ".join(parts[:2]) or "0 s"


def age(taken_at: datetime, now: datetime) -> str:
    """Say how old a read is."""
    length = now - taken_at
    return say("age.now") if length.total_seconds() < 1 else say("age.ago", age=span(length))
