"""
What Slack tells about channels and about the app itself: each event is acked at once, and heard once.

Payloads: https://docs.slack.dev/reference/events (read 2026-11-21). That the bot was taken out is told in one way or
the other, and sometimes in both; the second changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from bot.domain.subscription import Place
from bot.flows import lifecycle

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from datetime import datetime

    from slack_bolt.app.async_app import AsyncApp
    from slack_bolt.context.ack.async_ack import AsyncAck

    from bot.flows.lifecycle import Happened
    from bot.slack.errands import Errands
    from bot.slack.identity import Identity
    from bot.slack.replay import Replays
    from bot.store.memory import Memory

Then: TypeAlias = "Callable[[Happened, Memory], Coroutine[Any, Any, None]]"

OF_THE_APP: Final[Mapping[str, Then]] = {
    "app_uninstalled": lifecycle.uninstalled,
    "tokens_revoked": lifecycle.uninstalled,
}
OF_A_CHANNEL: Final[Mapping[str, Then]] = {
    "channel_archive": lifecycle.archived,
    "channel_deleted": lifecycle.deleted,
    "channel_id_changed": lifecycle.moved,
    "channel_left": lifecycle.left,
    "channel_shared": lifecycle.shared,
    "channel_unarchive": lifecycle.returned,
    "channel_unshared": lifecycle.unshared,
    "group_archive": lifecycle.archived,
    "group_deleted": lifecycle.deleted,
    "group_left": lifecycle.left,
    "group_unarchive": lifecycle.returned,
    "member_joined_channel": lifecycle.returned,
    "member_left_channel": lifecycle.left,
}


def hear(
    app: AsyncApp,
    identity: Identity,
    *,
    memory: Memory,
    errands: Errands,
    replays: Replays,
    now: Callable[[], datetime],
) -> None:
    """Listen for what happens to channels and to the app."""

    async def listener(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        event = body["event"]
        if _concerns_us(event, identity) and replays.is_new(f"event {body.get('event_id')}", now()):
            happened = _happened(event, identity, now())
            then = (OF_THE_APP if happened.what in OF_THE_APP else OF_A_CHANNEL)[happened.what]
            errands.start(then(happened, memory), failed=_nobody)

    for name in (*OF_THE_APP, *OF_A_CHANNEL):
        app.event(name)(listener)


def _concerns_us(event: Mapping[str, Any], identity: Identity) -> bool:
    match event["type"]:
        case "app_uninstalled":
            return True
        case "tokens_revoked":  # a person's own token is none of ours
            return bool((event.get("tokens") or {}).get("bot"))
        case "member_joined_channel" | "member_left_channel" if event.get("user") != identity.user:
            return False
        case "channel_unshared" if event.get("is_ext_shared"):  # with yet another workspace
            return False
        case "channel_id_changed":
            return bool(event.get("old_channel_id") and event.get("new_channel_id"))
    return bool(event.get("channel"))


def _happened(event: Mapping[str, Any], identity: Identity, now: datetime) -> Happened:
    what = str(event["type"])
    channel = str(event.get("channel") or event.get("old_channel_id") or "")
    by = str(event.get("actor_id") or event.get("user") or "")
    return lifecycle.Happened(
        what=what,
        place=Place(team=identity.team, channel="" if what in OF_THE_APP else channel),
        by="" if by == identity.user else by,
        at=now,
        to=str(event.get("new_channel_id") or ""),
    )


async def _nobody(_: str) -> None:
    """Tell nobody: nobody waits for an answer, and the log has it."""
