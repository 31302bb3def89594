"""
The only place that meets every concrete class: settings in, a working bot out.
"""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from adapters import registry
from adapters.contract import no_fingerprint
from adapters.transport import Transport
from bot import __version__, clock, settings
from bot.domain.account import Account
from bot.domain.fingerprint import fingerprint
from bot.domain.looks import Looks
from bot.domain.rates import Rates
from bot.domain.subscription import Place
from bot.flows.admit import Gate
from bot.flows.deliver import Office, deliver
from bot.flows.desk import PATIENCE_S, About, Desk
from bot.flows.hint import Hinted
from bot.flows.lifecycle import installed
from bot.flows.look import Looker
from bot.flows.tidy import EVERY_S, Tidier
from bot.flows.watch import LONGEST_NAP_S, Watch
from bot.queue.lanes import Lanes
from bot.queue.tempo import Tempo
from bot.queue.work import install, is_installed, open_work
from bot.slack.errands import Errands
from bot.slack.listeners import Ear, listen
from bot.slack.people import People
from bot.slack.replay import Replays
from bot.slack.sockets import Sockets
from bot.slack.speech import speech
from bot.slack.voice import Voice
from bot.slack.workspace import check_sockets, identify, open_client, warn_of_repeats
from bot.store.address import File, Server
from bot.store.audit import Audit
from bot.store.database import Database
from bot.store.errors import DatabaseTrouble, DatabaseUnavailable, OtherRevision
from bot.store.memory import Memory
from bot.store.pace import Paces
from bot.store.seals import FINGERPRINT
from bot.web import callbacks, events
from bot.web.door import Door
from bot.web.metrics import page

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from datetime import datetime

    from adapters.contract import AccountName, Fingerprint, Provider, ProviderType, Reply, Request
    from bot.domain.notice import Wake
    from bot.slack.identity import Identity
    from bot.web.door import Ready

HURRY_S: Final = 3.0  # how long a command that only asks waits for a database that does not answer
DRAIN_S: Final = 10.0  # how long what was acked may take when the process is asked to leave

log = logging.getLogger(__name__)


class CannotListen(Exception):
    """The door could not be opened; `errno` of the cause says why."""

    def __init__(self, cause: OSError) -> None:
        self.errno = cause.errno
        super().__init__(cause.strerror)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clouds:
    """The accounts, opened, and the lanes to them."""

    accounts: Mapping[AccountName, Account]
    providers: Mapping[AccountName, Provider]
    lanes: Lanes
    looker: Looker
    per_second: Mapping[AccountName, float]  # how much of its documented rate each may spend on one API


def read_settings(environ: Mapping[str, str] | None = None) -> settings.Settings:
    """
    Read the environment and the file it names.

    Raises:
        SettingsError: the first thing that must be mended.
    """
    return settings.load(environ, builtin=registry.providers(), find=registry.find)


def provider_types() -> Mapping[str, ProviderType]:
    """The clouds that come with the bot, by the words people type."""
    return registry.providers()


@asynccontextmanager
async def open_database(told: settings.Settings, *, leaves_nothing: bool) -> AsyncIterator[Database]:
    """
    Open our memory.

    Args:
        leaves_nothing: for a command line that only asks: spend the pace of the database that is there, and where there
            is none, or none that can be used, keep the pace in memory and create nothing. Somebody on call needs the
            answer more than a database.
    """
    database = Database.open(told.bot.database_url.get_secret_value())
    try:
        if leaves_nothing and not await _is_there(database):
            await database.close()
            database = Database.open(None)
            await database.upgrade()
        yield database
    finally:
        await database.close()


async def _is_there(database: Database) -> bool:
    """Say whether there is a database to share the pace with; warns when there is one, and it cannot be used."""
    if _has_no_file(database):
        return False
    try:
        async with asyncio.timeout(HURRY_S):
            await database.check_revision()
    except DatabaseTrouble as trouble:
        log.warning("%s What other processes ask of the clouds is not counted now.", trouble.message)
        return False
    except TimeoutError:
        log.warning("%s does not answer. What other processes ask of the clouds is not counted now.", database.place)
        return False
    return True


def _has_no_file(database: Database) -> bool:
    return isinstance(database.place, File) and not database.place.path.exists()


@asynccontextmanager
async def open_memory(told: settings.Settings) -> AsyncIterator[Memory]:
    """
    Lend what the bot remembers, to change it beside a running bot, which finds what was changed by itself.

    Raises:
        DatabaseTrouble: there is none, or not this release's; nothing is made.
    """
    database = Database.open(told.bot.database_url.get_secret_value())
    try:
        if _has_no_file(database):
            raise DatabaseUnavailable(
                f"{database.place} does not exist.", mend="Set DATABASE_URL to the one that serve uses."
            )
        await database.check_revision()
        yield Memory(database, wake=_nobody)
    finally:
        await database.close()


async def _nobody(_: frozenset[Wake]) -> None:
    """Wake nobody: this process delivers nothing."""


async def upgrade(database: Database) -> None:
    """
    Bring the tables to this release: ours, then those of the engine, which Alembic leaves alone.

    Raises:
        DatabaseTrouble: with the mend.
    """
    await database.upgrade()
    if (dsn := _dsn(database)) is not None:
        await install(dsn)


async def _check_tables(database: Database) -> None:
    """
    Refuse a PostgreSQL that `upgrade` has not seen; a file is upgraded by whoever serves from it.

    Raises:
        DatabaseTrouble: with the command to run.
    """
    if (dsn := _dsn(database)) is None:
        await database.upgrade()
        return
    await database.check_revision()
    if not await is_installed(dsn):
        raise OtherRevision(f"{database.place} lacks the engine's tables.", mend="Run `relaybot db upgrade`.")


async def is_usable(database: Database) -> bool:
    """Say whether the tables answer and are this release's; creates no file."""
    try:
        return not _has_no_file(database) and await database.revision() == database.head
    except DatabaseTrouble:
        return False


async def examine_database(told: settings.Settings) -> tuple[str, str]:
    """
    Say what our memory is and that it works; changes nothing, creates nothing.

    Returns:
        What was found, and what an operator should be warned of: empty when nothing.

    Raises:
        DatabaseTrouble: with the mend.
    """
    database = Database.open(told.bot.database_url.get_secret_value())
    try:
        if _has_no_file(database):
            return f"{database.place}: no file yet, serve makes it at its first start", _passing(told, database)
        await database.check_revision()
        return f"{database.place}, revision {database.head}", _passing(told, database)
    finally:
        await database.close()


@asynccontextmanager
async def open_clouds(
    told: settings.Settings,
    database: Database,
    *,
    now: Callable[[], datetime] = clock.now,
    heard: Callable[[Reply], None] | None = None,
    fingerprint: Fingerprint = no_fingerprint,
) -> AsyncIterator[Clouds]:
    """
    Open every account and the lanes to them; nothing is asked before somebody wants to know.

    Args:
        heard: is shown every reply as it came; for a look at the clouds' clocks.
        fingerprint: makes destinations comparable for whoever remembers them.
    """
    providers = {name: account.type.open(account.settings, fingerprint) for name, account in told.accounts.items()}
    accounts = {name: _account(account, providers[name]) for name, account in told.accounts.items()}
    paces = Paces(database)
    async with Transport(now=now) as transport:

        async def send(request: Request) -> Reply:
            reply = await transport.send(request)
            if heard is not None:
                heard(reply)
            return reply

        lanes = Lanes(
            providers=providers,
            accounts=accounts,
            reserve=paces.reserve,
            charge=paces.charge,
            throttle=paces.throttle,
            send=send,
            now=now,
            monotonic=asyncio.get_running_loop().time,
            sleep=asyncio.sleep,
            jitter=random.random,
            nonce=lambda: secrets.token_hex(16),
        )
        try:
            yield Clouds(
                accounts=accounts,
                providers=providers,
                lanes=lanes,
                looker=Looker(lanes=lanes, accounts=accounts),
                per_second={
                    name: accounts[name].share * min(pace.per_second for pace in provider.paces.values())
                    for name, provider in providers.items()
                },
            )
        finally:
            await lanes.close()


def _account(account: settings.AccountSettings, provider: Provider) -> Account:
    return Account(
        name=account.name,
        provider=account.type.word,
        title=account.type.title,
        regions=account.settings.regions,
        budget=account.budget,
        share=account.share,
        has_id=account.type.has_id,
        lists=provider.listing(account.settings.regions[0]) is not None,
        channels=account.channels,
        tasks=account.tasks,
    )


@asynccontextmanager
async def serve(
    told: settings.Settings,
    *,
    now: Callable[[], datetime] = clock.now,
    patience_s: float = PATIENCE_S,
    haste: float = 1.0,
) -> AsyncIterator[Door]:
    """
    Run the bot for as long as this is entered. On the way out: hear nothing more, finish what was acked, then leave.

    Args:
        now: what time it is.
        patience_s: how long a cloud may take to answer a person.
        haste: how many times more often to look around, and faster to speak: for a calendar that is moved on by hand.

    Raises:
        SettingsError: a token is missing.
        SlackUnusable, DatabaseTrouble: the start is refused, with the mend.
        CannotListen: the port is taken, or not ours to take.
    """
    token, app_token, signing_secret = _slack_settings(told)
    transport = " and ".join(name for name, is_set in (("Socket Mode", app_token), ("HTTP", signing_secret)) if is_set)
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(told, leaves_nothing=False))
        stack.enter_context(database.lock_for_serving())
        await _check_tables(database)
        if passing := _passing(told, database):
            log.warning("%s", passing)
        work = await stack.enter_async_context(open_work(dsn=_dsn(database)))
        memory = Memory(database, wake=work.put)
        async with memory.transaction() as tx:
            seal = await tx.seals.get(FINGERPRINT)
        clouds = await stack.enter_async_context(
            open_clouds(told, database, now=now, fingerprint=partial(fingerprint, seal))
        )
        client = await stack.enter_async_context(open_client(token, api_url=told.bot.slack_api_url))
        identity = await identify(client, token)
        await installed(identity.team, memory)
        warn_of_repeats(identity)
        if app_token:
            await check_sockets(client, app_token)
        errands = Errands(mark=lambda: secrets.token_hex(4))
        people = People(client, team=identity.team, admins=frozenset(told.bot.admins), now=now)
        voice = Voice(client, key=lambda: secrets.token_hex(16))
        paces = Paces(database)
        office = Office(
            memory=memory,
            speech=speech(voice, bot=identity.bot),
            tempo=Tempo(paces.reserve, sleep=asyncio.sleep, haste=haste),
            titles={word: cloud.title for word, cloud in _clouds_told(told).items()},
            now=now,
        )
        watch = Watch(
            memory=memory,
            lanes=clouds.lanes,
            accounts=clouds.accounts,
            per_second=clouds.per_second,
            now=now,
            longest_nap_s=LONGEST_NAP_S / haste,
        )
        looker = Looker(lanes=clouds.lanes, accounts=clouds.accounts, looked_at=watch.looked_at)
        clouds = replace(clouds, looker=looker)  # what people look at is watched more closely
        tidier = Tidier(
            memory=memory,
            accounts=clouds.accounts,
            put_missing=work.put_missing,
            trim_engine=work.trim,
            now=now,
            every_s=EVERY_S / haste,
        )
        hinted = Hinted(memory=memory, per_second=clouds.per_second, hurry=watch.hurry)
        ear = Ear(
            desk=_desk(clouds, database, identity, memory, people, transport=transport, patience_s=patience_s),
            people=people,
            voice=voice,
            errands=errands,
            replays=Replays(),
            now=now,
            team=identity.team,
            client=client,
        )
        app = listen(ear, client, identity)
        sockets = Sockets(app, app_token=app_token) if app_token else None
        door = Door(
            bind=told.bot.bind,
            port=told.bot.port,
            slack=events.receive(app, secret=signing_secret, now=now) if signing_secret else None,
            callbacks=callbacks.receive(_hearers(told), take=hinted.take, now=now),
            ready=_ready(database, sockets),
            metrics=page(version=__version__, lanes=clouds.lanes.figures, errands=lambda: len(errands)),
            token=told.bot.metrics_token.get_secret_value() if told.bot.metrics_token else "",
        )
        stack.push_async_callback(_finish, errands)  # after nothing more is heard, before clouds and Slack are closed
        try:
            await stack.enter_async_context(door)
        except OSError as error:
            raise CannotListen(error) from error
        if sockets is not None:
            stack.push_async_callback(sockets.close)
            await sockets.connect()
        work.start({"deliver": partial(_deliver, office)})
        stop = asyncio.Event()
        beats = [asyncio.create_task(beat.run(stop)) for beat in (watch, tidier)]
        stack.push_async_callback(_still, stop, beats)
        log.info("relaybot %s listens on port %d", __version__, door.port)
        yield door
        log.info("leaving: hear nothing more, finish what was acked")
        await door.close()


async def _deliver(office: Office, key: str) -> None:
    team, channel = key.split(" ")
    await deliver(Place(team=team, channel=channel), office)


async def _still(stop: asyncio.Event, beats: Sequence[asyncio.Task[None]]) -> None:
    """End the beats; what they had under way is claimed no longer than its lease."""
    stop.set()
    await asyncio.gather(*beats, return_exceptions=True)


def _clouds_told(told: settings.Settings) -> Mapping[str, ProviderType]:
    return {account.type.word: account.type for account in told.accounts.values()}


def _hearers(told: settings.Settings) -> Mapping[str, Sequence[callbacks.Hearer]]:
    """The accounts that their clouds may call back, by the words of those clouds."""
    hearers: dict[str, list[callbacks.Hearer]] = {}
    for name, account in told.accounts.items():
        if account.type.hear is not None:
            hear = partial(account.type.hear, account.settings)
            hearers.setdefault(account.type.word, []).append(callbacks.Hearer(account=name, hear=hear))
    return hearers


def _dsn(database: Database) -> str | None:
    return database.place.dsn if isinstance(database.place, Server) else None


async def _finish(errands: Errands) -> None:
    lost = await errands.drain(within_s=DRAIN_S)
    if lost:
        log.warning("%d answers took longer than %.0f s and were given up", lost, DRAIN_S)


def _slack_settings(told: settings.Settings) -> tuple[str, str, str]:
    if told.bot.slack_bot_token is None:
        raise settings.unset(settings.BotSettings, "slack_bot_token")
    if told.bot.slack_app_token is None and told.bot.slack_signing_secret is None:
        raise settings.unset(settings.BotSettings, "slack_app_token", hint="or set SLACK_SIGNING_SECRET for HTTP")
    if not told.accounts:
        first = next(iter(registry.providers().values()))
        raise settings.unset(
            first.settings, settings.first_secret(first.settings), hint="no cloud account is set up at all"
        )
    app_token, signing_secret = told.bot.slack_app_token, told.bot.slack_signing_secret
    return (
        told.bot.slack_bot_token.get_secret_value(),
        app_token.get_secret_value() if app_token else "",
        signing_secret.get_secret_value() if signing_secret else "",
    )


def _desk(
    clouds: Clouds,
    database: Database,
    identity: Identity,
    memory: Memory,
    people: People,
    *,
    transport: str,
    patience_s: float,
) -> Desk:
    return Desk(
        accounts=clouds.accounts,
        paces={name: provider.paces for name, provider in clouds.providers.items()},
        looker=clouds.looker,
        looks=Looks(),
        gate=Gate(record=Audit(database).record, rates=Rates()),
        about=About(
            version=__version__,
            bot=identity.user,
            transport=transport,
            scopes=identity.scopes,
            store="PostgreSQL" if database.is_postgres else "SQLite",
        ),
        memory=memory,
        about_channel=people.channel,
        channels_of=people.channels_of,
        figures=clouds.lanes.figures,
        patience_s=patience_s,
    )


def _ready(database: Database, sockets: Sockets | None) -> Ready:
    async def ready() -> Mapping[str, str]:
        wrong: dict[str, str] = {}
        if not await is_usable(database):
            wrong["database"] = "does not answer, or has another revision"
        if sockets is not None and not await sockets.open_count():
            wrong["slack"] = "no Socket Mode connection stands"
        return wrong

    return ready


def _passing(told: settings.Settings, database: Database) -> str:
    """Say what would be lost at the next restart; empty when nothing."""
    if not told.bot.dyno or database.is_postgres:
        return ""
    return f"DYNO is set: files do not last here, and the memory is {database.place}. Set DATABASE_URL to a PostgreSQL."
