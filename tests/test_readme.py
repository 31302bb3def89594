"""The README, held to the code: whoever types, pastes or opens what stands there gets what it promises."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from bot import settings, wiring
from bot.cli.failure import Failure
from bot.cli.outcome import Outcome
from bot.cli.usage import parser
from bot.domain.command import VERBS
from bot.settings import BotSettings
from bot.settings.reader import is_secret, meta, names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
SET_BY_PLATFORMS = {"DYNO"}  # nobody sets it by hand, so it is not in the table


def section(title: str) -> str:
    """The text under a heading, up to the next of its rank or above."""
    rank = title.partition(" ")[0]
    _, found, rest = README.partition(f"\n{title}\n")
    assert found, title
    return re.split(rf"^#{{1,{len(rank)}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def fences(text: str, language: str = "") -> list[str]:
    """The contents of the fenced blocks of one language."""
    return re.findall(rf"^ *```{language}\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)


def test_it_is_short():
    assert len(README.splitlines()) <= 200


# ── Settings ─────────────────────────────────────────────────────────────────────────────────────


def models() -> list[type[BaseModel]]:
    return [BotSettings, *(provider.settings for provider in wiring.provider_types().values())]


def rows() -> Iterator[str]:
    for model in models():
        for key, variable in names(model).items():
            if variable not in SET_BY_PLATFORMS:
                yield row(model, key, variable)


def row(model: type[BaseModel], key: str, variable: str) -> str:
    field, told = model.model_fields[key], meta(model, key)
    default = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
    shown = "" if default in {None, "", ()} else f"`{default}`"
    shown = "required" if field.is_required() else shown
    mark = " 🔑" if is_secret(model, key) else ""
    return f"| `{variable}`{mark} | {shown} | `{told['example']}` | {told['where']} |"


def test_the_settings_table_is_the_models():
    table = [line for line in section("## Settings").splitlines() if line.startswith("| `")]

    assert table == list(rows())


def test_every_variable_named_anywhere_is_a_setting():
    known = {variable for model in models() for variable in names(model).values()}
    named = set(re.findall(r"\b((?:SLACK|RELAYBOT|ALIYUN|ALIBABA|TENCENT|DATABASE)[A-Z]*_[A-Z_]*[A-Z])\b", README))

    assert named <= known


def test_the_four_settings_and_the_regions_are_enough_to_start():
    """What is exported under "In your workspace", and nothing else."""
    (exports,) = fences(section("### In your workspace"), "sh")

    told = dict(re.findall(r"\b([A-Z_]{6,})=(\S+)", exports))
    read = wiring.read_settings({name: value.replace("…", "abcdefgh") for name, value in told.items()})
    assert len(told) == 5
    assert list(read.accounts) == ["aliyun"]
    assert read.bot.slack_bot_token is not None
    assert read.bot.slack_app_token is not None


def test_the_configuration_file_loads(tmp_path: Path):
    (example,) = fences(README, "toml")
    (tmp_path / "relaybot.toml").write_text(example)
    told = {
        "RELAYBOT_CONFIG": str(tmp_path / "relaybot.toml"),
        "SHOW_KEY_ID": "id-of-show",
        "SHOW_KEY_SECRET": "secret-of-show",
        "TENCENTCLOUD_SECRET_ID": "id-of-trtc",
        "TENCENTCLOUD_SECRET_KEY": "secret-of-trtc",
    }

    read = wiring.read_settings(told)

    show, trtc = read.accounts.values()
    assert (show.name, show.type.word, show.budget, show.share) == ("show", "aliyun", "group", 0.3)
    assert (show.channels, show.tasks) == (frozenset({"C012AB3CD"}), ("live-*",))
    assert (trtc.name, trtc.settings.regions, trtc.share) == ("trtc-eu", ("ap-singapore",), 0.5)
    assert settings.secrets_of(read) >= {"secret-of-show", "secret-of-trtc"}


# ── The least rights ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("word", sorted(wiring.provider_types()))
def test_the_policy_to_paste_is_the_providers(word: str):
    found = re.search(rf"<!-- policy: {word} -->\n```json\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)

    assert found is not None
    assert json.loads(found[1]) == json.loads(wiring.provider_types()[word].policy)


# ── What can be typed ────────────────────────────────────────────────────────────────────────────


def typed(text: str) -> list[str]:
    """Every `relaybot …` in code: its words, with what may be left out left in and placeholders as they are."""
    spans = re.findall(r"`relaybot ([a-z][^`]*)`", text)
    lines = [line for fence in fences(text, "sh") for line in re.findall(r"^relaybot ([^#\n]+)", fence, re.MULTILINE)]
    return [re.sub(r"[\[\]…]", " ", command).strip() for command in (*spans, *lines)]


COMMANDS = [
    *((name, command) for name, text in (("README", README), ("CHANGELOG", CHANGELOG)) for command in typed(text)),
    *(("Procfile", line.partition("relaybot ")[2]) for line in (ROOT / "Procfile").read_text().splitlines()),
    *(
        ("Makefile", found)
        for found in re.findall(r"/relaybot (\w[\w -]*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    ),
]


@pytest.mark.parametrize(("where", "command"), sorted(set(COMMANDS)))
def test_every_command_exists_with_its_options(where: str, command: str):
    words = shlex.split(command)
    try:
        parsed = parser().parse_args(words)
    except Failure:
        if len(words) != 1:
            raise
        parsed = parser().parse_args([*words, "<account>", "<TaskId>"][:3])  # a command that is only named

    assert callable(parsed.run), where


def test_commands_are_really_found():
    """The tables above would be well with nothing in them."""
    found = {command.split()[0] for _, command in COMMANDS}

    assert found >= {"serve", "status", "tasks", "doctor", "db", "sandbox"}


def test_every_slack_command_exists():
    named = set(re.findall(r"/relay ([a-z]+)", README + CHANGELOG))

    assert named <= set(VERBS)
    assert {"status", "help"} <= named


def test_every_make_target_exists():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", README, re.MULTILINE))

    assert {"demo", "test", "check"} <= named <= targets


def test_the_exit_statuses_are_the_commands():
    said = re.search(r"Exit\s+status: (.*?)\.\n", README, re.DOTALL)

    assert said is not None
    assert re.findall(r"\b(\d) ", said[1]) == [str(int(each)) for each in Outcome if each < 100]


# ── What can be opened ───────────────────────────────────────────────────────────────────────────


def paths(text: str) -> set[str]:
    return {path.rstrip("/") for path in re.findall(r"\b(?:bot|adapters|migrations|tests)(?:/[\w.]+)*\b/?", text)}


def test_every_place_on_the_map_exists_and_every_room_is_on_it():
    (drawn,) = fences(section("## The map"))
    named = {path for line in drawn.splitlines() for path in paths(line[:33])}

    rooms = {f"bot/{path.stem if path.is_dir() else path.name}" for path in (ROOT / "bot").iterdir()}
    rooms -= {"bot/__init__.py", "bot/__pycache__", "bot/__main__.py"}
    assert {path for path in named if not exists(path)} == set()
    assert named == {*rooms, "bot/__main__", "adapters", "migrations"}


def test_every_station_of_the_walk_exists():
    walk = re.search(r"One command walks: (.*?)\n\n", README, re.DOTALL)

    assert walk is not None
    stations = re.findall(r"`([a-z]+/[a-z]+)`", walk[1])
    assert len(stations) >= 8
    assert {each for each in stations if not exists(f"bot/{each}")} == set()


def test_every_link_and_path_leads_somewhere():
    links = [target for target in re.findall(r"\]\(([^)]+)\)", README) if not target.startswith("https://")]
    named = {path for path in re.findall(r"`([\w./-]+\.(?:py|yaml|toml|txt))`", README) if "/" in path}

    assert "manifest.yaml" in links
    assert {path for path in {*links, *named} if not exists(path)} == set()


def exists(path: str) -> bool:
    return (ROOT / path).exists() or (ROOT / f"{path}.py").exists()


def test_what_slack_shows_first_is_what_the_bot_says():
    """The conversation at the top, word by word against the table of words."""
    from bot.domain.words import ENGLISH

    told = fences(README)[0]
    for key in ("state.RETRYING", "sign.RETRYING", "means.RETRYING", "reason.PushStreamFailed", "age.now"):
        assert ENGLISH[key] in told
    for key in ("card.why", "card.plan", "card.retries", "card.where", "card.route"):
        assert f"\n         {ENGLISH[key]} " in told
    for key in ("button.refresh", "button.share", "button.id"):
        assert f"[ {ENGLISH[key]} ]" in told
