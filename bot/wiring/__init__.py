"""
The only place that meets every concrete class: settings in, a working bot out. One file for each thing assembled.
"""

from bot.wiring.clouds import Clouds, open_clouds
from bot.wiring.database import examine_database, open_database, open_memory, upgrade
from bot.wiring.role import Role
from bot.wiring.serving import CannotListen, serve
from bot.wiring.told import provider_types, read_settings

__all__ = [
    "CannotListen",
    "Clouds",
    "Role",
    "examine_database",
    "open_clouds",
    "open_database",
    "open_memory",
    "provider_types",
    "read_settings",
    "serve",
    "upgrade",
]
