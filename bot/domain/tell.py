"""
A look in words, for Slack's cards and the terminal alike. What a vendor or a person gave is in it as it came: whoever
shows it escapes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.contract import TaskState
from bot.domain.text import short_id, span, visible
from bot.domain.words import has, say

if TYPE_CHECKING:
    from bot.domain.message import Look
    from bot.domain.task import News


def called(look: Look) -> str:
    """Return the task's name, or its id where it has none."""
    return visible(look.snapshot.name).strip() or short_id(look.ref.task_id)


def meaning(look: Look) -> str:
    """Say in one sentence what the state means for a relay."""
    state = look.snapshot.state
    if state is TaskState.NOT_FOUND:
        return unknown_here(is_tencent=look.provider == "tencent")
    if state is TaskState.STOPPED and not look.snapshot.reason:
        return say("means.STOPPED.unexplained")
    for detail in (look.outlook.why, look.provider):
        if detail and has(f"means.{state}.{detail}"):
            return say(f"means.{state}.{detail}")
    return say(f"means.{state}")


def unknown_here(*, is_tencent: bool) -> str:
    """Say what it can mean that a cloud does not know a task."""
    return say("means.NOT_FOUND.tencent" if is_tencent else "means.NOT_FOUND")


def was_said(news: News) -> str:
    """Say how long the state before it stood; empty where nobody knows, or where it is no other state."""
    if news.lasted is None or news.old is None or news.old is news.new:
        return ""
    state, lasted = say(f"state.{news.old}"), span(news.lasted)
    if news.lasted_longer:
        return say("told.was_at_least", state=state, span=lasted)
    return say("told.was", state=state, span=lasted)


def reason(look: Look) -> str:
    """Return the cloud's reason in words; a word that is new to us as it came."""
    return reason_said(look.snapshot.reason)


def reason_said(word: str) -> str:
    """Return a cloud's reason in words; a word that is new to us as it came."""
    return say(f"reason.{word}") if has(f"reason.{word}") else word


def progress(look: Look) -> str:
    """Say how far a file source has come; empty where that cannot be measured."""
    found = look.snapshot.progress
    if found is None:
        return ""
    parts: list[str] = []
    if found.file is not None:
        file = found.file + 1  # people count from one
        parts.append(
            say("card.progress.file.alone", file=file)
            if found.files is None
            else say("card.progress.file", file=file, files=found.files)
        )
    if found.offset is not None:
        parts.append(say("card.progress.offset", offset=span(found.offset)))
    return ", ".join(parts)


def retries(look: Look) -> str:
    """Say how long the cloud itself tries again; empty where it does not say, or will never again."""
    found = look.snapshot.retry
    if look.snapshot.state is TaskState.ENDED:
        return ""
    return "" if found is None else say("card.retry", count=found.count, interval=span(found.interval))
