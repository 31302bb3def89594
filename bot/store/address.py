"""
Where our memory lives, read from a URL as people and Heroku write it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, TypeAlias

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from bot.store.errors import MalformedUrl

_EXAMPLE: Final = "postgresql://user:password@host:5432/name"
EXAMPLES: Final = f"sqlite:///relaybot.db, sqlite:////var/lib/relaybot.db or {_EXAMPLE}"

_SQLITE: Final = frozenset({"sqlite", "sqlite+aiosqlite"})
_POSTGRES: Final = frozenset({"postgres", "postgresql", "postgresql+asyncpg"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """A database of this process alone that leaves nothing behind."""

    def __str__(self) -> str:
        return "SQLite in memory"


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One SQLite file; the path is absolute, so that a later change of directory changes nothing."""

    path: Path

    def __str__(self) -> str:
        return f"SQLite {self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """
    A PostgreSQL server; `dsn` is handed to asyncpg, which knows all of libpq's parameters (`sslmode`, `host`, …).

    `direct` is the way past a pooler that `dsn` goes through; empty where there is none.
    """

    dsn: str = field(repr=False)
    where: str
    direct: str = field(default="", repr=False)

    @property
    def session(self) -> str:
        """The `dsn` of connections that are one session from end to end, as LISTEN and locks need it."""
        return self.direct or self.dsn

    def __str__(self) -> str:
        return f"PostgreSQL {self.where}"


Address: TypeAlias = Memory | File | Server


def read(url: str | None, direct: str | None = None) -> Address:
    """
    Read the URL of a database; None means in memory.

    Args:
        direct: the way past a pooler to the same PostgreSQL, where there is one.

    Raises:
        MalformedUrl: its message never repeats the URL, which may hold a password.
    """
    if url is None:
        return Memory()
    scheme, separator, rest = url.strip().partition("://")
    scheme = scheme.lower()
    if not separator:
        raise _malformed("has no “://”")
    if scheme in _SQLITE:
        return _file(rest)
    if scheme in _POSTGRES:
        server = _server(f"postgresql://{rest}")
        return server if direct is None else replace(server, direct=_direct(direct))
    raise _malformed("is for another kind of database than SQLite or PostgreSQL")


def _direct(url: str) -> str:
    scheme, _, rest = url.strip().partition("://")
    if scheme.lower() not in _POSTGRES:
        raise MalformedUrl(
            "DATABASE_DIRECT_URL is no PostgreSQL's.",
            mend=f"Write it like {_EXAMPLE}, past the pooler of DATABASE_URL.",
        )
    return _server(f"postgresql://{rest}", "DATABASE_DIRECT_URL").dsn


def _file(rest: str) -> Memory | File:
    if rest in {"", "/", "/:memory:"}:
        return Memory()
    if not rest.startswith("/"):
        raise _malformed("needs three slashes before a relative path, four before an absolute one")
    if "?" in rest:
        raise _malformed("has parameters after “?”, and a file takes none")
    return File(path=Path(rest[1:]).absolute())


def _server(dsn: str, variable: str = "DATABASE_URL") -> Server:
    try:
        parts = make_url(dsn)
    except (ArgumentError, ValueError):  # ValueError: a port that is no number; both repeat the URL, so neither is kept
        raise _malformed(
            "cannot be taken apart; special characters in a password are written %40, %2F, %3A …", variable
        ) from None
    host = parts.host or parts.query.get("host")
    if not host or not parts.database:
        raise _malformed("names no host or no database", variable)
    # Written anew: a password that people forgot to quote is understood above, and quoted for the driver.
    return Server(dsn=parts.render_as_string(hide_password=False), where=f"{host}/{parts.database}")


def _malformed(why: str, variable: str = "DATABASE_URL") -> MalformedUrl:
    return MalformedUrl(f"{variable} {why}.", mend=f"Write it like {EXAMPLES}.")
