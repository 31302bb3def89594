"""
Canaries are planted in every URL and key field; none may sing anywhere.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from aiohttp import ClientSession

from bot.cli.logs import Redacted
from bot.sandbox.faults import Fail, Truncate, html, misshapen
from bot.sandbox.programme import ALIYUN, TENCENT
from bot.slack.cards import press

if TYPE_CHECKING:
    import pytest
    from conftest import Build
    from freezegun.api import FrozenDateTimeFactory


async def test_no_secret_reaches_an_answer_a_log_a_page_or_the_database(
    build: Build, caplog: pytest.LogCaptureFixture, frozen: FrozenDateTimeFactory
) -> None:
    for ours in ("bot", "adapters", "migrations"):  # as `cli.logs.set_up` does: libraries speak from WARNING on
        caplog.set_level(logging.DEBUG, logger=ours)
    async with build(
        {"RELAYBOT_METRICS_TOKEN": "canary-metrics-token", "RELAYBOT_PACE_SHARE": "0.9"}, slack="both"
    ) as house:
        for account, script in [*(("aliyun", each) for each in ALIYUN), *(("tencent", each) for each in TENCENT)]:
            card = await house.ask(f"/relay status {account} {script.task_id} region={script.region}")
            frozen.tick(10)
        await house.press(card, press.REFRESH)
        await house.press(card, press.SHARE)
        for fault in (
            Fail("SignatureDoesNotMatch"),
            Fail("Forbidden.RAM"),
            html(502),
            Truncate(),
            misshapen({"TaskInfo": {"DstUrl": "rtmp://push.example.com/live/canary-push-9c07"}, "TaskStatus": {}}),
        ):
            house.stage.aliyun.door.faults.plan(fault)
            await house.ask("/relay status aliyun main-en region=cn-shanghai")
            frozen.tick(10)
        await house.ask("/relay debug")
        async with ClientSession() as session:
            pages = [await (await session.get(f"{house.url}/{page}")).text() for page in ("metrics", "readyz")]
        said = json.dumps([[message.text, list(message.blocks), message.metadata] for message in house.slack.heard()])
        files = b"".join(file.read_bytes() for file in house.folder.iterdir() if file.is_file())
        secrets = (*house.stage.secrets, "canary-metrics-token")

    logged = "\n".join(Redacted().format(record) for record in caplog.records if not _is_the_sandboxs(record))
    for secret in secrets:
        assert secret not in said
        assert secret not in logged
        assert secret not in "".join(pages)
        assert secret.encode() not in files
    assert len(house.slack.heard()) > 20


def _is_the_sandboxs(record: logging.LogRecord) -> bool:
    """The other side's own log, and asyncio's, which names files and no values."""
    return record.name.startswith(("bot.sandbox", "aiohttp.server"))
