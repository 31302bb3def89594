"""
Whatever the engine does with its jobs, each change is told once and the card ends up right: a job that is lost, one
that runs twice, one that is held for ever, a log that takes nothing any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg
import pytest

from tests.battery.lab import open_lab

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SEED = 20261121
MET = "CREATE TABLE met (at timestamptz DEFAULT now())"

# What is done to PgQueuer's own tables, and how that is called.
TROUBLES = {
    "a job is lost": """
        CREATE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO met DEFAULT VALUES; RETURN NULL; END $$;
        CREATE TRIGGER trouble BEFORE INSERT ON pgqueuer FOR EACH ROW EXECUTE FUNCTION trouble()
    """,
    "a job runs twice": """
        CREATE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF pg_trigger_depth() = 1 THEN
                INSERT INTO met DEFAULT VALUES;
                INSERT INTO pgqueuer (priority, status, entrypoint, payload)
                VALUES (NEW.priority, 'queued', NEW.entrypoint, NEW.payload);
            END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER trouble AFTER INSERT ON pgqueuer FOR EACH ROW EXECUTE FUNCTION trouble()
    """,
    "a job is held by somebody who is not there": """
        CREATE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO met DEFAULT VALUES;
            NEW.status = 'picked'; NEW.queue_manager_id = gen_random_uuid(); NEW.heartbeat = now() + interval '1 day';
            RETURN NEW;
        END $$;
        CREATE TRIGGER trouble BEFORE INSERT ON pgqueuer FOR EACH ROW EXECUTE FUNCTION trouble()
    """,
    "its log takes nothing any more": """
        CREATE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
        END $$;
        CREATE TRIGGER trouble BEFORE INSERT ON pgqueuer_log FOR EACH ROW EXECUTE FUNCTION trouble()
    """,
}


@pytest.fixture
def database(fresh_postgres: Callable[[bool], str]) -> str:
    return fresh_postgres(False)


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_a_trouble_of_the_engine(
    tmp_path: Path, database: str, trouble: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_lab(tmp_path, database) as lab:
        connection = await asyncpg.connect(database)
        try:
            await connection.execute(f"{MET}; {TROUBLES[trouble]}")
            lab.moves("STOPPED")
            met = 0
            while not met:
                met = await connection.fetchval("SELECT count(*) FROM met")
                met += caplog.text.count("No space left on device")
            await connection.execute("DROP FUNCTION trouble CASCADE")
        finally:
            await connection.close()

        assert await lab.is_right(), lab.found
        lab.moves("RUNNING")
        assert await lab.is_right(), lab.found
