"""
Text that came from outside made harmless for Slack, and instants as each reader's own clock shows them.

Source: https://docs.slack.dev/messaging/formatting-message-text (escaping, date formatting; read 2026-11-21).
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Final

from bot.domain.text import clip, visible

if TYPE_CHECKING:
    from datetime import datetime

LONGEST_NAME: Final = 80  # characters of somebody's name for something

_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "`": "\u2032"}
_LOOK_ALIKES: Final = str.maketrans({"&": "＆", "<": "‹", ">": "›", "`": "\u2032"})


def escape(text: str, most: int = LONGEST_NAME) -> str:
    """
    Return foreign text for mrkdwn and for `text`, where `<!channel>` would wake everybody.

    It has at most `most` characters as it is sent: Slack counts `&amp;` as five, and half of one would be read out.
    """
    written = [_ENTITIES.get(character, character) for character in visible(text)]
    lengths = list(accumulate(map(len, written)))
    if not lengths or lengths[-1] <= most:
        return "".join(written)
    return "".join(written[: sum(length < most for length in lengths)]) + "…"


def literal(text: str, most: int = LONGEST_NAME) -> str:
    """
    Return foreign text for a plain_text object.

    Slack is said to parse nothing there; look-alikes make that true even where it is not.
    """
    return clip(visible(text), most).translate(_LOOK_ALIKES)


def moment(at: datetime, form: str = "{date_short_pretty} {time}") -> str:
    """
    Return an instant that each reader sees in their own time zone; UTC where Slack cannot.

    >>> from datetime import UTC, datetime
    >>> moment(datetime(2026, 11, 21, 20, 14, tzinfo=UTC), "{time}")
    '<!date^1795292040^{time}|2026-11-21 20:14 UTC>'
    """
    return f"<!date^{int(at.timestamp())}^{form}|{at:%Y-%m-%d %H:%M} UTC>"
