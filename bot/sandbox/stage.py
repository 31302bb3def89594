"""
Everything at once: both clouds, Slack and a pager on free loopback ports of this event loop, under one clock.

    async with open_stage(calendar=clock) as stage:
        environment = stage.environment(slack="http")     what the bot is to be told
        stage.slack.people.door = "http://127.0.0.1:…/slack/events"
        await stage.slack.say("ann", "#relays", "/relay status aliyun main-en")

`calendar` is what time it is; everything that is counted or timed goes by `monotonic`, so that a calendar that stands
still or steps back throttles nobody.
"""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from bot.sandbox import programme
from bot.sandbox.aliyun import AliyunCloud
from bot.sandbox.keys import AccessKey
from bot.sandbox.pager import SECRETS as PAGER_SECRETS
from bot.sandbox.pager import Receiver
from bot.sandbox.slack import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, Slack
from bot.sandbox.story import PLANTED, Story
from bot.sandbox.tencent import SDK_APP_ID, TencentCloud

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable
    from datetime import datetime

    from bot.sandbox.slack import Workspace
    from bot.sandbox.story import Script

ALIYUN_KEY = AccessKey(id="sandbox-aliyun-key", secret="canary-aliyun-secret-1b8e")  # noqa: S106 - good here only
ALIYUN_STS = AccessKey(
    id="sandbox-aliyun-sts",
    secret="canary-aliyun-sts-secret-64f0",  # noqa: S106 - good here only
    token="canary-aliyun-token-d77c",  # noqa: S106 - good here only
)
TENCENT_KEY = AccessKey(id="sandbox-tencent-key", secret="canary-tencent-secret-90aa")  # noqa: S106 - good here only
TENCENT_STS = AccessKey(
    id="sandbox-tencent-sts",
    secret="canary-tencent-sts-secret-2c31",  # noqa: S106 - good here only
    token="canary-tencent-token-e5b2",  # noqa: S106 - good here only
)
SECRETS = (
    *PLANTED,
    *(text for key in (ALIYUN_KEY, ALIYUN_STS, TENCENT_KEY, TENCENT_STS) for text in (key.secret, key.token) if text),
    BOT_TOKEN,
    APP_TOKEN,
    SIGNING_SECRET,
    *PAGER_SECRETS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What stands on it. `secrets` lists every planted key and credential: none of them may show anywhere."""

    aliyun: AliyunCloud
    tencent: TencentCloud
    slack: Slack
    pager: Receiver
    secrets: tuple[str, ...] = field(default=SECRETS, repr=False)

    def environment(self, *, slack: Literal["http", "socket", "both", "none"] = "http") -> dict[str, str]:
        """Return the settings under which the bot talks to this stage, and to nothing else."""
        told = {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": ALIYUN_KEY.id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": ALIYUN_KEY.secret,
            "ALIYUN_REGIONS": "cn-shanghai,ap-southeast-1",
            "ALIYUN_ENDPOINT": self.aliyun.door.url,
            "TENCENTCLOUD_SECRET_ID": TENCENT_KEY.id,
            "TENCENTCLOUD_SECRET_KEY": TENCENT_KEY.secret,
            "TENCENT_REGIONS": "ap-singapore",
            "TENCENT_SDK_APP_ID": str(SDK_APP_ID),
            "TENCENT_ENDPOINT": self.tencent.door.url,
        }
        if slack != "none":
            told |= {"SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_API_URL": self.slack.api_url}
        if slack in {"http", "both"}:
            told["SLACK_SIGNING_SECRET"] = SIGNING_SECRET
        if slack in {"socket", "both"}:
            told["SLACK_APP_TOKEN"] = APP_TOKEN
        return told


@asynccontextmanager
async def open_stage(
    *,
    calendar: Callable[[], datetime],
    monotonic: Callable[[], float] | None = None,
    aliyun: Iterable[Script] = programme.ALIYUN,
    tencent: Iterable[Script] = programme.TENCENT,
    workspace: Workspace | None = None,
) -> AsyncIterator[Stage]:
    """
    Open every door, and close them all in the end, whatever hangs.

    Args:
        calendar: What time it is, aware UTC; scripts begin now.
        monotonic: Seconds, for rates; by default the event loop's own.
        aliyun: The tasks of Alibaba Cloud, by default `programme.ALIYUN`.
        tencent: Those of Tencent, by default `programme.TENCENT`.
        workspace: By default the whole cast of `slack.cast`.
    """
    begun_at = calendar()
    stage = Stage(
        aliyun=AliyunCloud(
            calendar=calendar,
            story=Story(begun_at, aliyun),
            keys=(ALIYUN_KEY, ALIYUN_STS),
            monotonic=monotonic,
        ),
        tencent=TencentCloud(
            calendar=calendar,
            story=Story(begun_at, tencent),
            keys=(TENCENT_KEY, TENCENT_STS),
            sdk_app_ids={TENCENT_KEY.account: frozenset({SDK_APP_ID})},
            monotonic=monotonic,
        ),
        slack=Slack(calendar, monotonic=monotonic, workspace=workspace),
        pager=Receiver(calendar=calendar, monotonic=monotonic),
    )
    async with AsyncExitStack() as doors:
        for server in (stage.aliyun.door, stage.tencent.door, stage.slack, stage.pager.door):
            doors.push_async_callback(server.close)
            await server.open()
        yield stage
