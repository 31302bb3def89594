"""
Text that came from outside made harmless, and times and spans as Slack shows them.

Source: https://docs.slack.dev/messaging/formatting-message-text (escaping, date formatting; read 2026-11-21).
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

from bot.domain.words import say

if TYPE_CHECKING:
    from datetime import datetime, timedelta

LONGEST_NAME: Final = 80  # characters of somebody's name for something
LONGEST_ID: Final = 44  # in titles and lists; the button *Id* gives it whole

_ENTITIES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "`": "\u2032"})
_LOOK_ALIKES: Final = str.maketrans({"&": "＆", "<": "‹", ">": "›", "`": "\u2032"})


def visible(text: str) -> str:
    """Drop what cannot be seen or turns the text around: control, format and private characters, lone surrogates."""
    return "".join(
        " " if character.isspace() else character
        for character in text
        if character.isspace() or unicodedata.category(character)[0] != "C"
    )


def clip(text: str, most: int) -> str:
    """Cut a text that is too long, and show that it was."""
    return text if len(text) <= most else text[: most - 1] + "…"


def escape(text: str, most: int = LONGEST_NAME) -> str:
    """Return foreign text for mrkdwn and for `text`, where `<!channel>` would wake everybody."""
    return clip(visible(text), most).translate(_ENTITIES)


def literal(text: str, most: int = LONGEST_NAME) -> str:
    """
    Return foreign text for a plain_text object.

    Slack is said to parse nothing there; look-alikes make that true even where it is not.
    """
    return clip(visible(text), most).translate(_LOOK_ALIKES)


def short_id(task: str) -> str:
    """Cut a long opaque id in its middle: people compare beginnings and ends."""
    if len(task) <= LONGEST_ID:
        return task
    return f"{task[:24]}…{task[-12:]}"


def moment(at: datetime, form: str = "{date_short_pretty} {time}") -> str:
    """
    Return an instant that each reader sees in their own time zone; UTC where Slack cannot.

    >>> from datetime import UTC, datetime
    >>> moment(datetime(2026, 11, 21, 20, 14, tzinfo=UTC), "{time}")
    '<!date^1795292040^{time}|2026-11-21 20:14 UTC>'
    """
    return f"<!date^{int(at.timestamp())}^{form}|{at:%Y-%m-%d %H:%M} UTC>"


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
