"""
An evening's programme: one relay task of every sort that people ask about, on both clouds.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.sandbox.story import GONE, PLANTED_PUSH_KEY, Phase, Script
from bot.sandbox.tencent import SDK_APP_ID

NOTHING, MINUTE, HOUR = timedelta(0), timedelta(minutes=1), timedelta(hours=1)
ONLINE_ID = "kD1fQ2-ingest+main.0001.."  # the shape of real ones: opaque, with + and dots, also at the end
ENDING_ID = "kD1fQ2-ingest+ending.0002"
ODD_ID = "kD1fQ2-ingest+odd.0003"


def _files(*names: str) -> tuple[str, ...]:
    return tuple(f"https://vod.example.com/show/{name}" for name in names)


def _apart(*scripts: Script) -> tuple[Script, ...]:
    """Let each push to a place of its own: two that push to one are pointed out, and taken for one relay."""
    return tuple(
        replace(
            script,
            destination=f"rtmp://push.example.com/live/{PLANTED_PUSH_KEY}-{script.task_id}?txSecret={PLANTED_PUSH_KEY}",
        )
        for script in scripts
    )


ALIYUN = _apart(
    # Runs, loses its source after five minutes, gives up three minutes later.
    Script(
        task_id="main-en",
        name="Main stage, English",
        start=-HOUR,
        phases=(
            Phase(-HOUR, "1"),
            Phase(5 * MINUTE, "2", "PullStreamFailed"),
            Phase(8 * MINUTE, "3", "RetryTimesOffline"),
        ),
    ),
    Script(task_id="backup-en", name="Backup, English", start=-HOUR, phases=(Phase(-HOUR, "1"),)),
    Script(
        task_id="loop-01",
        name="Countdown loop",
        source_type="vod",
        source_protocol="",
        sources=_files("countdown-a.mp4", "countdown-b.mp4"),
        start=-HOUR,
        phases=(Phase(-57 * MINUTE, "1"),),  # seven minutes into its second file
    ),
    Script(task_id="main-zh", name="主舞台", phases=(Phase(-HOUR, "2", "PushStreamFailed"),)),
    Script(
        task_id="late-show",
        name="Late show",
        start=2 * HOUR,
        end=4 * HOUR,
        phases=(Phase(NOTHING, "0"), Phase(2 * HOUR, "1"), Phase(4 * HOUR, "-1", "OverEndTime"), Phase(5 * HOUR, GONE)),
    ),
    # Should have begun half an hour ago.
    Script(task_id="missed", name="Missed start", start=-HOUR / 2, phases=(Phase(-HOUR, "0"),)),
    Script(
        task_id="by-hand",
        name="Stopped by hand",
        start=-HOUR,
        phases=(Phase(-HOUR, "1"), Phase(-MINUTE, "3", "TriggerByUser")),
    ),
    # Nobody knows why, and no retry came before it.
    Script(task_id="silent", name="Stopped silently", phases=(Phase(-MINUTE, "3"),)),
    Script(
        task_id="morning",
        name="Morning show",
        start=-12 * HOUR,
        end=-8 * HOUR,
        phases=(Phase(-12 * HOUR, "1"), Phase(-8 * HOUR, "-1", "OverEndTime")),
    ),
    Script(
        task_id="cut-short",
        name="Ended an hour early",
        start=-HOUR,
        end=HOUR,
        phases=(Phase(-HOUR, "1"), Phase(-MINUTE, "-1", "TriggerByUser")),
    ),
    Script(task_id="novel", name="A state nobody has heard of", phases=(Phase(-HOUR, "7"),)),
    Script(task_id="main-sg", name="Main stage, Singapore", region="ap-southeast-1", phases=(Phase(-HOUR, "1"),)),
)

TENCENT = (
    Script(task_id=ONLINE_ID, region="ap-singapore", sdk_app_id=SDK_APP_ID, phases=(Phase(-HOUR, "InProgress"),)),
    Script(
        task_id=ENDING_ID,
        region="ap-singapore",
        sdk_app_id=SDK_APP_ID,
        phases=(Phase(-HOUR, "InProgress"), Phase(5 * MINUTE, "NotExist")),
    ),
    Script(task_id=ODD_ID, region="ap-singapore", sdk_app_id=SDK_APP_ID, phases=(Phase(-HOUR, "Pausing"),)),
)
