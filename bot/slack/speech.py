"""
Speech: what lies in the outbox, dressed and said in Slack's words.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.flows.deliver import Speech
from bot.slack.cards import dress_body

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.notice import Body
    from bot.domain.speech import Saying
    from bot.slack.voice import Voice


def speech(voice: Voice, *, bot: str) -> Speech:
    """
    Let deliveries speak with a voice.

    Args:
        bot: our own `bot_id`, by which a post of ours is known again.
    """

    async def post(saying: Saying) -> str:
        said = dress_body(saying.body)
        posted = await voice.post(
            saying.channel,
            replace(said, blocks=()) if saying.is_plain else said,
            thread_ts=saying.thread_ts or None,
            key=saying.key,
            in_channel=saying.in_channel,
        )
        return posted.ts

    async def edit(channel: str, ts: str, body: Body) -> None:
        await voice.update(channel, ts, dress_body(body))

    async def find(saying: Saying, since: datetime) -> str | None:
        thread_ts = saying.thread_ts or None
        return await voice.find(saying.channel, saying.key, thread_ts=thread_ts, since=since, bot=bot)

    return Speech(post=post, edit=edit, find=find, direct=voice.direct, link=voice.permalink)
