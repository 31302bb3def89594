"""
Schema: which migrations there are, which of them a database has had, and how it gets the rest.

All of it is synchronous, as Alembic is; `Database` runs it inside an open asynchronous connection.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import migrations

if TYPE_CHECKING:
    from sqlalchemy import Connection

ENGINES: Final = "pgqueuer"  # how the names of the engine's own tables begin, which it makes itself


def config(connection: Connection | None = None) -> Config:
    """Describe our migrations to Alembic; they lie wherever the `migrations` package was installed."""
    folder = Path(migrations.__file__).parent
    made = Config(attributes={"connection": connection})
    for name, value in {
        "script_location": str(folder),
        "file_template": "%(year)d-%(month).2d-%(day).2d-%(slug)s",  # date first: the folder reads like a diary
        "timezone": "UTC",
    }.items():
        made.set_main_option(name, value.replace("%", "%%"))
    return made


def head() -> str:
    """Name the newest revision of this release."""
    newest = ScriptDirectory.from_config(config()).get_current_head()
    assert newest is not None, "the migrations were not packaged"  # noqa: S101 - a broken installation, not an input
    return newest


def is_known(revision: str) -> bool:
    """Say whether this release has the revision among its migrations."""
    return any(script.revision == revision for script in ScriptDirectory.from_config(config()).walk_revisions())


def revision(connection: Connection) -> str | None:
    """Read which revision a database is at; None before the first migration."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(connection: Connection, to: str = "head") -> None:
    """Run the migrations that a database lacks, inside the transaction that is open on the connection."""
    command.upgrade(config(connection), to)


def downgrade(connection: Connection, to: str = "base") -> None:
    """Undo migrations, inside the transaction that is open on the connection. Drops what they made, rows too."""
    command.downgrade(config(connection), to)


def is_ours(name: str | None, kind: str, _: Any) -> bool:
    """Say whether Alembic is to compare what it found under a name; for its `include_name`."""
    return kind != "table" or name is None or not name.startswith(ENGINES)
