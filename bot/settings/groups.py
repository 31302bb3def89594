"""
User groups of Slack that shall hold whoever is on call: `[rotas.<channel>]` of the configuration file. None by default.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bot.settings.file import known
from bot.settings.reader import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

ROTA: Final = '[rotas.C012AB3CD] user_group = "S012AB3CD"'
CHANNEL: Final = re.compile(r"[CG][A-Z0-9]{2,}")
GROUP: Final = re.compile(r"S[A-Z0-9]{2,}")


def groups(tables: Mapping[str, object]) -> dict[str, str]:
    """
    Read every `[rotas.<channel>]` table: the user group by its channel.

    Raises:
        SettingsError: the first thing that must be mended.
    """
    return {channel: _group(channel, table) for channel, table in tables.items()}


def _group(channel: str, told: object) -> str:
    place = f"rotas.{channel}"
    if not CHANNEL.fullmatch(channel):
        raise SettingsError(place, "must be named by a Slack channel id: a channel's details end in it", example=ROTA)
    group = known(told, frozenset({"user_group"}), place, what="rota", example=ROTA).get("user_group")
    if not isinstance(group, str) or not GROUP.fullmatch(group):
        problem = "must be a Slack user group's id, that the bot with the scope usergroups:write may change"
        raise SettingsError(f"{place}.user_group", problem, example='user_group = "S012AB3CD"')
    return group
