from __future__ import annotations

from pathlib import Path

import pytest

from bot.store import address
from bot.store.database import Database
from bot.store.errors import MalformedUrl

CANARY = "canary-Pa55word"


@pytest.mark.parametrize(
    ("url", "path"),
    [
        # Three slashes: beside where relaybot was started.
        ("sqlite:///relaybot.db", Path.cwd() / "relaybot.db"),
        ("sqlite:///data/relaybot.db", Path.cwd() / "data" / "relaybot.db"),
        # Four slashes: anywhere.
        ("sqlite:////var/lib/relaybot.db", Path("/var/lib/relaybot.db")),
        # The driver's name, which SQLAlchemy's pages show, changes nothing; nor do blanks from a pasted line.
        (" sqlite+aiosqlite:////var/lib/relaybot.db\n", Path("/var/lib/relaybot.db")),
        ("SQLite:////var/lib/relaybot.db", Path("/var/lib/relaybot.db")),
    ],
)
def test_a_file_is_named_by_an_absolute_path(url: str, path: Path):
    assert address.read(url) == address.File(path=path)


@pytest.mark.parametrize("url", [None, "sqlite://", "sqlite:///", "sqlite:///:memory:"])
def test_no_file_means_in_memory(url: str | None):
    assert address.read(url) == address.Memory()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_postgres_is_read_as_people_and_heroku_write_it(scheme: str):
    place = address.read(f"{scheme}://u:{CANARY}@db.example.com:5432/relay?sslmode=require")

    assert isinstance(place, address.Server)
    assert place.dsn == f"postgresql://u:{CANARY}@db.example.com:5432/relay?sslmode=require"
    assert str(place) == "PostgreSQL db.example.com/relay"
    assert CANARY not in repr(place)


def test_a_password_that_nobody_quoted_is_quoted_for_the_driver():
    place = address.read("postgres://u:pa/ss?w#rd@h:5432/relay")

    assert isinstance(place, address.Server)
    assert place.dsn == "postgresql://u:pa%2Fss%3Fw%23rd@h:5432/relay"


def test_postgres_may_listen_on_a_socket():
    assert str(address.read("postgresql://u@/relay?host=/var/run/postgresql")) == "PostgreSQL /var/run/postgresql/relay"


def test_behind_a_pooler_sessions_go_past_it():
    pooled = address.read(f"postgres://u:{CANARY}@pool/relay", f"postgres://u:{CANARY}@db:5432/relay")
    plain = address.read("postgres://u@db/relay")

    assert isinstance(pooled, address.Server)
    assert isinstance(plain, address.Server)
    assert (pooled.dsn, pooled.session) == (
        f"postgresql://u:{CANARY}@pool/relay",
        f"postgresql://u:{CANARY}@db:5432/relay",
    )
    assert plain.session == plain.dsn
    assert CANARY not in f"{pooled!r}{pooled}"


@pytest.mark.parametrize(
    ("direct", "why"),
    [
        (f"mysql://u:{CANARY}@h/d", "is no PostgreSQL's"),
        (f"{CANARY}@h/d", "is no PostgreSQL's"),
        (f"postgres://u:{CANARY}@h", "names no host or no database"),
        (f"postgres://u:{CANARY}@h:54x2/d", "cannot be taken apart"),
    ],
)
def test_a_malformed_way_past_the_pooler_is_named(direct: str, why: str):
    with pytest.raises(MalformedUrl) as refused:
        Database.open("postgres://u@h/d", direct=direct)

    assert refused.value.message.startswith("DATABASE_DIRECT_URL ")
    assert why in refused.value.message
    assert CANARY not in f"{refused.value}{refused.value!r}"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("relaybot.db", "has no “://”"),
        (f"sqlite:relaybot-{CANARY}.db", "has no “://”"),
        ("sqlite://relaybot.db", "needs three slashes"),
        ("sqlite:///relaybot.db?mode=ro", "a file takes none"),
        (f"mysql://u:{CANARY}@h/d", "another kind of database"),
        (f"postgres://u:{CANARY}@h:54x2/d", "cannot be taken apart"),
        (f"postgres://u:{CANARY}@h", "names no host or no database"),
        (f"postgres://u:{CANARY}@/d", "names no host or no database"),
    ],
)
def test_a_malformed_url_is_one_sentence_with_the_mend_and_without_the_password(url: str, why: str):
    with pytest.raises(MalformedUrl) as refused:
        Database.open(url)

    error = refused.value
    assert error.message.startswith("DATABASE_URL ")
    assert why in error.message
    assert "sqlite:///relaybot.db" in error.mend
    assert CANARY not in f"{error}{error!r}{error.__cause__!r}"
    assert error.__suppress_context__ or error.__context__ is None
