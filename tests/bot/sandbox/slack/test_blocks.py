from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.slack.blocks import check_blocks, check_view, is_view_too_large, sum_of_texts


def plain(text: str):
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str):
    return {"type": "mrkdwn", "text": text}


def section(**parts: Any):
    return {"type": "section", **parts}


def button(**parts: Any):
    return {"type": "button", "action_id": "go", "text": plain("Go"), **parts}


def actions(*elements: dict[str, Any]):
    return {"type": "actions", "elements": list(elements)}


def option(text: str = "one", value: str = "1"):
    return {"text": plain(text), "value": value}


def menu(count: int, kind: str = "static_select"):
    return {"type": kind, "action_id": "m", "options": [option() for _ in range(count)]}


CONFIRM = {"title": plain("Sure?"), "text": mrkdwn("Really?"), "confirm": plain("Yes"), "deny": plain("No")}

TAKEN = [
    section(text=mrkdwn("a" * 3000)),
    section(fields=[mrkdwn("f" * 2000)] * 10),
    section(text=plain("x"), accessory=button()),
    {"type": "header", "text": plain("h" * 150)},
    {"type": "context", "elements": [mrkdwn("c")] * 10},
    {"type": "context", "elements": [{"type": "image", "image_url": "https://a.example/i.png", "alt_text": "i"}]},
    actions(*(button(action_id=f"b{place}") for place in range(25))),
    actions(button(text=plain("t" * 75), value="v" * 2000, url="u" * 3000, style="danger", confirm=CONFIRM)),
    actions(menu(100)),
    actions(menu(5, "overflow")),
    actions({"type": "users_select", "action_id": "u", "placeholder": plain("p" * 150)}),
    {"type": "divider"},
    {"type": "image", "image_url": "u" * 3000, "alt_text": "a" * 2000},
    {"type": "markdown", "text": "m" * 12_000},
    {"type": "table", "rows": [[{"type": "raw_text", "text": "c"}] * 20] * 100},
    {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": []}]},
    section(text=mrkdwn("x"), block_id="i" * 255),
    {"type": "image", "slack_file": {"id": "F1"}, "alt_text": "a", "title": plain("t" * 2000)},
    actions({"type": "static_select", "option_groups": [{"label": plain("l" * 75), "options": [option()]}]}),
    {"type": "input", "label": plain("l"), "hint": plain("h"), "element": {"type": "datepicker", "action_id": "d"}},
]


@pytest.mark.parametrize("block", TAKEN, ids=lambda block: block["type"])
def test_what_is_just_within_the_limits_is_taken(block: Any):
    assert check_blocks([block]) == []


@pytest.mark.parametrize(
    ("block", "problem"),
    [
        # One more than is allowed, and where.
        (section(text=mrkdwn("a" * 3001)), "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"),
        (section(text=mrkdwn("")), "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
        (section(), "missing required field: text or fields [json-pointer:/blocks/0]"),
        (
            section(fields=[mrkdwn("f")] * 11),
            "no more than 10 items allowed [json-pointer:/blocks/0/fields]",
        ),
        (
            section(fields=[mrkdwn("f"), mrkdwn("f" * 2001)]),
            "must be less than 2001 characters [json-pointer:/blocks/0/fields/1/text]",
        ),
        (
            {"type": "header", "text": plain("h" * 151)},
            "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
        ),
        # A header speaks plainly.
        (
            {"type": "header", "text": mrkdwn("h")},
            "must be a text object of type plain_text [json-pointer:/blocks/0/text]",
        ),
        (
            {"type": "context", "elements": [mrkdwn("c")] * 11},
            "no more than 10 items allowed [json-pointer:/blocks/0/elements]",
        ),
        (
            {"type": "context", "elements": []},
            "must be an array of at least 1 item [json-pointer:/blocks/0/elements]",
        ),
        (
            actions(*(button(action_id=f"b{place}") for place in range(26))),
            "no more than 25 items allowed [json-pointer:/blocks/0/elements]",
        ),
        (
            actions(button(text=plain("t" * 76))),
            "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
        ),
        (
            actions(button(value="v" * 2001)),
            "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]",
        ),
        (
            actions(button(url="u" * 3001)),
            "must be less than 3001 characters [json-pointer:/blocks/0/elements/0/url]",
        ),
        (
            actions(button(action_id="a" * 256)),
            "must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]",
        ),
        (actions(button(style="loud")), "must be one of: primary, danger [json-pointer:/blocks/0/elements/0/style]"),
        # The same action id twice in a block.
        (actions(button(), button()), "action_id `go` already exists [json-pointer:/blocks/0/elements/1/action_id]"),
        (
            actions(button(confirm={**CONFIRM, "title": plain("t" * 101)})),
            "must be less than 101 characters [json-pointer:/blocks/0/elements/0/confirm/title/text]",
        ),
        (actions(menu(101)), "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]"),
        (actions(menu(6, "overflow")), "no more than 5 items allowed [json-pointer:/blocks/0/elements/0/options]"),
        (
            actions({"type": "static_select", "action_id": "m", "options": [option(value="v" * 151)]}),
            "must be less than 151 characters [json-pointer:/blocks/0/elements/0/options/0/value]",
        ),
        (
            actions({"type": "static_select", "options": ["one"]}),
            "must be an object [json-pointer:/blocks/0/elements/0/options/0]",
        ),
        (
            actions({"type": "static_select", "options": [option() | {"description": plain("d" * 76)}]}),
            "must be less than 76 characters [json-pointer:/blocks/0/elements/0/options/0/description/text]",
        ),
        (actions(button(confirm="sure?")), "must be an object [json-pointer:/blocks/0/elements/0/confirm]"),
        (actions(button(value=42)), "must be a string [json-pointer:/blocks/0/elements/0/value]"),
        (actions({"type": "lever"}), "unsupported type: lever [json-pointer:/blocks/0/elements/0/type]"),
        (
            {"type": "image", "image_url": "https://a.example/i.png"},
            "missing required field: alt_text [json-pointer:/blocks/0/alt_text]",
        ),
        ({"type": "table", "rows": [[1]] * 101}, "no more than 100 items allowed [json-pointer:/blocks/0/rows]"),
        ({"type": "table", "rows": [[1] * 21]}, "no more than 20 items allowed [json-pointer:/blocks/0/rows/0]"),
        # Alerts belong in dialogs.
        ({"type": "alert", "text": plain("x")}, "unsupported type: alert [json-pointer:/blocks/0/type]"),
        ({"type": "fireworks"}, "unsupported type: fireworks [json-pointer:/blocks/0/type]"),
        ("no block", "unsupported type: str [json-pointer:/blocks/0/type]"),
        (
            section(text=mrkdwn("x"), block_id="i" * 256),
            "must be less than 256 characters [json-pointer:/blocks/0/block_id]",
        ),
    ],
)
def test_what_is_beyond_a_limit_is_named_with_its_place(block: Any, problem: str):
    assert f"[ERROR] {problem}" in check_blocks([block])


def test_blocks_are_an_array():
    assert check_blocks({"type": "divider"}) == ["[ERROR] must be an array [json-pointer:/blocks]"]


def test_fifty_blocks_are_taken_and_one_more_is_not():
    assert check_blocks([{"type": "divider"}] * 50) == []
    assert check_blocks([{"type": "divider"}] * 51) == ["[ERROR] no more than 50 items allowed [json-pointer:/blocks]"]


def test_block_ids_are_unique():
    twice = [section(text=mrkdwn("x"), block_id="same")] * 2

    assert check_blocks(twice) == ["[ERROR] block_id `same` already exists [json-pointer:/blocks/1/block_id]"]


def test_markdown_is_limited_in_total():
    assert len(check_blocks([{"type": "markdown", "text": "m" * 6001}] * 2)) == 1


def test_the_sum_counts_what_is_read():
    blocks = [section(text=mrkdwn("12345"), fields=[mrkdwn("678")]), actions(button(value="not counted"))]

    assert sum_of_texts(blocks) == 5 + 3 + len("Go")


def modal(**parts: Any):
    return {"type": "modal", "title": plain("Subscribe"), "blocks": [{"type": "divider"}], **parts}


INPUT = {"type": "input", "label": plain("Tasks"), "element": {"type": "plain_text_input", "action_id": "tasks"}}


@pytest.mark.parametrize(
    ("view", "problems"),
    [
        (modal(), 0),
        (modal(title=plain("t" * 24), private_metadata="m" * 3000, callback_id="c" * 255), 0),
        (modal(title=plain("t" * 25)), 1),
        (modal(private_metadata="m" * 3001), 1),
        (modal(blocks=[{"type": "divider"}] * 100), 0),
        (modal(blocks=[{"type": "divider"}] * 101), 1),
        (modal(blocks=[{"type": "alert", "text": plain("x")}]), 0),
        # An input without a button to send it.
        (modal(blocks=[INPUT]), 1),
        (modal(blocks=[INPUT], submit=plain("Send")), 0),
        ({"type": "home", "blocks": [{"type": "divider"}]}, 0),
        ({"type": "poster", "blocks": []}, 1),
        ("no view", 1),
    ],
)
def test_views_have_limits_too(view: Any, problems: int):
    assert len(check_view(view)) == problems


def test_a_view_may_have_a_quarter_of_a_megabyte():
    assert not is_view_too_large(modal(private_metadata="x" * 249_000))
    assert is_view_too_large(modal(private_metadata="x" * 250_000))
