"""
The only place that meets every concrete class: settings in, a working bot out. One file for each thing assembled.

What only `serve` needs is imported when it is asked for: half a second of libraries for which no command that asks a
cloud, or prints its help, has any use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.wiring.census import take_census
from bot.wiring.clouds import Clouds, open_clouds
from bot.wiring.database import examine_database, open_database, open_memory, upgrade
from bot.wiring.role import Role
from bot.wiring.told import provider_types, read_settings

if TYPE_CHECKING:
    from bot.wiring.calling import examine_calendars
    from bot.wiring.serving import CannotListen, serve

__all__ = [
    "CannotListen",
    "Clouds",
    "Role",
    "examine_calendars",
    "examine_database",
    "open_clouds",
    "open_database",
    "open_memory",
    "provider_types",
    "read_settings",
    "serve",
    "take_census",
    "upgrade",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(name)
    if name == "examine_calendars":
        from bot.wiring import calling  # see above

        return calling.examine_calendars
    from bot.wiring import serving

    return getattr(serving, name)
