"""
What a doctor looks at, one finding after another. Nothing is changed, nothing is left behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias

from pydantic import SecretStr

from adapters.contract import TaskId, TaskRef
from adapters.errors import ProviderError, Rejected
from bot import settings, wiring
from bot.cli import told as telling
from bot.cli.failure import small_print
from bot.cli.remedy import dislikes_the_id, names_of_what_is_asked_with, remedy
from bot.domain.calendar import Unread
from bot.domain.mend import what_happened
from bot.domain.message import Trouble
from bot.domain.text import span
from bot.domain.turn import Urgency
from bot.slack.errors import SlackUnusable
from bot.store.errors import DatabaseTrouble

if TYPE_CHECKING:
    from adapters.contract import Region, Reply
    from bot.domain.figures import Calling
    from bot.settings import AccountSettings, Settings
    from bot.store.holders import Held

PROBE: Final = "relaybot-doctor"  # an id that no cloud gives
SKEW_NOTED: Final = timedelta(seconds=30)
SKEW_REFUSED: Final = timedelta(minutes=5)  # Tencent refuses from here on, Alibaba Cloud from 15 min
BEHIND_NOTED: Final = timedelta(minutes=1)  # a channel's turn, a backoff and a claim that runs out take less
MOST_HELD: Final = 20
NOBODY_WORKS: Final = "See that `relaybot serve` runs; with --role, that a worker does."


class Verdict(StrEnum):
    """How bad a finding is; the word that `--json` prints."""

    OK = "ok"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    about: str
    verdict: Verdict
    found: str
    mend: str = ""


Findings: TypeAlias = AsyncGenerator[Finding, None]


async def examine() -> Findings:
    """Look at everything, the cheap things first; what is broken keeps nothing else from being looked at."""
    try:
        told = telling.read(log_level="ERROR")  # the findings say it better
    except settings.SettingsError as error:
        yield Finding(
            about="settings", verdict=Verdict.BROKEN, found=str(error), mend="Set it, then run relaybot doctor again."
        )
        return
    yield _settings(told)
    memory = await _database(told)
    yield memory
    if memory.verdict is Verdict.BROKEN:  # the clouds can be asked all the same, with the pace in memory
        told = replace(told, bot=told.bot.model_copy(update={"database_url": SecretStr("sqlite://")}))
    else:
        for finding in await _work(told):
            yield finding
    async for finding in _clouds(told):
        yield finding
    async for finding in _slack(told):
        yield finding
    for finding in await _outside(told):
        yield finding


def _settings(told: Settings) -> Finding:
    if not told.accounts:
        return Finding(
            about="settings",
            verdict=Verdict.BROKEN,
            found="no cloud account is set up",
            mend="Set ALIBABA_CLOUD_ACCESS_KEY_ID and its siblings, or TENCENTCLOUD_SECRET_ID and its own; "
            "the README has the table.",
        )
    accounts = ", ".join(f"{name} ({', '.join(account.settings.regions)})" for name, account in told.accounts.items())
    return Finding(about="settings", verdict=Verdict.OK, found=f"accounts {accounts}")


async def _database(told: Settings) -> Finding:
    try:
        found, passing = await wiring.examine_database(told)
    except DatabaseTrouble as trouble:
        return Finding(about="database", verdict=Verdict.BROKEN, found=trouble.message, mend=trouble.mend)
    verdict = Verdict.WARNING if passing else Verdict.OK
    return Finding(about="database", verdict=verdict, found=found, mend=passing)


async def _work(told: Settings) -> list[Finding]:
    """Who holds what, whether somebody takes what waits, and what the engine has; silent where all is quiet."""
    try:
        census = await wiring.take_census(told)
    except DatabaseTrouble as trouble:
        return [Finding(about="work", verdict=Verdict.BROKEN, found=trouble.message, mend=trouble.mend)]
    found = [
        Finding(about="work", verdict=Verdict.OK, found=f"{each.what} is held{_by(each)}")
        for each in census.held[:MOST_HELD]
    ]
    if len(census.held) > MOST_HELD:
        more = len(census.held) - MOST_HELD
        found.append(Finding(about="work", verdict=Verdict.OK, found=f"and {more} more are held"))
    found += _late("work", census.behind, "something has been waiting for {}, and nobody takes it", NOBODY_WORKS)
    if census.parked:
        found.append(
            Finding(
                about="work",
                verdict=Verdict.WARNING,
                found=f"messages that Slack refused for good, and that are kept: {census.parked}",
                mend="/relay debug says why, channel by channel.",
            )
        )
    found += _calls(census.calling)
    if census.jobs:
        queued, picked, held = (census.jobs.get(status, 0) for status in ("queued", "picked", "failed"))
        found.append(
            Finding(
                about="engine",
                verdict=Verdict.WARNING if held else Verdict.OK,
                found=f"jobs: {queued} queued, {picked} at work, {held} held; {census.jobs['log']} lines of log",
                mend="Held jobs broke; what they were for is found by others, and they go after a day." if held else "",
            )
        )
    return found


def _calls(calling: Calling) -> list[Finding]:
    if not calling.responses and not calling.pages:
        return []
    said = f"responses: {calling.responses} open, {calling.in_hand} of them in hand; pages that wait: {calling.pages}"
    not_taken = "See what the log of `relaybot serve` says of it, and try the pagers with /relay drill."
    return [
        Finding(about="calls", verdict=Verdict.OK, found=said),
        *_late("calls", calling.oldest, "a page has been waiting for {}", not_taken),
        *_late("calls", calling.late, "a call has been due for {}, and nobody makes it", NOBODY_WORKS),
    ]


def _late(about: str, waits: timedelta | None, said: str, mend: str) -> list[Finding]:
    """Warn of what waits for longer than it should; `said` has a place for how long that is."""
    if waits is None or waits <= BEHIND_NOTED:
        return []
    return [Finding(about=about, verdict=Verdict.WARNING, found=said.format(span(waits)), mend=mend)]


async def _outside(told: Settings) -> list[Finding]:
    """What else is called: pagers by name, for only a drill rings one; calendars, each fetched once."""
    found = []
    if told.pagers:
        names = ", ".join(f"{name} ({pager.kind})" for name, pager in told.pagers.items())
        found.append(Finding(about="pagers", verdict=Verdict.OK, found=f"{names}; /relay drill rings them"))
    if told.calendars:
        for name, read in (await wiring.examine_calendars(told)).items():
            found.append(_calendar(name, read))
    return found


def _calendar(name: str, read: int | Unread) -> Finding:
    if not isinstance(read, Unread):
        return Finding(about="calendar", verdict=Verdict.OK, found=f"{name}: shifts of people that are known: {read}")
    return Finding(
        about="calendar",
        verdict=Verdict.WARNING,
        found=f"{name} cannot be read: {read.code}",
        mend=f"Look at calendars.{name} in the file that RELAYBOT_CONFIG names; meanwhile the last good copy stays.",
    )


def _by(held: Held) -> str:
    by = f" by {held.holder}" if held.holder else ""
    return f"{by} for {span(held.age)}" if held.age is not None else by


async def _clouds(told: Settings) -> Findings:
    """One or two cheap signed reads per account and region, all at once; and the clouds' clocks, for they tell them."""
    skews: list[timedelta] = []

    def heard(reply: Reply) -> None:
        if reply.server_at is not None:
            skews.append(reply.received_at - reply.server_at)

    async with (
        wiring.open_database(told, leaves_nothing=True) as database,
        wiring.open_clouds(told, database, heard=heard) as clouds,
    ):
        probes = [
            _probe(clouds, account, region) for account in told.accounts.values() for region in account.settings.regions
        ]
        for finding in await asyncio.gather(*probes):
            yield finding
    if skews:
        yield _clock(max(skews, key=abs))


async def _probe(clouds: wiring.Clouds, mine: AccountSettings, region: Region) -> Finding:
    """Ask for a task that cannot be: a cloud that says so has accepted the key, its rights and the region."""
    account = clouds.accounts[mine.name]
    about = f"{account.title} {account.name} {region}"
    ref = TaskRef(account=account.name, region=region, task_id=TaskId(PROBE))
    seen: object = (await clouds.looker.look([ref], urgency=Urgency.PERSON))[ref]
    rights = "one task"
    if account.lists and not isinstance(seen, ProviderError):
        seen = await clouds.looker.find(account.name, region, PROBE, urgency=Urgency.PERSON, admit=None)
        rights = "one task and lists"
    if isinstance(seen, Rejected) and dislikes_the_id(seen, mine):
        return _half_proven(about, seen, mine)
    if isinstance(seen, ProviderError):
        trouble = Trouble(ref=ref, provider=account.provider, title=account.title, error=seen)
        found = f"{what_happened(trouble)} ({small_print(trouble)})"
        return Finding(about=about, verdict=Verdict.BROKEN, found=found, mend=remedy(trouble, mine))
    return Finding(about=about, verdict=Verdict.OK, found=f"the key may read {rights}")


def _half_proven(about: str, seen: Rejected, mine: AccountSettings) -> Finding:
    """The cloud read the signed question, and dislikes the made-up id, or another thing that it does not name."""
    found = f"the key is accepted ({seen.code})"
    unproven = names_of_what_is_asked_with(mine)
    if not unproven:
        return Finding(about=about, verdict=Verdict.OK, found=found)
    return Finding(
        about=about,
        verdict=Verdict.WARNING,
        found=f"{found}, and nothing more is proven",
        mend=f"If a real task is rejected too, look at {unproven}.",
    )


def _clock(skew: timedelta) -> Finding:
    if abs(skew) < SKEW_NOTED:
        return Finding(about="clock", verdict=Verdict.OK, found="agrees with the clouds'")
    off = f"{abs(skew.total_seconds()):.0f} s {'ahead of' if skew > timedelta() else 'behind'}"
    return Finding(
        about="clock",
        verdict=Verdict.WARNING if abs(skew) < SKEW_REFUSED else Verdict.BROKEN,
        found=f"this machine's is {off} the clouds'",
        mend="Let this machine's clock follow NTP (timedatectl set-ntp true).",
    )


async def _slack(told: Settings) -> Findings:
    token = told.bot.slack_bot_token
    if token is None:
        yield Finding(
            about="Slack",
            verdict=Verdict.WARNING,
            found="SLACK_BOT_TOKEN is not set: serve will not start, status and tasks work",
            mend=str(settings.unset(settings.BotSettings, "slack_bot_token")),
        )
        return
    from bot.slack import workspace  # slow to import, and the only command that needs it

    async with workspace.open_client(token.get_secret_value(), api_url=told.bot.slack_api_url) as client:
        try:
            identity = await workspace.identify(client, token.get_secret_value())
            yield Finding(about="Slack", verdict=Verdict.OK, found=f"team {identity.team}, bot user {identity.user}")
            for scope in [scope for scope in workspace.SCOPES if scope not in identity.scopes]:
                yield Finding(
                    about="Slack",
                    verdict=Verdict.WARNING,
                    found=f"scope {scope} is missing: {workspace.SCOPES[scope]}",
                    mend="Paste manifest.yaml anew: api.slack.com/apps → your app → App Manifest; then re-install.",
                )
            if told.bot.slack_app_token is not None:
                await workspace.check_sockets(client, told.bot.slack_app_token.get_secret_value())
                yield Finding(about="Socket Mode", verdict=Verdict.OK, found="Slack opens connections")
        except SlackUnusable as trouble:
            yield Finding(about="Slack", verdict=Verdict.BROKEN, found=trouble.code, mend=trouble.mend)
    if told.bot.slack_signing_secret is not None:
        yield Finding(
            about="HTTP events",
            verdict=Verdict.OK,
            found="the signing secret is set; only Slack's own call can prove it",
        )
    elif told.bot.slack_app_token is None:
        unset = settings.unset(settings.BotSettings, "slack_app_token", hint="or set SLACK_SIGNING_SECRET for HTTP")
        yield Finding(about="Slack", verdict=Verdict.BROKEN, found="no way to hear Slack is set", mend=str(unset))
