"""
Look: read many tasks with as few requests as that takes; each gets its own answer or its own error.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from adapters.contract import TaskRef
from adapters.errors import ProviderError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from adapters.contract import AccountName, Listing, Region, Snapshot
    from bot.domain.account import Account
    from bot.domain.turn import Urgency

Seen: TypeAlias = "Snapshot | ProviderError"

PAGE: Final = 100  # tasks that one request of a list brings
UNKNOWN_TOTAL: Final = PAGE  # before the first list, an account's region is taken to fit on one page


class Lanes(Protocol):
    """The part of `queue.lanes.Lanes` that looking needs."""

    async def ask(
        self, ref: TaskRef, *, urgency: Urgency, fresh: bool = False, admit: Callable[[], None] | None = None
    ) -> Snapshot: ...

    async def list(
        self,
        account: AccountName,
        region: Region,
        text: str = "",
        *,
        urgency: Urgency,
        fresh: bool = False,
        admit: Callable[[], None] | None = None,
    ) -> Listing: ...


class Looker:
    """
    Reads tasks through the lanes and remembers how long each list was the last time.

    Args:
        looked_at: is told which tasks are read.
    """

    def __init__(
        self,
        *,
        lanes: Lanes,
        accounts: Mapping[AccountName, Account],
        looked_at: Callable[[TaskRef], None] | None = None,
    ) -> None:
        self._lanes = lanes
        self._accounts = accounts
        self._looked_at = looked_at
        self._totals: dict[tuple[AccountName, Region], int] = {}

    async def look(
        self,
        refs: Iterable[TaskRef],
        *,
        urgency: Urgency,
        fresh: bool = False,
        admit: Callable[[], None] | None = None,
    ) -> dict[TaskRef, Seen]:
        """
        Read every task, all places at once.

        An account's region is listed when that takes fewer requests than describing its tasks one by one; a task that
        the list lacks is described all the same, because a list that shifts between pages can miss one.

        Raises:
            TooOften: `admit` said no before the first read.
        """
        places: defaultdict[tuple[AccountName, Region], list[TaskRef]] = defaultdict(list)
        for ref in dict.fromkeys(refs):
            places[ref.account, ref.region].append(ref)
            if self._looked_at is not None:
                self._looked_at(ref)
        found = await asyncio.gather(
            *(
                self._look_at(account, region, wanted, urgency=urgency, fresh=fresh, admit=admit)
                for (account, region), wanted in places.items()
            )
        )
        return {ref: seen for part in found for ref, seen in part.items()}

    async def find(
        self, account: AccountName, region: Region, name: str, *, urgency: Urgency, admit: Callable[[], None] | None
    ) -> Mapping[TaskRef, Snapshot] | ProviderError:
        """Find the tasks whose name is exactly that; the cloud's own search is fuzzy."""
        try:
            listing = await self._lanes.list(account, region, name, urgency=urgency, admit=admit)
        except ProviderError as error:
            return error
        return {
            _ref(account, region, snapshot): snapshot for snapshot in listing.tasks.values() if snapshot.name == name
        }

    async def everything(
        self,
        account: AccountName,
        region: Region,
        *,
        urgency: Urgency,
        admit: Callable[[], None] | None = None,
    ) -> Mapping[TaskRef, Snapshot] | ProviderError:
        """
        List all tasks of an account's region.

        Raises:
            TooOften: `admit` said no.
        """
        try:
            listing = await self._lanes.list(account, region, urgency=urgency, admit=admit)
        except ProviderError as error:
            return error
        self._totals[account, region] = listing.total
        return {_ref(account, region, snapshot): snapshot for snapshot in listing.tasks.values()}

    async def _look_at(
        self,
        account: AccountName,
        region: Region,
        refs: list[TaskRef],
        *,
        urgency: Urgency,
        fresh: bool,
        admit: Callable[[], None] | None,
    ) -> dict[TaskRef, Seen]:
        found: dict[TaskRef, Seen] = {}
        pages = -(-self._totals.get((account, region), UNKNOWN_TOTAL) // PAGE) or 1
        if self._accounts[account].lists and len(refs) > pages:
            try:
                listing = await self._lanes.list(account, region, urgency=urgency, fresh=fresh, admit=admit)
            except Unavailable as error:
                return dict.fromkeys(refs, error)  # a hundred questions more would not help a cloud in trouble
            except ProviderError:
                pass  # the key may lack the right to list, and still be good for each task
            else:
                self._totals[account, region] = listing.total
                found = {ref: listing.tasks[ref.task_id] for ref in refs if ref.task_id in listing.tasks}
        lacking = [ref for ref in refs if ref not in found]
        described = await asyncio.gather(
            *(self._describe(ref, urgency=urgency, fresh=fresh, admit=admit) for ref in lacking)
        )
        return found | dict(zip(lacking, described, strict=True))

    async def _describe(self, ref: TaskRef, *, urgency: Urgency, fresh: bool, admit: Callable[[], None] | None) -> Seen:
        try:
            return await self._lanes.ask(ref, urgency=urgency, fresh=fresh, admit=admit)
        except ProviderError as error:
            return error


def _ref(account: AccountName, region: Region, snapshot: Snapshot) -> TaskRef:
    return TaskRef(account=account, region=region, task_id=snapshot.task_id)
