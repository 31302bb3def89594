"""
Seek: the task that somebody means, as the clouds tell it now.
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, TypeAlias

from bot.domain import message
from bot.domain.permit import Refusal
from bot.domain.place import Places, locate
from bot.domain.rates import TooOften
from bot.domain.typed import CommandError
from bot.flows.admit import Refused, Searching
from bot.flows.find import find
from bot.flows.recall import choose, named, parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from bot.domain.target import Target
    from bot.domain.task import Followed
    from bot.flows.desk import Asker, Desk


Admit: TypeAlias = "Callable[[], None]"


async def seek(
    what: Target,
    asker: Asker,
    desk: Desk,
    *,
    verb: str,
    more: tuple[str, ...] = (),
    now: datetime,
    admit: Admit | None = None,
) -> message.Answer | message.Choice | message.Mistyped:
    """
    Find one task and look at it: by a name given here, by its id or the cloud's name for it, wherever it could be, and
    where all that fails by a part of the id of something that this channel follows.

    Args:
        verb, more: the command that is meant, for what is offered to choose.
        admit: counts the question; handed in where several are asked as one (`admitted`).

    Raises:
        Refused: too many questions.
    """
    async with desk.memory.reading() as tx:
        known = await named(what, tx, asker, desk)
        alike = () if known is not None else await parts(what, tx, asker, desk)
    if known is not None:
        return await _ask(known.ref.task_id, _only(known), asker, desk, now=now, admit=admit)
    answer: message.Answer | message.Mistyped
    try:
        places = locate(what, desk.accounts, asker.channel.channel, verb=verb)
        answer = await _ask(what.task, places, asker, desk, now=now, admit=admit)
    except CommandError as error:
        answer = message.Mistyped(failed=error.failed, instead=error.instead)
    if not alike or (isinstance(answer, message.Answer) and (answer.looks or answer.troubles)):
        return answer
    if len(alike) > 1:
        return choose(what, alike, verb, *more)
    return await _ask(alike[0].ref.task_id, _only(alike[0]), asker, desk, now=now, admit=admit)


@contextmanager
def admitted(asker: Asker, desk: Desk, *, is_search: bool, now: datetime) -> Iterator[Admit]:
    """
    Lend what counts one question, however much it takes to answer it.

    Raises:
        Refused: too many questions of late, or a search is under way.
    """
    try:
        with desk.gate.search(asker.person, is_search=is_search):
            yield desk.gate.counter(asker.person, asker.channel, now)
    except TooOften as error:
        raise Refused(Refusal.TOO_OFTEN, seconds=max(1, round(error.wait.total_seconds()))) from None
    except Searching:
        raise Refused(Refusal.SEARCHING) from None


async def _ask(
    task: str, places: Places, asker: Asker, desk: Desk, *, now: datetime, admit: Admit | None
) -> message.Answer:
    lent = nullcontext(admit) if admit else admitted(asker, desk, is_search=places.is_search, now=now)
    with lent as counts:
        return await find(
            task,
            places,
            accounts=desk.accounts,
            looker=desk.looker,
            looks=desk.looks,
            now=now,
            admit=counts,
        )


def _only(task: Followed) -> Places:
    return Places(by_id=(task.ref,), by_name=())
