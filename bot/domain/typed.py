"""
What somebody typed, as text: Slack's and the keyboard's doings undone, split into words, or told what is wrong with it.
"""

from __future__ import annotations

import re
from typing import Final

from bot.domain.text import visible

MOST_CHARACTERS: Final = 4000  # Slack's own limit of a message; a slash command is far shorter
SHOWN: Final = 80  # how much of somebody's words an error repeats
LONGEST_AGAIN: Final = 300  # of arguments that are offered again


class CommandError(Exception):
    """
    What somebody typed makes no command. Its text is safe to show: what failed, why, and what to type instead.

    Args:
        failed: One sentence; may hold up to 80 characters of what was typed, unescaped.
        instead: The command to type instead, complete.
    """

    def __init__(self, failed: str, *, instead: str) -> None:
        self.failed = failed
        self.instead = instead
        super().__init__(failed, instead)


def again(*words: str) -> str:
    """
    Write words as they must be typed to be read as the same words; empty when that is too long to be offered.

    >>> again("aliyun", "Main stage, English")
    'aliyun "Main stage, English"'
    """
    typed = " ".join(f'"{word}"' if " " in word else word for word in words)
    return typed if len(typed) <= LONGEST_AGAIN else ""


# <@U1|ann lee> → <@U1> · <!subteam^S1|@ops> → <!subteam^S1>: what people are called may hold a space, or anything
_MENTION: Final = re.compile(r"<(?P<who>[@!][^<>|]+)\|[^<>]*>")
# <http://a.b|a.b> → a.b · <mailto:x@y|x@y> → x@y · <https://a.b> → https://a.b; people and channels keep their brackets
_LINK: Final = re.compile(r"<(?P<target>(?:https?|mailto):[^<>|]*)(?:\|(?P<label>[^<>]*))?>")
_FOLDED: Final = str.maketrans(
    {
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033", '"'),
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032", "'"),
        "\u2014": "--",  # keyboards make a dash of two hyphens
        "\uff1d": "=",
        "`": None,
    }
)


def plain(text: str) -> str:
    """
    Return what the person meant to type: auto-links, entities, smart quotes, invisible characters undone.

    >>> plain("Status aliyun <http://a.b|a.b>.. “region=cn-beijing”")
    'Status aliyun a.b.. "region=cn-beijing"'
    """
    text = _MENTION.sub(r"<\g<who>>", text)
    text = _LINK.sub(lambda link: link["target"] if link["label"] is None else link["label"], text)
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):  # &amp; last: &amp;lt; means &lt;
        text = text.replace(entity, character)
    return visible(text).translate(_FOLDED)


_WORD: Final = re.compile(
    r'(?P<key>[A-Za-z]{2,12}=)"(?P<value>[^"]*)"|"(?P<quoted>[^"]*)"|(?P<bare>[^\s"]+(?:"[^\s"]*)*)'
)


def split(text: str) -> list[str]:
    """
    Split at any white space; double quotes hold words together, also behind an option's `=`.

    >>> split('status  "main feed" region=cn-beijing match="main stage"')
    ['status', 'main feed', 'region=cn-beijing', 'match=main stage']
    """
    return [word for word in map(_word, _WORD.finditer(text)) if word]


def _word(found: re.Match[str]) -> str:
    if found["key"] is not None:
        return str(found["key"]) + str(found["value"]).strip()
    return str(found["bare"]) if found["quoted"] is None else str(found["quoted"]).strip()
