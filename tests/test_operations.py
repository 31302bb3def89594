"""The page on running the bot, held to the code: each number, log line, setting and command on it exists."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from bot import wiring
from bot.cli.usage import parser
from bot.domain.figures import Beat, Vitals
from bot.settings import BotSettings
from bot.settings.reader import names
from bot.web.metrics import page

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "OPERATIONS.md").read_text()
SOURCE = "\n".join(path.read_text() for path in sorted((ROOT / "bot").rglob("*.py")))
VITALS = Vitals(
    waiting=0,
    oldest_s=0.0,
    parked=0,
    incidents={},
    beats=(Beat(account="aliyun", region="cn-shanghai", age_s=1.0, is_failing=False),),
)


def column(title: str) -> list[str]:
    """The first column of the table under a heading, without its head."""
    _, _, rest = PAGE.partition(f"\n## {title}\n")
    lines = [line for line in rest.partition("\n## ")[0].splitlines() if line.startswith("|")]
    return [line.split("|")[1].strip() for line in lines[2:]]


async def test_the_table_of_numbers_is_the_page_of_metrics():
    async def take() -> Vitals:
        return VITALS

    written = await page(version="1", lanes=list, errands=lambda: 0, vitals=take)()

    told = {re.sub(r"_total$", "", re.split(r"[`{]", name)[1]) for name in column("The numbers")}
    assert told == set(re.findall(r"^# HELP (\w+?)(?:_total)? ", written.decode(), re.MULTILINE))


@pytest.mark.parametrize("quoted", [part for cell in column("The log") for part in re.findall(r"`([^`]+)`", cell)])
def test_each_log_line_is_one_that_is_written(quoted: str):
    words = [part.strip() for part in quoted.split("…") if len(part.strip()) > 1]

    assert any(
        all(word.removesuffix(" C") in line for word in words)
        for line in SOURCE.splitlines()
        if "log." in line or "else_=" in line or line.lstrip().startswith(('"', 'f"'))
    )


def test_each_setting_is_one():
    models = [BotSettings, *(provider.settings for provider in wiring.provider_types().values())]
    known = {variable for model in models for variable in names(model).values()}

    assert set(re.findall(r"`((?:RELAYBOT|DATABASE|SLACK)_[A-Z_]+)`", PAGE)) <= known


@pytest.mark.parametrize("command", sorted(set(re.findall(r"`(?:relaybot )?((?:serve|db|doctor)\b[^`…]*)`", PAGE))))
def test_each_command_can_be_typed(command: str):
    assert parser().parse_args(shlex.split(command)).run is not None


def test_the_pagers_and_calendars_to_paste_are_read(tmp_path: Path):
    (example,) = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (tmp_path / "relaybot.toml").write_text(example)

    read = wiring.read_settings(
        {
            "RELAYBOT_CONFIG": str(tmp_path / "relaybot.toml"),
            "NIGHT_ROUTING_KEY": "0123456789abcdef0123456789abcdef",
            "DESK_WEBHOOK_URL": "https://desk.example/hook",
            "DESK_WEBHOOK_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "RELAYS_ICAL_URL": "https://rota.example/relays.ics",
        }
    )

    assert (list(read.pagers), list(read.calendars)) == (["night", "desk"], ["relays"])
    assert read.calendars["relays"].people["Ann Lee"] == "U012AB3CD"
