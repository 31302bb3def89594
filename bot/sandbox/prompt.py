"""
The sandbox's prompt: does what is typed to the stage and to its calendar, and says in one sentence what is so now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.sandbox.faults import Fail
from bot.sandbox.orders import USAGE, Do, Doing, Help, ListTasks, Move, PromptError, Refuse, Reopen, Shut, Side, read
from bot.sandbox.story import GONE

if TYPE_CHECKING:
    from bot.sandbox.clock import Calendar
    from bot.sandbox.door import Door
    from bot.sandbox.orders import Order
    from bot.sandbox.stage import Stage
    from bot.sandbox.story import Script

REFUSED: Final = ("chat.postMessage", "chat.update")  # by a busy Slack
TITLES: Final = {Side.SLACK: "Slack", Side.ALIYUN: "Alibaba Cloud", Side.TENCENT: "Tencent Cloud"}

# The vendor's word and reason for what is done to a task; what a cloud has no word for is left out.
ALIYUN_SAYS: Final = {
    Doing.BREAK: ("2", "PullStreamFailed"),
    Doing.MEND: ("1", ""),
    Doing.STOP: ("3", "TriggerByUser"),
    Doing.END: ("-1", "TriggerByUser"),
    Doing.FORGET: (GONE, ""),
}
TENCENT_SAYS: Final = {
    Doing.MEND: ("InProgress", ""),
    Doing.STOP: ("NotExist", ""),
    Doing.FORGET: ("NotExist", ""),
}


class Prompt:
    """Does what is typed to the stage and to its calendar."""

    def __init__(self, stage: Stage, calendar: Calendar) -> None:
        self._stage = stage
        self._calendar = calendar

    async def take(self, line: str) -> str:
        """
        Do what a line says and return what is so now.

        Raises:
            PromptError: it says nothing that can be done.
        """
        return await self.obey(read(line, {script.task_id: script.name for script in self._scripts}))

    async def obey(self, order: Order) -> str:
        """Do it and return what is so now."""
        match order:
            case Do(doing, task):
                return self._do(doing, task)
            case Refuse(patience):
                for api in REFUSED:
                    self._stage.slack.faults.plan(Fail("ratelimited", retry_after=patience), on=api)
                return f"Slack refuses the next post and the next edit: again in {patience.total_seconds():.0f} s."
            case Shut(sides):
                for side in sides:
                    await self._door(side).shut()
                return f"Nobody reaches {_and(sides)} now. Up again with: {_back(sides)}"
            case Reopen(sides):
                for side in sides:
                    await self._door(side).reopen()
                return f"{_and(sides)} can be reached."
            case Move(by):
                self._calendar.move(by)
                return f"It is {self._calendar():%H:%M:%S} UTC for everybody here."
            case ListTasks():
                return "\n".join(self._lines())
            case Help():
                return "\n".join(f"  {typed:<22} {does}" for typed, does in USAGE.items())

    @property
    def _scripts(self) -> list[Script]:
        return [*self._stage.aliyun.story.scripts, *self._stage.tencent.story.scripts]

    def _do(self, doing: Doing, task: str) -> str:
        now = self._calendar()
        is_aliyun = any(script.task_id == task for script in self._stage.aliyun.story.scripts)
        story = self._stage.aliyun.story if is_aliyun else self._stage.tencent.story
        says = (ALIYUN_SAYS if is_aliyun else TENCENT_SAYS).get(doing)
        if says is None:
            raise PromptError(f"Tencent Cloud has no word for that. Type: stop {task}")
        word, reason = says
        if doing is Doing.END and story.plan_end(task) <= now:
            reason = "OverEndTime"
        story.override(task, word, reason, now=now)
        if word == GONE:
            return f"The cloud knows no {task} any more."
        return f"The cloud now says {word}{f' ({reason})' if reason else ''} of {task}."

    def _door(self, side: Side) -> Door:
        match side:
            case Side.SLACK:
                return self._stage.slack.door
            case Side.ALIYUN:
                return self._stage.aliyun.door
            case Side.TENCENT:
                return self._stage.tencent.door

    def _lines(self) -> list[str]:
        lines = []
        for story in (self._stage.aliyun.story, self._stage.tencent.story):
            for script in story.scripts:
                sight = story.at(script.task_id, self._calendar())
                word = "gone" if sight is None else f"{sight.word} {sight.reason}"
                lines.append(f"  {script.task_id:<28} {script.name:<28} {word}".rstrip())
        return lines


def _and(sides: tuple[Side, ...]) -> str:
    return " and ".join(TITLES[side] for side in sides)


def _back(sides: tuple[Side, ...]) -> str:
    if sides == (Side.SLACK,):
        return "slack up"
    return "cloud up" if len(sides) > 1 else f"cloud up {sides[0]}"
