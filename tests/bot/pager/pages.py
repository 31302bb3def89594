"""
Calls for tests.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from adapters.contract import AccountName, Region, TaskId, TaskState
from bot.domain.notice import PageBody

OPENED_AT: Final = datetime(2026, 11, 21, 20, 14, tzinfo=UTC)

STOPPED: Final = PageBody(
    act="trigger",
    incident=7,
    response=3,
    version=1,
    step=0,
    dedup_key="relaybot:7:0",
    mentions=("U0ANN00001",),
    channel="C0RELAYS1",
    account=AccountName("show"),
    region=Region("cn-shanghai"),
    title="Alibaba Cloud",
    name="main-en",
    task_id=TaskId("8c6f…/live-main-en"),
    state=TaskState.STOPPED,
    why="stopped",
    reason="PullStreamFailed",
    because="opened",
    opened_at=OPENED_AT,
    at=OPENED_AT + timedelta(seconds=1),
)


def page(**other: Any) -> PageBody:
    """The same call, but for what is told."""
    return replace(STOPPED, **other)
