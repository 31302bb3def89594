"""
A list of more than one page is never read at one moment: what shifts between its pages is no change of any task.

Two hundred and forty tasks run; the channel follows one of each page, and a list of three pages shows them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

from bot import clock
from bot.sandbox.aliyun import DESCRIBE, LIST
from bot.sandbox.faults import Alter, Stale, Strike
from bot.sandbox.story import GONE, Phase, Script

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.sandbox.faults import Fault
    from tests.stories.following import Follow, Following

TASKS: Final = 240
BEGUN: Final = timedelta(hours=-1)


def filler(task: str, word: str = "1") -> Script:
    """Return a task that nobody follows."""
    destination = f"rtmp://push.example.com/live/{task}"
    return Script(task_id=task, start=BEGUN, destination=destination, phases=(Phase(BEGUN, word),))


def fill(one: Following) -> list[Following]:
    """Let the cloud have three pages of tasks, and the channel follow one of the second and one of the third, too."""
    story = one.cloud.story
    for number in range(4):
        story.add(filler(f"hidden-{number}", GONE))
    for number in range(100):
        story.add(filler(f"filler-{number:04d}"))
    second = one.also("page-2", "On the second page")
    for number in range(100, 200):
        story.add(filler(f"filler-{number:04d}"))
    third = one.also("page-3", "On the third page")
    for number in range(200, TASKS):
        story.add(filler(f"filler-{number:04d}"))
    return [one, second, third]


@dataclass(slots=True)
class Upset:
    """What somebody else does to the cloud's tasks while we turn the pages."""

    one: Following
    done: int = 0

    def one_goes(self) -> None:
        """A task of the first page ends: what began the next page slips into this one, unseen."""
        self.one.cloud.story.override(f"filler-{self.done:04d}", GONE, now=clock.now())
        self.done += 1

    def many_go(self) -> None:
        """So many end that whole thirds of pages slip down."""
        for _ in range(35):
            self.one_goes()

    def one_comes(self) -> None:
        """A new one stands before all those: each page begins with what ended the one before."""
        self.one.cloud.story.override(f"hidden-{self.done}", "1", now=clock.now())
        self.done += 1


def told_total(total: object) -> Fault:
    """Let a page say that there are so many in all."""
    return Alter(lambda page: {**page, "Total": total})


def without(task: str) -> Fault:
    """Let a page lack a task, as if it had slipped to the other side of the edge."""
    return Alter(lambda page: {**page, "TaskList": [each for each in page["TaskList"] if each["TaskId"] != task]})


def turned(page: Any) -> Any:
    """Give a page back to front: no order is promised."""
    return {**page, "TaskList": page["TaskList"][::-1]}


def doubled(page: Any) -> Any:
    """Give each task of a page twice, the second time as it was before."""
    return {**page, "TaskList": [*page["TaskList"], *page["TaskList"]]}


UPSETS: Final[dict[str, Callable[[Upset], Fault]]] = {
    "a task of the first page ends between two pages": lambda upset: Strike(upset.one_goes, answers=True),
    "many tasks end between two pages": lambda upset: Strike(upset.many_go, answers=True),
    "a new task comes in front between two pages": lambda upset: Strike(upset.one_comes, answers=True),
    "the total falls": lambda _: told_total(100),
    "the total grows": lambda _: told_total(900),
    "the total is none": lambda _: told_total(None),
    "the total is nothing": lambda _: told_total(0),
    "the last page comes from a replica that lags behind": lambda _: Stale(timedelta(minutes=3)),
    "a page lacks the task that slipped over its edge": lambda _: without("page-2"),
    "a page is empty": lambda _: Alter(lambda page: {**page, "TaskList": []}),
    "a page has none": lambda _: Alter(lambda page: {**page, "TaskList": None}),
    "a page is back to front": lambda _: Alter(turned),
    "a page has each task twice": lambda _: Alter(doubled),
}


@pytest.mark.parametrize("upset", UPSETS.values(), ids=UPSETS)
async def test_what_shifts_between_two_pages_is_no_change(follow: Follow, upset: Callable[[Upset], Fault]) -> None:
    async with follow() as one:
        tasks = fill(one)
        for task in tasks:
            await task.begin()
        await one.until(lambda: len(pages(one)) > 3)
        fault = upset(Upset(one))
        hit: list[int] = []
        for place, happens in enumerate((None, tasks[1].breaks, tasks[2].breaks, tasks[1].runs)):
            one.cloud.faults.plan(fault, on=LIST, when=lambda: second_page_is_asked_for(one))
            if happens is not None:
                await happens()
            await one.until(lambda: not one.cloud.faults.is_planned)
            hit.append(place)
            for task in tasks:
                await task.right()

        assert hit == [0, 1, 2, 3]
        assert max(pages(one)) >= 3
        assert one.cloud.ledger.of(DESCRIBE) != []


def pages(one: Following) -> list[int]:
    """Which pages were asked for, in order."""
    return [int(entry.params["PageNumber"]) for entry in one.cloud.ledger.of(LIST)]


def second_page_is_asked_for(one: Following) -> bool:
    return pages(one)[-1] == 2
