"""
Clouds that answer at once, within this process: what the vendors' own would say, without a network and without a pace.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from adapters import aliyun, tencent
from adapters.aliyun import wire
from adapters.contract import AccountName, Pace, Region, Reply, TaskId, TaskRef
from bot.domain.account import Account
from bot.domain.pace import Slot
from bot.queue.lanes import Lanes
from bot.sandbox.pulltopush import listed
from bot.sandbox.stage import ALIYUN_KEY, TENCENT_KEY
from bot.sandbox.story import Phase, Script, Story
from bot.sandbox.tencent import SDK_APP_ID

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from adapters.contract import Api, Fingerprint, Request, Snapshot
    from bot.domain.pace import LaneName, Terms, Turn

SHANGHAI, SINGAPORE = Region("cn-shanghai"), Region("ap-singapore")
SHARE: Final = 0.5
PER_SECOND: Final = 10.0  # Tencent's at that share
_PAGE: Final = re.compile(r"PageNumber=(\d+)")
_ALIYUN: Final = aliyun.AliyunSettings.model_validate(
    {"access_key_id": ALIYUN_KEY.id, "access_key_secret": ALIYUN_KEY.secret, "regions": [SHANGHAI]}
)
_TENCENT: Final = tencent.TencentSettings.model_validate(
    {
        "secret_id": TENCENT_KEY.id,
        "secret_key": TENCENT_KEY.secret,
        "regions": [SINGAPORE],
        "sdk_app_id": SDK_APP_ID,
    }
)


def ref(account: str, task: str) -> TaskRef:
    return TaskRef(account=AccountName(account), region=SHANGHAI, task_id=TaskId(task))


def script(name: str) -> Script:
    """A relay in the middle of its plan, which pushes to a place of its own."""
    return Script(
        task_id=name,
        name=f"name of {name}",
        phases=(Phase(timedelta(0), "1"),),
        start=timedelta(hours=-2),
        end=timedelta(hours=6),
        destination=f"rtmp://push.example.com/live/{name}?txSecret=4d1e",
    )


def pages(scripts: Iterable[Script], began: datetime) -> list[bytes]:
    """Write the pages of Alibaba Cloud's list; plans count from when it began."""
    sights = list(Story(began, scripts).sights(began))
    asked = {"Region": SHANGHAI, "PageSize": str(wire.PAGE_SIZE)}
    return [
        json.dumps({"RequestId": f"{page:08X}-7E57", **listed(sights, asked | {"PageNumber": str(page)})}).encode()
        for page in range(1, -(-len(sights) // wire.PAGE_SIZE) + 1)
    ]


def read(written: Sequence[bytes], now: datetime, fingerprint: Fingerprint) -> dict[TaskId, Snapshot]:
    """Read what such pages say, as the bot does."""
    seen: dict[TaskId, Snapshot] = {}
    for body in written:
        seen |= wire.read_page(Reply(status=200, headers={}, body=body, received_at=now), fingerprint)[1]
    return seen


class Clouds:
    """
    Both of them; every account of Alibaba Cloud's has the same tasks. `asked` counts the requests by API.

    Args:
        listed: the pages of its list.
        now: the wall clock.
    """

    def __init__(self, listed: Sequence[bytes], now: Callable[[], datetime]) -> None:
        self._listed = listed
        self._now = now
        self._ingest = json.dumps({"Response": {"Status": "InProgress", "RequestId": "0000-7e57"}}).encode()
        self.asked: Counter[str] = Counter()

    async def send(self, request: Request) -> Reply:
        self.asked[request.api] += 1
        page = _PAGE.search(request.url)
        body = self._ingest if page is None else self._listed[int(page[1]) - 1]
        return Reply(status=200, headers={}, body=body, received_at=self._now())


@dataclass(frozen=True, slots=True)
class Unhurried(aliyun.Aliyun):
    """Alibaba Cloud, if it had no rate to speak of: a pace row is asked each time, and never lets anybody wait."""

    @property
    def paces(self) -> Mapping[Api, Pace]:
        return {api: Pace(per_second=1e5, source="no vendor's") for api in wire.PACES}


def accounts(names: Iterable[str]) -> dict[AccountName, Account]:
    """Accounts of Alibaba Cloud, each with a budget of its own; the one called `tencent` is Tencent's."""
    return {
        AccountName(name): Account(
            name=AccountName(name),
            provider="tencent" if name == "tencent" else "aliyun",
            title=name,
            regions=(SINGAPORE,) if name == "tencent" else (SHANGHAI,),
            budget=name,
            share=SHARE,
            has_id=lambda _text: True,
            lists=name != "tencent",
        )
        for name in names
    }


def lanes(
    which: Mapping[AccountName, Account],
    clouds: Clouds,
    *,
    fingerprint: Fingerprint,
    now: Callable[[], datetime],
    reserve: Callable[[LaneName, Terms], Awaitable[Turn]] | None = None,
) -> Lanes:
    """Lanes to such clouds; without a pace row (`reserve`) every turn comes at once."""
    nonces = itertools.count()

    async def at_once(*_: object) -> Slot:
        return Slot(wait_s=0.0)

    async def throttle(*_: object) -> None: ...

    return Lanes(
        providers={
            name: tencent.PROVIDER.open(_TENCENT, fingerprint)
            if account.provider == "tencent"
            else Unhurried(_ALIYUN, fingerprint)
            for name, account in which.items()
        },
        accounts=which,
        reserve=reserve or at_once,
        charge=at_once,
        throttle=throttle,
        send=clouds.send,
        now=now,
        monotonic=asyncio.get_running_loop().time,
        sleep=asyncio.sleep,
        jitter=lambda: 0.0,
        nonce=lambda: f"nonce-{next(nonces):08}",
    )
