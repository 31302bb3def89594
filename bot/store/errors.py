"""
What can go wrong with our memory; each says what happened and how to mend it.

    DatabaseTrouble
      x MalformedUrl         DATABASE_URL is not one that we understand
      x DatabaseUnavailable  it cannot be opened, or does not answer
      x OtherRevision        its tables are not those of this release
      x AlreadyServed        another process serves from the same file
      x NotShared            it has room for one process, and several were meant to share it
"""

from __future__ import annotations


class DatabaseTrouble(Exception):
    """
    Our memory is not usable.

    Args:
        message: What happened, in one sentence that holds no password.
        mend: What the operator can do about it, in one sentence.
    """

    def __init__(self, message: str, *, mend: str) -> None:
        self.message = message
        self.mend = mend
        super().__init__(message, mend)

    def __str__(self) -> str:
        return f"{self.message} {self.mend}"


class MalformedUrl(DatabaseTrouble):
    """The address of the database is not one that we understand."""


class DatabaseUnavailable(DatabaseTrouble):
    """The database cannot be opened, or does not answer."""


class OtherRevision(DatabaseTrouble):
    """The tables are not those of this release."""


class AlreadyServed(DatabaseTrouble):
    """Another process serves from the same file."""


class NotShared(DatabaseTrouble):
    """It has room for one process, and several were meant to share it."""
