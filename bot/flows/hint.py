"""
Hint: a cloud says by itself that something happened to a task. Then we look, past every cache; nothing more.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from adapters.contract import Remark
from bot.domain.hints import Hints
from bot.flows.watch import WAKE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from adapters.contract import AccountName, Hint
    from bot.store.memory import Memory


class Hinted:
    """
    Takes hints.

    Args:
        per_second: how much of its documented rate each account may spend.
    """

    def __init__(self, *, memory: Memory, per_second: Mapping[AccountName, float]) -> None:
        self._memory = memory
        self._hints = {account: Hints(rate) for account, rate in per_second.items()}

    async def take(self, account: AccountName, hint: Hint, now: datetime) -> None:
        """
        Make the task due that a genuine callback names, in whatever region it is followed; an unknown one is nothing.

        Raises:
            DatabaseUnavailable: the cloud had better come again.
        """
        async with self._memory.transaction() as tx:
            followed = await tx.tasks.of_id(account, hint.task_id)
            if not followed or (hint.event and not await tx.replays.is_new(f"{account} {hint.event}", now)):
                return
            at = self._hints[account].look_at(account, hint.task_id, now)
            for task in followed:
                remark = None if hint.remark is Remark.STARTED else hint.remark
                if hint.remark is not None and remark != task.known.remark:
                    # Whoever writes at the same moment has read it: their news is newer than this remark.
                    await tx.tasks.save(task, replace(task.known, remark=remark), due_at=task.due_at)
                if at is not None:
                    await tx.tasks.hasten(task.id, at=at)
            if at is not None:
                tx.wakes.add(WAKE)  # whichever process watches
