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
from sqlalchemy import delete, insert, inspect, select

import migrations
from bot.store.tables import FittingRow

if TYPE_CHECKING:
    from sqlalchemy import Connection

BEFORE: Final = "c97f3a15e8b2"  # the newest revision of the release before this one, whose code works with these tables

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
    """
    Run the migrations that a database lacks, inside the transaction that is open on the connection.

    With the newest it is put down which older code may go on with them.
    """
    command.upgrade(config(connection), to)
    if to == "head":
        scripts = ScriptDirectory.from_config(config()).iterate_revisions("head", BEFORE, inclusive=True)
        connection.execute(delete(FittingRow))
        connection.execute(insert(FittingRow), [{"revision": script.revision} for script in scripts])


def fits(connection: Connection) -> bool:
    """Say whether tables that are newer than this release were made so that its code works with them."""
    if not inspect(connection).has_table(FittingRow.__tablename__):
        return False
    return connection.scalar(select(FittingRow.revision).where(FittingRow.revision == head())) is not None


def downgrade(connection: Connection, to: str = "base") -> None:
    """Undo migrations, inside the transaction that is open on the connection. Drops what they made, rows too."""
    command.downgrade(config(connection), to)


def is_ours(name: str | None, kind: str, _: Any) -> bool:
    """Say whether Alembic is to compare what it found under a name; for its `include_name`."""
    return kind != "table" or name is None or not name.startswith(ENGINES)
