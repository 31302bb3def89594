"""
Who the bot is in the workspace that installed it.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What `auth.test` said."""

    team: str
    enterprise: str  # empty outside Enterprise Grid
    user: str  # the bot's user id, by which people mention it
    bot: str
    token: str = field(repr=False)
    scopes: tuple[str, ...]
