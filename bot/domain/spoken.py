"""
Subscriptions and mutes in words: what they are about, and their options. Foreign text is in it as it came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.text import clip, short_id, visible
from bot.domain.when import clock_time
from bot.domain.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.contract import AccountName, TaskId
    from bot.domain.page import About
    from bot.domain.subscription import Wish
    from bot.domain.task import Followed

LONGEST_NAME = 80
MOST_NAMES = 5


def task_called(name: str, task: TaskId | str) -> str:
    """Return a task's name, or its id where it has none."""
    return clip(visible(name).strip(), LONGEST_NAME) or short_id(task)


def followed_called(task: Followed) -> str:
    """Return the name under which a followed task was last seen, or its id."""
    return task_called("" if task.known.last is None else task.known.last.name, task.ref.task_id)


def all_of(account: AccountName | str, match: str = "", region: str = "") -> str:
    """Name all tasks of an account, or those that match."""
    said = say("all.of", account=account)
    if region:
        said += say("all.region", region=region)
    return said + say("all.match", match=clip(visible(match), LONGEST_NAME)) if match else said


def options(wish: Wish, zone: str) -> str:
    """
    Say with which options something is followed.

    Args:
        zone: whose clock tells the time; it stands beside it.
    """
    parts: list[str] = []
    if wish.only:
        states = ", ".join(sorted(say(f"state.{state}") for state in wish.only))
        parts.append(say("option.only", states=states))
    if wish.until is not None:
        parts.append(say("option.until", when=clock_time(wish.until, zone)))
    if wish.thread_ts:
        parts.append(say("option.thread"))
    if wish.page:
        parts.append(say("option.page"))
    return " · ".join(parts) or say("option.none")


def incident_called(about: About) -> str:
    """Name what an incident is about: a task, many tasks, or an account that cannot be seen."""
    if about.task_id is not None:
        return task_called(about.name, about.task_id)
    if about.group is not None:
        return many_bad(about.count, about.account)
    return say("account.blind", account=about.account)


def many_bad(count: int, account: str) -> str:
    """Say how many tasks of an account are bad: of a group few may be by now."""
    return say("page.one", account=account) if count == 1 else say("page.many", count=count, account=account)


def several(names: Sequence[str]) -> str:
    """Name a few, and count the rest."""
    shown = ", ".join(names[:MOST_NAMES])
    return shown if len(names) <= MOST_NAMES else say("several.more", names=shown, count=len(names) - MOST_NAMES)
