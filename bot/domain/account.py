"""
An account as the bot sees it: which cloud, which regions, which budget, and who may see which of its tasks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.contract import AccountName, Region, TaskId


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """
    One account of the configuration; holds no secret.

    `channels` are Slack channel ids and `tasks` globs over task ids (`*`, `?`, `[…]`, case matters); empty means all.
    """

    name: AccountName
    provider: str  # the registry's word: aliyun, tencent
    title: str  # what people read: Alibaba Cloud
    regions: tuple[Region, ...]
    budget: str  # accounts of one provider with the same budget share one pace
    share: float  # of the documented rate, 0 < share <= 0.9
    has_id: Callable[[str], bool] = field(repr=False)  # could this text be one of this cloud's task ids?
    lists: bool  # can the cloud list its tasks?
    channels: frozenset[str] = frozenset()
    tasks: tuple[str, ...] = ()

    def is_open_to(self, channel: str) -> bool:
        """Say whether people in this channel may ask about the account."""
        return not self.channels or channel in self.channels

    def shows(self, task: TaskId) -> bool:
        """Say whether the account's configuration lets people see this task."""
        return not self.tasks or any(fnmatchcase(task, glob) for glob in self.tasks)
