"""
The Slack app's manifest: what it asks for is what the code uses, and nothing in it is longer than Slack takes.

Limits: the manifest's JSON schema, version 2 (github.com/slackapi/manifest-schema).
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from bot.slack import lifecycle, listeners, workspace
from bot.web import door

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
EVENTS = "https://HOST/slack/events"

# They only buy the look at what was posted before it is posted again; an admin may leave them out.
OPTIONAL = {"channels:history", "groups:history", "im:history"}


def read(text: str) -> Any:
    """
    Read the part of YAML that the manifest is written in: maps and lists by indentation, plain and quoted scalars.

    Anything else is refused, so that what passes here is the same in every reader. (A YAML package would be a
    dependency for one file.)
    """
    lines = []
    for number, line in enumerate(text.splitlines(), 1):
        bare = re.sub(r'("[^"]*")|(?:^|\s+)#\s.*$', lambda found: found[1] or "", line).rstrip()
        if bare:
            assert "\t" not in bare, number
            lines.append((len(bare) - len(bare.lstrip()), bare.strip()))
    value, rest = _block(lines, 0)
    assert rest == []
    return value


Lines = list[tuple[int, str]]


def _block(lines: Lines, indent: int) -> tuple[Any, Lines]:
    assert lines
    assert lines[0][0] == indent, lines[0]
    return _list(lines, indent) if lines[0][1].startswith("- ") else _map(lines, indent)


def _list(lines: Lines, indent: int) -> tuple[list[Any], Lines]:
    found: list[Any] = []
    while lines and lines[0][0] == indent and lines[0][1].startswith("- "):
        item = lines[0][1].removeprefix("- ")
        if re.match(r"[a-z_]+:( |$)", item):  # a map that begins on the dash's line
            value, lines = _map([(indent + 2, item), *lines[1:]], indent + 2)
        else:
            value, lines = _scalar(item), lines[1:]
        found.append(value)
    return found, lines


def _map(lines: Lines, indent: int) -> tuple[dict[str, Any], Lines]:
    found: dict[str, Any] = {}
    while lines and lines[0][0] == indent and not lines[0][1].startswith("- "):
        key, colon, value = lines[0][1].partition(":")
        assert colon
        assert re.fullmatch(r"[a-z_]+", key), key
        assert key not in found, key
        lines = lines[1:]
        if value:
            found[key] = _scalar(value.strip())
        else:
            found[key], lines = _block(lines, lines[0][0])
            assert isinstance(found[key], list | dict)
    return found, lines


def _scalar(text: str) -> bool | int | str:
    if quoted := re.fullmatch(r'"([^"\\]*)"', text):
        return quoted[1]
    if text in {"true", "false"}:
        return text == "true"
    if re.fullmatch(r"\d+", text):
        return int(text)
    assert re.fullmatch(r"[A-Za-z/][^\"'#]*", text), text
    assert ": " not in text, text
    return text


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    found = read((ROOT / "manifest.yaml").read_text())
    assert isinstance(found, dict)
    return found


def test_the_reader_reads_what_yaml_says():
    text = 'a:  # why\n  b: "x # y"\n  c:\n    - one:two\n    - d: 1\n      e: true\n    - plain words\nf: x\n'

    assert read(text) == {"a": {"b": "x # y", "c": ["one:two", {"d": 1, "e": True}, "plain words"]}, "f": "x"}


@pytest.mark.parametrize(
    "text", ["a: [1]", "a: {b: 1}", "a: &x 1", "a: |\n  b", "a: 'b'", "a: 1\na: 2", "a: - b", "\ta: b"]
)
def test_the_reader_refuses_what_it_does_not_know(text: str):
    with pytest.raises(AssertionError):
        read(text)


def test_the_scopes_are_those_the_code_names_and_the_optional_ones(manifest: dict[str, Any]):
    scopes = manifest["oauth_config"]["scopes"]

    assert set(scopes["bot"]) == set(workspace.SCOPES)
    assert set(scopes["bot_optional"]) == OPTIONAL
    assert len(scopes["bot"]) == len(set(scopes["bot"]))


def test_the_events_and_commands_are_those_that_are_listened_to(manifest: dict[str, Any]):
    heard: dict[str, set[str]] = {"event": {*lifecycle.OF_THE_APP, *lifecycle.OF_A_CHANNEL}, "command": set()}
    for node in ast.walk(ast.parse(Path(listeners.__file__).read_text())):
        match node:
            case ast.Call(func=ast.Attribute(attr="event" | "command" as what), args=[ast.Constant(value=str(name))]):
                heard[what].add(name)

    assert heard["event"] == set(manifest["settings"]["event_subscriptions"]["bot_events"])
    assert heard["command"] == {command["command"] for command in manifest["features"]["slash_commands"]}


def test_the_shortcuts_are_those_that_are_listened_to(manifest: dict[str, Any]):
    shortcuts = manifest["features"]["shortcuts"]

    assert [(shortcut["callback_id"], shortcut["type"]) for shortcut in shortcuts] == [(listeners.TRACK, "message")]


def test_nothing_is_longer_than_slack_takes(manifest: dict[str, Any]):
    shown, features = manifest["display_information"], manifest["features"]

    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert re.fullmatch(r"#[0-9a-fA-F]{6}", shown["background_color"])
    assert re.fullmatch(r"[a-z0-9._-]{1,80}", features["bot_user"]["display_name"])
    assert len(features["slash_commands"]) <= 50
    for command in features["slash_commands"]:
        assert re.fullmatch(r"/\S{1,31}", command["command"])
        assert len(command["description"]) <= 2000
        assert len(command["usage_hint"]) <= 1000
    assert len(features["shortcuts"]) <= 10
    for shortcut in features["shortcuts"]:
        assert len(shortcut["name"]) <= 24
        assert len(shortcut["description"]) <= 150
        assert len(shortcut["callback_id"]) <= 255


def test_names_of_people_and_channels_come_as_ids(manifest: dict[str, Any]):
    """`should_escape` makes Slack send <@U…> and <#C…> in place of names that could be anybody's."""
    assert all(command["should_escape"] for command in manifest["features"]["slash_commands"])


def test_it_needs_no_public_address(manifest: dict[str, Any]):
    assert manifest["settings"]["socket_mode_enabled"] is True
    assert "url" not in manifest["features"]["slash_commands"][0]


def test_the_readme_says_what_http_changes(manifest: dict[str, Any]):
    told = README[README.index("**Over HTTP**") :].partition("\n\n")[0]

    keys = set(re.findall(r"`([a-z_]+)(?::[^`]*)?`", told))
    paths = {"/".join(address.split("/")[3:]) for address in re.findall(r"https://[^`\s]+", told)}
    assert keys == {"socket_mode_enabled", "url", "request_url", "event_subscriptions", "interactivity"}
    assert {"event_subscriptions", "interactivity", "socket_mode_enabled"} <= set(manifest["settings"])
    assert re.findall(r"`(?:request_)?url: ([^`]+)`", told) == [EVENTS, EVENTS]
    assert paths == {"slack/events"}
    assert f'"{EVENTS.removeprefix("https://HOST")}"' in Path(door.__file__).read_text()


def test_no_token_or_address_is_in_it():
    text = (ROOT / "manifest.yaml").read_text()

    assert not re.search(r"xox|xapp-|https?://", text)
