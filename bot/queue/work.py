"""
Work: which process looks at what, and when at once. The tables remember what is to be done; this only dispatches.

A wake that is lost costs the seconds until `tidy` puts it again; one that is heard twice costs nothing, because a
handler first claims its row. So no promise rests on the engine, and it can be exchanged.

The engine is PgQueuer: on PostgreSQL its own tables with LISTEN/NOTIFY and heartbeats, embedded its own in-memory
adapter. It deletes a job whose handler raises; ours never does.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeAlias

import asyncpg
from pgqueuer import PgQueuer, Queries
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.inmemory import InMemoryQueries

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping

    from pgqueuer import Job

    from bot.domain.notice import Wake

Handler: TypeAlias = "Callable[[str], Awaitable[None]]"

HEARTBEAT: Final = timedelta(seconds=10)  # a killed process's jobs are another's after so long
LOOKS: Final = 2  # in a heartbeat the engine looks so often without having been told
CONNECTIONS: Final = 3
BATCH: Final = 10
AT_ONCE: Final = 40
STOP_S: Final = 10.0
KEPT: Final = timedelta(days=1)
BACKOFF_S: Final = (1.0, 2.0, 5.0, 10.0, 30.0)  # after the engine broke down, until it stands again

# What a connection that breaks, or is broken already, raises; the last in the midst of an operation.
LOST: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)

log = logging.getLogger(__name__)


class Work:
    """
    The engine. Wakes may be put before it is started.

    Args:
        pool: connections to PostgreSQL, direct ones (LISTEN does not pass a pooler); None keeps everything in memory.
        heartbeat: after so long a killed process's jobs are another's.
    """

    def __init__(self, pool: asyncpg.Pool | None, *, heartbeat: timedelta = HEARTBEAT) -> None:
        self._pool = pool
        self._heartbeat = heartbeat
        self._handlers: dict[str, Handler] = {}
        self._engine = self._assemble()
        self._running: asyncio.Task[None] | None = None
        self._is_stopping = False

    def start(self, handlers: Mapping[str, Handler]) -> None:
        """Begin to dispatch. `handlers` say what is done for each kind of wake; a handler gets the wake's key."""
        self._handlers = dict(handlers)
        self._register(self._engine)
        self._running = asyncio.create_task(self._run(), name="engine")

    def retire(self) -> None:
        """Take no more jobs from now on; what is put is for other processes."""
        self._is_stopping = True
        self._engine.shutdown.set()

    async def stop(self) -> None:
        """Take no more jobs; what runs may finish within ten seconds. The rows stay."""
        self.retire()
        if self._running is not None and not self._running.done():
            await asyncio.wait({self._running}, timeout=STOP_S)
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def put(self, wakes: Iterable[Wake]) -> None:
        """Have these looked at now, by any process."""
        await self._put(wakes, is_tidying=False)

    async def put_missing(self, wakes: Iterable[Wake]) -> None:
        """Have these looked at unless somebody is about to: what `tidy` found due."""
        await self._put(wakes, is_tidying=True)

    async def trim(self) -> None:
        """Forget what the engine has written about jobs that are over, and jobs that it holds because they broke."""
        queries = self._engine.queries
        if isinstance(queries, InMemoryQueries):
            await queries.clear_queue_log()
        elif self._pool is not None:
            await self._pool.execute("DELETE FROM pgqueuer_log WHERE created < now() - $1::interval", KEPT)
            await self._pool.execute(
                "DELETE FROM pgqueuer WHERE status = 'failed' AND updated < now() - $1::interval", KEPT
            )

    async def _run(self) -> None:
        """Dispatch until it is stopped; stand up again after a lost connection."""
        failures = 0
        while not self._is_stopping:
            try:
                await self._engine.run(
                    batch_size=BATCH,
                    max_concurrent_tasks=AT_ONCE,
                    dequeue_timeout=self._heartbeat / LOOKS,
                    heartbeat_timeout=self._heartbeat,
                    log_aggregation_interval=timedelta(),
                )
                failures = 0
            except LOST as error:
                wait_s = BACKOFF_S[min(failures, len(BACKOFF_S) - 1)]
                failures += 1
                log.warning("the engine lost its database (%s); again in %.0f s", type(error).__name__, wait_s)
                await asyncio.sleep(wait_s)
                self._engine = self._assemble()
                self._register(self._engine)

    def _assemble(self) -> PgQueuer:
        return PgQueuer.in_memory() if self._pool is None else PgQueuer.from_asyncpg_pool(self._pool)

    def _register(self, engine: PgQueuer) -> None:
        for what, handler in self._handlers.items():
            engine.entrypoint(what, on_failure="hold")(_wrapped(what, handler))

    async def _put(self, wakes: Iterable[Wake], *, is_tidying: bool) -> None:
        wanted = list(dict.fromkeys(wakes))
        queries = self._engine.queries
        if not wanted or queries is None:
            return
        try:
            await queries.enqueue(
                [wake.what for wake in wanted],
                [wake.key.encode() for wake in wanted],
                [0] * len(wanted),
                # Only tidy's are told apart: a wake must not be dropped because a job for it is just about to end.
                dedupe_key=[f"{wake.what} {wake.key}" if is_tidying else None for wake in wanted],
                on_conflict="skip",
            )
        except LOST as error:  # whoever wakes has committed: its rows are found by tidy, and it need not know
            log.warning("%d wakes were not put (%s); tidy will", len(wanted), type(error).__name__)


def _wrapped(what: str, handler: Handler) -> Callable[[Job], Awaitable[None]]:
    async def handle(job: Job) -> None:
        key = (job.payload or b"").decode()
        try:
            await handler(key)
        except Exception:  # the row is still due, and tidy will find it
            log.exception("the work %s %s broke", what, key)

    return handle


@asynccontextmanager
async def open_work(*, dsn: str | None, heartbeat: timedelta = HEARTBEAT) -> AsyncIterator[Work]:
    """
    Lend an engine, and stop it in the end.

    Args:
        dsn: of a PostgreSQL that `install` has seen; None keeps everything in memory.
        heartbeat: after so long a killed process's jobs are another's.
    """
    pool = None if dsn is None else await asyncpg.create_pool(dsn, min_size=1, max_size=CONNECTIONS)
    work = Work(pool, heartbeat=heartbeat)
    try:
        yield work
    finally:
        await work.stop()
        if pool is not None:
            await pool.close()


async def install(dsn: str) -> None:
    """Make the engine's own tables, or bring them to this release; part of `relaybot db upgrade`."""
    async with _schema(dsn) as queries, queries.schema_lock():  # two upgrades at once take turns
        if await queries.schema_is_installed():
            await queries.upgrade()
        else:
            await queries.install()


async def census(dsn: str) -> Mapping[str, int]:
    """Count the engine's jobs by status (`queued`, `picked`, `failed`: held), and as `log` what it wrote of others."""
    connection = await asyncpg.connect(dsn)
    try:
        jobs = await connection.fetch("SELECT status::text AS status, count(*) AS many FROM pgqueuer GROUP BY status")
        log = await connection.fetchval("SELECT count(*) FROM pgqueuer_log")
    finally:
        await connection.close()
    return {row["status"]: row["many"] for row in jobs} | {"log": log}


async def is_installed(dsn: str) -> bool:
    """Say whether the engine's own tables are there, and this release's."""
    async with _schema(dsn) as queries:
        return not (await queries.plan_upgrade()).statements


@asynccontextmanager
async def _schema(dsn: str) -> AsyncIterator[Queries]:
    connection = await asyncpg.connect(dsn)
    try:
        yield Queries(AsyncpgDriver(connection))
    finally:
        await connection.close()
