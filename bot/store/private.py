"""
Files that only their owner may read, and the one process that serves from one of them.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final

from bot.store.errors import AlreadyServed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OWNER_ONLY: Final = 0o600


def make_private(path: Path) -> None:
    """
    Create the file if it is not there, and take it from everybody but its owner, whatever the umask.

    A file that is there is never opened: closing it would drop the locks that SQLite holds on it in this process.
    SQLite gives its -wal and -shm files the permissions of the file itself.
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, OWNER_ONLY))
    except FileExistsError:
        path.chmod(OWNER_ONLY)


def make_database(path: Path) -> None:
    """
    Make a private SQLite file, in WAL mode from the start, or make the one that is there private.

    To turn a file to WAL fails at once where another process does the same, so the makers go one by one: each holds the
    folder's lock for the few milliseconds that it takes.
    """
    folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        is_new = not path.exists()
        make_private(path)
        if is_new:
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
    finally:
        os.close(folder)


def copy(path: Path, target: Path) -> None:
    """
    Copy a SQLite file that may be in use. The copy appears whole or not at all, and replaces an older one.

    Raises:
        OSError: there is no room or no right to write beside the file.
        sqlite3.Error: the file cannot be read.
    """
    draft = target.with_name(f"{target.name}.part")
    draft.unlink(missing_ok=True)
    make_private(draft)
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(draft)) as copied:
        source.backup(copied)
    draft.replace(target)


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """
    Hold the lock beside a SQLite file. The kernel lets go of it when the process ends, however that happens.

    Raises:
        AlreadyServed: another process holds it.
    """
    lock_path = path.with_name(f"{path.name}.lock")
    make_private(lock_path)
    with lock_path.open("r+", encoding="ascii") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _already_served(path, handle.read().strip()) from None
        handle.truncate(0)
        handle.write(f"{os.getpid()}\n")
        handle.flush()
        yield


def _already_served(path: Path, holder: str) -> AlreadyServed:
    who = f"process {holder}" if holder.isdigit() else "another process"
    return AlreadyServed(
        f"{path} is already served by {who}: two would say everything twice.",
        mend="Stop that one first, or set DATABASE_URL to PostgreSQL, which many processes can share.",
    )
