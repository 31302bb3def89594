"""
People and user groups as Slack writes them in a text: `<@U012AB3CD>`, `<!subteam^S012AB3CD>`.
"""

from __future__ import annotations

import re
from typing import Final

from bot.domain.rota import Target, TargetKind

_USER: Final = re.compile(r"<@(?P<id>[UW][A-Z0-9]+)>", re.ASCII)
_GROUP: Final = re.compile(r"<!subteam\^(?P<id>S[A-Z0-9]+)>", re.ASCII)


def mentioned(word: str) -> Target | None:
    """
    Read a person or a user group; None where it is neither, as a name that was typed without Slack's help.

    >>> mentioned("<@U012AB3CD>").id
    'U012AB3CD'
    """
    for kind, form in ((TargetKind.USER, _USER), (TargetKind.GROUP, _GROUP)):
        if (found := form.fullmatch(word)) is not None:
            return Target(kind=kind, id=found["id"])
    return None


def mention(target: Target) -> str:
    """Write a target as Slack takes it; a calendar is its name."""
    match target.kind:
        case TargetKind.USER:
            return f"<@{target.id}>"
        case TargetKind.GROUP:
            return f"<!subteam^{target.id}>"
        case TargetKind.CALENDAR:
            return target.id
