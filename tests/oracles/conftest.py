"""
The vendors' own clients beside our adapters, both before the sandbox's clouds.

The clients are unmodified. They sign with the real time, so the calendar here is the real one, and a wrong clock is
made by moving the cloud's. They are synchronous and run in threads.
"""

from __future__ import annotations

import asyncio
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from adapters.aliyun import Aliyun, AliyunSettings
from adapters.contract import Region
from adapters.errors import ProviderError
from adapters.tencent import Tencent, TencentSettings
from adapters.transport import Transport
from bot import clock
from bot.sandbox.stage import ALIYUN_KEY, TENCENT_KEY, Stage, open_stage
from bot.sandbox.tencent import SDK_APP_ID

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from adapters.contract import Conversation, Provider
    from bot.sandbox.keys import AccessKey


@pytest.fixture(autouse=True)
def quiet_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy between us and this machine, and no search for credentials in a cloud's metadata."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with open_stage(calendar=clock.now) as stage:
        yield stage


@pytest.fixture
async def ours() -> AsyncIterator[Callable[..., Awaitable[Any]]]:
    """Hold a conversation without a lane: nothing is asked twice. An error is returned, not raised."""
    async with Transport(now=clock.now, total=timedelta(seconds=2)) as transport:

        async def converse(provider: Provider, conversation: Conversation[Any]) -> Any:
            request = next(conversation)
            while True:
                try:
                    reply = await transport.send(provider.sign(request, now=clock.now(), nonce=secrets.token_hex(16)))
                    refusal = provider.refusal(reply)
                    if refusal is not None:
                        return refusal
                    request = conversation.send(reply)
                except StopIteration as end:
                    return end.value
                except ProviderError as error:
                    return error

        yield converse


@pytest.fixture
def our_aliyun(stage: Stage) -> Callable[..., Aliyun]:
    def open_account(key: AccessKey = ALIYUN_KEY) -> Aliyun:
        return Aliyun(
            AliyunSettings(
                access_key_id=key.id,
                access_key_secret=key.secret,
                security_token=key.token or None,
                regions=(Region("cn-shanghai"),),
                endpoint=stage.aliyun.door.url,
            )
        )

    return open_account


@pytest.fixture
def our_tencent(stage: Stage) -> Callable[..., Tencent]:
    def open_account(key: AccessKey = TENCENT_KEY, *, sdk_app_id: int = SDK_APP_ID) -> Tencent:
        return Tencent(
            TencentSettings(
                secret_id=key.id,
                secret_key=key.secret,
                token=key.token or None,
                regions=(Region("ap-singapore"),),
                sdk_app_id=sdk_app_id,
                endpoint=stage.tencent.door.url,
            )
        )

    return open_account


@pytest.fixture
def their_aliyun(stage: Stage) -> Callable[..., Awaitable[Any]]:
    """Ask the official client; its answer's body, or its exception."""
    from alibabacloud_live20161101 import models
    from alibabacloud_live20161101.client import Client
    from alibabacloud_tea_openapi.utils_models import Config
    from darabonba.exceptions import DaraException, UnretryableException

    asks = {
        "describe": (Client.describe_live_pull_to_push, models.DescribeLivePullToPushRequest),
        "list": (Client.describe_live_pull_to_push_list, models.DescribeLivePullToPushListRequest),
    }

    def ask(what: str, key: AccessKey, parameters: dict[str, Any]) -> Any:
        client = Client(
            Config(
                access_key_id=key.id,
                access_key_secret=key.secret,
                security_token=key.token or None,
                protocol="HTTP",
                endpoint=stage.aliyun.door.url.removeprefix("http://"),
                read_timeout=2000,  # milliseconds
            )
        )
        call, request = asks[what]
        try:
            return call(client, request(**parameters)).body
        except (DaraException, UnretryableException) as error:
            return error

    async def ask_in_thread(what: str, key: AccessKey = ALIYUN_KEY, **parameters: Any) -> Any:
        return await asyncio.to_thread(ask, what, key, parameters)

    return ask_in_thread


@pytest.fixture
def their_tencent(stage: Stage) -> Callable[..., Awaitable[Any]]:
    """Ask the official client; its answer, or its exception."""
    from tencentcloud.common.credential import Credential
    from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
    from tencentcloud.common.profile.client_profile import ClientProfile
    from tencentcloud.common.profile.http_profile import HttpProfile
    from tencentcloud.trtc.v20190722.models import DescribeStreamIngestRequest
    from tencentcloud.trtc.v20190722.trtc_client import TrtcClient

    def ask(region: str, key: AccessKey, task: str, sdk_app_id: int) -> Any:
        profile = HttpProfile(
            protocol="http",
            endpoint=stage.tencent.door.url.removeprefix("http://"),
            reqTimeout=2,  # seconds
        )
        client = TrtcClient(
            Credential(key.id, key.secret, key.token or None), region, ClientProfile(httpProfile=profile)
        )
        request = DescribeStreamIngestRequest()
        request.TaskId, request.SdkAppId = task, sdk_app_id
        try:
            return client.DescribeStreamIngest(request)
        except TencentCloudSDKException as error:
            return error

    async def ask_in_thread(
        task: str, *, region: str = "ap-singapore", key: AccessKey = TENCENT_KEY, sdk_app_id: int = SDK_APP_ID
    ) -> Any:
        return await asyncio.to_thread(ask, region, key, task, sdk_app_id)

    return ask_in_thread
