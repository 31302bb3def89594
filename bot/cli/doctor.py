"""
`relaybot doctor`: what works, what does not, and what mends it.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.text import Text

from adapters.contract import TaskId, TaskRef
from adapters.errors import ProviderError, Rejected
from bot import settings, wiring
from bot.cli.logs import set_up
from bot.domain.mend import mend, what_happened
from bot.domain.message import Trouble
from bot.domain.text import visible
from bot.domain.turn import Urgency
from bot.slack.workspace import SCOPES, SlackUnusable, check_sockets, identify, open_client
from bot.store.errors import DatabaseTrouble

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncIterator

    from adapters.contract import Region, Reply
    from bot.domain.account import Account
    from bot.settings import Settings

PROBE: Final = "relaybot-doctor"  # an id that no cloud gives
SKEW_NOTED: Final = timedelta(seconds=30)
SKEW_REFUSED: Final = timedelta(minutes=5)  # Tencent refuses from here on, Alibaba Cloud from 15 min

OK, WARNING, BROKEN = "ok", "warning", "broken"
_SIGNS = {OK: ("✓", "green"), WARNING: ("!", "yellow"), BROKEN: ("✗", "bold red")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    about: str
    verdict: str  # ok, warning, broken
    found: str
    mend: str = ""


def add(commands: argparse._SubParsersAction[Any]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "doctor",
        help="check settings, credentials, Slack, database and clock",
        description="Look at everything that can be wrong before somebody needs the bot. Changes nothing. "
        "Exit status: 0 all is well, 1 something is only a warning, 2 something is broken.",
    )
    parser.add_argument("--json", action="store_true", help="print one object a line")
    parser.set_defaults(run=run)


async def run(arguments: argparse.Namespace) -> int:
    """Examine, and print each finding as it comes."""
    worst = 0
    console = Console(highlight=False)
    async for finding in _examine():
        worst = max(worst, [OK, WARNING, BROKEN].index(finding.verdict))
        if arguments.json:
            print(json.dumps(asdict(finding), ensure_ascii=False))
            continue
        sign, style = _SIGNS[finding.verdict]
        console.print(Text(f"{sign} {finding.about}: ", style=style) + Text(visible(finding.found)), soft_wrap=True)
        if finding.mend:
            console.print(Text(f"    → {visible(finding.mend)}"), soft_wrap=True)
    return worst


async def _examine() -> AsyncIterator[Finding]:
    try:
        told = wiring.read_settings()
    except settings.SettingsError as error:
        yield Finding(
            about="settings", verdict=BROKEN, found=str(error), mend="Set it, then run relaybot doctor again."
        )
        return
    set_up("WARNING", settings.secrets_of(told))
    yield _settings(told)
    yield await _database(told)
    async for finding in _clouds(told):
        yield finding
    async for finding in _slack(told):
        yield finding


def _settings(told: Settings) -> Finding:
    if not told.accounts:
        return Finding(
            about="settings",
            verdict=BROKEN,
            found="no cloud account is set up",
            mend="Set ALIBABA_CLOUD_ACCESS_KEY_ID and its siblings, or TENCENTCLOUD_SECRET_ID and its own; "
            "the README has the table.",
        )
    accounts = ", ".join(f"{name} ({', '.join(account.settings.regions)})" for name, account in told.accounts.items())
    return Finding(about="settings", verdict=OK, found=f"accounts {accounts}")


async def _database(told: Settings) -> Finding:
    try:
        return Finding(about="database", verdict=OK, found=await wiring.examine_database(told))
    except DatabaseTrouble as trouble:
        return Finding(about="database", verdict=BROKEN, found=trouble.message, mend=trouble.mend)


async def _clouds(told: Settings) -> AsyncIterator[Finding]:
    """One or two cheap signed reads per account and region, all at once."""
    skews: list[timedelta] = []

    def heard(reply: Reply) -> None:
        said = reply.headers.get("date", "")
        try:
            skews.append(reply.received_at - parsedate_to_datetime(said))
        except (ValueError, TypeError):  # no Date, or one that is no date or has no zone
            return

    async with (
        wiring.open_database(told, leaves_nothing=True) as database,
        wiring.open_clouds(told, database, heard=heard) as clouds,
    ):
        probes = [_probe(clouds, account, region) for account in clouds.accounts.values() for region in account.regions]
        for finding in await asyncio.gather(*probes):
            yield finding
    if skews:
        yield _clock(max(skews, key=abs))


async def _probe(clouds: wiring.Clouds, account: Account, region: Region) -> Finding:
    """Ask for a task that cannot be: a cloud that says so has accepted the key, its rights and the region."""
    about = f"{account.title} {account.name} {region}"
    ref = TaskRef(account=account.name, region=region, task_id=TaskId(PROBE))
    seen: object = (await clouds.looker.look([ref], urgency=Urgency.PERSON))[ref]
    rights = "one task"
    if account.lists and not isinstance(seen, ProviderError):
        seen = await clouds.looker.find(account.name, region, PROBE, urgency=Urgency.PERSON, admit=None)
        rights = "one task and lists"
    if isinstance(seen, Rejected):  # it read the signed question, and dislikes the made-up id
        return Finding(about=about, verdict=OK, found=f"the key is accepted ({seen.code})")
    if isinstance(seen, ProviderError):
        trouble = Trouble(ref=ref, provider=account.provider, title=account.title, error=seen)
        small = ", ".join(part for part in (seen.code, seen.request_id, seen.detail) if part)
        found = what_happened(trouble) + (f" ({small})" if small else "")
        return Finding(about=about, verdict=BROKEN, found=found, mend=mend(trouble))
    return Finding(about=about, verdict=OK, found=f"the key may read {rights}")


def _clock(skew: timedelta) -> Finding:
    off = f"{abs(skew.total_seconds()):.0f} s {'ahead of' if skew > timedelta() else 'behind'} the clouds'"
    verdict = OK if abs(skew) < SKEW_NOTED else WARNING if abs(skew) < SKEW_REFUSED else BROKEN
    return Finding(
        about="clock",
        verdict=verdict,
        found=f"this machine's is {off}" if verdict != OK else "agrees with the clouds'",
        mend="" if verdict == OK else "Let this machine's clock follow NTP (timedatectl set-ntp true).",
    )


async def _slack(told: Settings) -> AsyncIterator[Finding]:
    token = told.bot.slack_bot_token
    if token is None:
        yield Finding(
            about="Slack",
            verdict=WARNING,
            found="SLACK_BOT_TOKEN is not set: serve will not start, status and tasks work",
            mend=str(settings.unset(settings.BotSettings, "slack_bot_token")),
        )
        return
    async with open_client(token.get_secret_value(), api_url=told.bot.slack_api_url) as client:
        try:
            identity = await identify(client, token.get_secret_value())
            yield Finding(about="Slack", verdict=OK, found=f"team {identity.team}, bot user {identity.user}")
            for scope in [scope for scope in SCOPES if scope not in identity.scopes]:
                yield Finding(
                    about="Slack",
                    verdict=WARNING,
                    found=f"scope {scope} is missing: {SCOPES[scope]}",
                    mend="Paste manifest.yaml anew: api.slack.com/apps → your app → App Manifest; then re-install.",
                )
            if told.bot.slack_app_token is not None:
                await check_sockets(client, told.bot.slack_app_token.get_secret_value())
                yield Finding(about="Socket Mode", verdict=OK, found="Slack opens connections")
            if told.bot.slack_signing_secret is not None:
                yield Finding(
                    about="HTTP events",
                    verdict=OK,
                    found="the signing secret is set; only Slack's own call can prove it",
                )
            if told.bot.slack_app_token is None and told.bot.slack_signing_secret is None:
                complaint = settings.unset(
                    settings.BotSettings, "slack_app_token", hint="or set SLACK_SIGNING_SECRET for HTTP"
                )
                yield Finding(about="Slack", verdict=BROKEN, found="no way to hear Slack is set", mend=str(complaint))
        except SlackUnusable as trouble:
            yield Finding(about="Slack", verdict=BROKEN, found=trouble.code, mend=trouble.mend)
