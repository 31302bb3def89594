"""
An account that we cannot see: when that is said, and how. Pure.

It is a condition of ours and one incident of the account, whatever number of tasks it hides; never a word about a task.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from adapters.errors import Refused, Rejected
from bot.domain.evidence import Mislaid
from bot.domain.mend import kind
from bot.domain.notice import AccountBody, Kind, Notice

if TYPE_CHECKING:
    from datetime import datetime

    from adapters.contract import AccountName, Region
    from adapters.errors import ProviderError
    from bot.domain.subscription import Place

BLIND_AFTER: Final = timedelta(seconds=60)  # one failed read, and two, are silence
CALL_AFTER: Final = timedelta(minutes=5)
MISSES: Final = 2  # a long pause between two reads is no blindness


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """How the reads of one account's region went of late."""

    failing_since: datetime | None = None
    misses: int = 0  # in a row

    def is_blind(self, now: datetime) -> bool:
        """Say whether it is time to say so."""
        return self.failing_since is not None and self.misses >= MISSES and now - self.failing_since >= BLIND_AFTER


def look(before: Sight, error: ProviderError | None, begun_at: datetime) -> Sight:
    """Take one more outcome in: of a whole list, or of all reads of a region in one turn."""
    if error is None:
        return Sight()
    return Sight(failing_since=before.failing_since or begun_at, misses=before.misses + 1)


def call_at(error: ProviderError, since: datetime) -> datetime:
    """Say when somebody is called: a key that is refused heals by nobody's waiting."""
    return since + (BLIND_AFTER if isinstance(error, Refused) else CALL_AFTER)


def hides(error: ProviderError) -> bool:
    """Say whether an error of a single read may be about the whole account; a rejected id is about that id."""
    return not isinstance(error, Rejected)


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Whose region it is, and who is told."""

    account: AccountName
    region: Region
    title: str  # the cloud as people call it
    followed: int  # tasks
    places: frozenset[Place]


def begun(incident: int, about: About, *, error: ProviderError, since: datetime) -> tuple[Notice, ...]:
    """Say to each place that follows something of the account that it cannot be seen."""
    body = AccountBody(
        account=about.account,
        region=about.region,
        title=about.title,
        error=kind(error),
        code=error.code,
        request_id=error.request_id,
        since=since,
        followed=about.followed,
        incident=incident,
        is_mislaid=isinstance(error, Mislaid),
    )
    return _to_each(about.places, f"incident:{incident}", body)


def over(incident: int, about: About, *, since: datetime, now: datetime) -> tuple[Notice, ...]:
    """Say to the same places that it is seen again, and how long it was not."""
    body = AccountBody(
        account=about.account,
        region=about.region,
        title=about.title,
        error="",
        code="",
        request_id="",
        since=since,
        followed=about.followed,
        is_over=True,
        lasted=now - since,
    )
    return _to_each(about.places, f"incident:{incident}:end", body)


def _to_each(places: frozenset[Place], cause: str, body: AccountBody) -> tuple[Notice, ...]:
    return tuple(Notice(place=place, kind=Kind.ACCOUNT, cause=cause, body=body) for place in sorted(places))
