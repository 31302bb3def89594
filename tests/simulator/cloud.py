"""
Cloud: what the providers answer, from a script and without a wire. What is on the wire is the adapters' own tests'.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from adapters.contract import (
    AccountName,
    Api,
    Listing,
    Pace,
    Region,
    Reply,
    Request,
    Snapshot,
    TaskId,
    TaskState,
)
from adapters.errors import AccessDenied, ProviderError, Throttled, Unreachable, Unreadable
from bot.domain.account import Account
from tests.simulator.history import ALIYUN, TENCENT

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from adapters.contract import Conversation
    from tests.simulator.history import Relay, Trouble

REGIONS: Final = {ALIYUN: Region("cn-shanghai"), TENCENT: Region("ap-singapore")}
PER_SECOND: Final = {ALIYUN: 10.0, TENCENT: 20.0}
SHARE: Final = 0.5
LIST, STATUS = Api("list"), Api("status")
SILENCE_S: Final = 10.0  # then the transport gives up
GONE: Final = "CodeTaskNotExist"


def accounts() -> dict[AccountName, Account]:
    """Return one account of a cloud that lists, and one of a cloud that does not."""
    return {
        AccountName(name): Account(
            name=AccountName(name),
            provider=name,
            title=name.title(),
            regions=(REGIONS[name],),
            budget="b",
            share=SHARE,
            has_id=lambda _id: True,
            lists=name == ALIYUN,
        )
        for name in (ALIYUN, TENCENT)
    }


@dataclass
class Sky:
    """
    Both clouds.

    Args:
        now: the wall clock; `time` is the history's own.
        trouble: what a call to an account runs into just now.
        called: is told of each call as it arrives.
    """

    relays: Mapping[str, Relay]
    chance: random.Random
    now: Callable[[], datetime]
    time: Callable[[], float]
    trouble: Callable[[str], Trouble | None]
    called: Callable[[str, str], None]
    answers: dict[str, Any] = field(default_factory=dict)
    _older: deque[tuple[float, dict[TaskId, Snapshot]]] = field(default_factory=lambda: deque(maxlen=3))

    async def send(self, request: Request) -> Reply:
        """Carry one request to a cloud and the answer back; raises Unreachable."""
        account, _, task = request.url.removeprefix("sim://").partition("/")
        await asyncio.sleep(self.chance.uniform(0.005, 0.1))
        self.called(account, request.api)
        trouble = self.trouble(account)
        kind = trouble.kind if trouble is not None else ""
        if kind == "silent":
            await asyncio.sleep(SILENCE_S)
        if kind in {"silent", "unreachable"}:
            raise Unreachable(kind)
        answer: object = _REFUSALS[kind] if kind in _REFUSALS else self._told(task, kind)
        await asyncio.sleep(self.chance.uniform(0.005, 0.1))
        number = str(len(self.answers))
        self.answers[number] = answer
        return Reply(status=200, headers={}, body=number.encode(), received_at=self.now())

    def _told(self, task: str, kind: str) -> object:
        if task:
            return self._snapshot(self.relays[task])
        listed = {
            TaskId(relay.id): told
            for relay in self.relays.values()
            if relay.account == ALIYUN and (told := self._snapshot(relay)).state is not TaskState.NOT_FOUND
        }
        if kind == "lacks":  # the list shifted while it was walked
            for relay in self.chance.sample(sorted(listed), min(2, len(listed))):
                del listed[relay]
        if kind == "stale" and self._older and self.time() - self._older[0][0] < 10.0:
            return self._older[0][1]
        self._older.append((self.time(), listed))
        return listed

    def _snapshot(self, relay: Relay) -> Snapshot:
        phase, now = relay.phase_at(self.time()), self.now()
        is_gone = relay.account == TENCENT and phase.state is TaskState.ENDED
        return Snapshot(
            task_id=TaskId(relay.id),
            state=TaskState.NOT_FOUND if is_gone else phase.state,
            taken_at=now,
            raw=GONE if is_gone else phase.state.value,
            reason=phase.reason,
            name=relay.id,
        )


_REFUSALS: Final[Mapping[str, ProviderError]] = {
    "throttled": Throttled("Throttling.User", retry_after=timedelta(seconds=2)),
    "denied": AccessDenied("Forbidden.RAM"),
    "unreadable": Unreadable(detail="{}"),
}


class Scripted:
    """A provider whose conversations are one question and one answer each."""

    def __init__(self, name: str, sky: Sky) -> None:
        self._name = name
        self._sky = sky

    @property
    def paces(self) -> Mapping[Api, Pace]:
        return {api: Pace(per_second=PER_SECOND[self._name], source="") for api in (LIST, STATUS)}

    def status(self, _region: Region, task: TaskId) -> Conversation[Snapshot]:
        reply = yield Request(api=STATUS, method="GET", url=f"sim://{self._name}/{task}")
        return _taken(self._sky.answers.pop(reply.body.decode()), reply)

    def listing(self, _region: Region, _text: str = "") -> Conversation[Listing] | None:
        return self._listing() if self._name == ALIYUN else None

    def _listing(self) -> Conversation[Listing]:
        reply = yield Request(api=LIST, method="GET", url=f"sim://{self._name}/")
        listed = self._sky.answers.pop(reply.body.decode())
        tasks = {task: _taken(snapshot, reply) for task, snapshot in listed.items()}
        return Listing(tasks=tasks, total=len(tasks), requests=1)

    def refusal(self, reply: Reply) -> ProviderError | None:
        answer = self._sky.answers[reply.body.decode()]
        return self._sky.answers.pop(reply.body.decode()) if isinstance(answer, ProviderError) else None

    def sign(self, request: Request, *, now: datetime, nonce: str) -> Request:  # noqa: ARG002 - the contract's
        return request


def _taken(snapshot: Snapshot, reply: Reply) -> Snapshot:
    return replace(snapshot, taken_at=reply.received_at)
