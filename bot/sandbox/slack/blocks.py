"""
Slack's limits on messages and views, checked as Slack checks them. Pure.

Each problem is one line in the form of `response_metadata.messages`:
`[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]`.

Source: docs.slack.dev/reference/block-kit and @slack/types 3.2 (read 2026-11).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

Problems: TypeAlias = Iterator[str]
Json: TypeAlias = Mapping[str, Any]

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
VIEW_BYTES = 250_000
SUM_OF_TEXTS = 13_200  # undocumented; seen in the field (bolt-js#2509)


def check_blocks(blocks: object, *, most: int = MESSAGE_BLOCKS, in_view: bool = False) -> list[str]:
    """Return what Slack would say against these blocks; nothing when it takes them."""
    if not isinstance(blocks, list):
        return [_problem("must be an array", "/blocks")]
    return list(_check_all(blocks, most=most, in_view=in_view))


def check_view(view: object) -> list[str]:
    """Return what Slack would say against a dialog or a home tab."""
    if not isinstance(view, dict) or view.get("type") not in {"modal", "home"}:
        return [_problem("must be a modal or a home view", "/view/type")]
    problems = check_blocks(view.get("blocks"), most=VIEW_BLOCKS, in_view=True)
    if view["type"] == "modal":
        for name in ("title", "submit", "close"):
            if name == "title" or name in view:
                problems += _text(view.get(name), f"/view/{name}", most=24, plain=True)
        if "submit" not in view and any(_type(block) == "input" for block in view.get("blocks", ())):
            problems.append(_problem("missing required field: submit", "/view"))
    problems += _string(view, "private_metadata", "/view", most=3000)
    problems += _string(view, "callback_id", "/view", most=255)
    return problems


def is_view_too_large(view: object) -> bool:
    return len(json.dumps(view)) > VIEW_BYTES


def sum_of_texts(blocks: object) -> int:
    """Count the characters of everything readable in the blocks."""
    match blocks:
        case str():
            return len(blocks)
        case list():
            return sum(map(sum_of_texts, blocks))
        case dict():
            named = ("text", "fields", "elements", "title", "alt_text", "rows", "accessory", "label", "options")
            return sum(sum_of_texts(blocks[name]) for name in named if name in blocks)
        case _:
            return 0


def _check_all(blocks: list[Any], *, most: int, in_view: bool) -> Problems:
    if len(blocks) > most:
        yield _problem(f"no more than {most} items allowed", "/blocks")
    if sum(len(str(block.get("text", ""))) for block in blocks if _type(block) == "markdown") > 12_000:
        yield _problem("markdown must be less than 12001 characters in total", "/blocks")
    seen: set[str] = set()
    for place, block in enumerate(blocks):
        at = f"/blocks/{place}"
        check = _BLOCKS.get(_type(block))
        if check is None or (_type(block) == "alert" and not in_view):
            yield _problem(f"unsupported type: {_type(block)}", f"{at}/type")
            continue
        yield from _string(block, "block_id", at, most=255)
        if block.get("block_id") in seen:
            yield _problem(f"block_id `{block['block_id']}` already exists", f"{at}/block_id")
        if "block_id" in block:
            seen.add(block["block_id"])
        yield from check(block, at)


def _section(block: Json, at: str) -> Problems:
    if not block.get("text") and not block.get("fields"):
        yield _problem("missing required field: text or fields", at)
    if "text" in block:
        yield from _text(block["text"], f"{at}/text", most=3000)
    if "fields" in block:
        yield from _several(
            block["fields"], f"{at}/fields", most=10, check=lambda field, at: _text(field, at, most=2000)
        )
    if "accessory" in block:
        yield from _element(block["accessory"], f"{at}/accessory")


def _header(block: Json, at: str) -> Problems:
    yield from _text(block.get("text"), f"{at}/text", most=150, plain=True)


def _context(block: Json, at: str) -> Problems:
    yield from _several(block.get("elements"), f"{at}/elements", most=10, check=_context_element)


def _context_element(element: Any, at: str) -> Problems:
    yield from _image(element, at) if _type(element) == "image" else _text(element, at, most=3000)


def _actions(block: Json, at: str) -> Problems:
    elements = block.get("elements")
    yield from _several(elements, f"{at}/elements", most=25, check=_element)
    seen: set[str] = set()
    for place, element in enumerate(elements if isinstance(elements, list) else ()):
        action_id = element.get("action_id") if isinstance(element, dict) else None
        if action_id in seen:
            yield _problem(f"action_id `{action_id}` already exists", f"{at}/elements/{place}/action_id")
        if action_id is not None:
            seen.add(action_id)


def _image(block: Json, at: str) -> Problems:
    yield from _string(block, "image_url", at, most=3000, required="slack_file" not in block)
    yield from _string(block, "alt_text", at, most=2000, required=True)
    if "title" in block:
        yield from _text(block["title"], f"{at}/title", most=2000, plain=True)


def _markdown(block: Json, at: str) -> Problems:
    yield from _string(block, "text", at, most=12_000, required=True)


def _input(block: Json, at: str) -> Problems:
    yield from _text(block.get("label"), f"{at}/label", most=2000, plain=True)
    if "hint" in block:
        yield from _text(block["hint"], f"{at}/hint", most=2000, plain=True)
    yield from _element(block.get("element"), f"{at}/element")


def _rich_text(block: Json, at: str) -> Problems:
    yield from _several(block.get("elements"), f"{at}/elements", most=1000, check=lambda _element, _at: iter(()))


def _table(block: Json, at: str) -> Problems:
    def row(cells: Any, at: str) -> Problems:
        yield from _several(cells, at, most=20, check=lambda _cell, _at: iter(()))

    yield from _several(block.get("rows"), f"{at}/rows", most=100, check=row)


def _alert(block: Json, at: str) -> Problems:
    yield from _text(block.get("text"), f"{at}/text", most=200)


def _divider(_block: Json, _at: str) -> Problems:
    return iter(())


def _element(element: Any, at: str) -> Problems:
    check = _ELEMENTS.get(_type(element))
    if check is None:
        yield _problem(f"unsupported type: {_type(element)}", f"{at}/type")
        return
    yield from _string(element, "action_id", at, most=255)
    if "placeholder" in element:
        yield from _text(element["placeholder"], f"{at}/placeholder", most=150, plain=True)
    if "confirm" in element:
        yield from _confirm(element["confirm"], f"{at}/confirm")
    yield from check(element, at)


def _button(button: Json, at: str) -> Problems:
    yield from _text(button.get("text"), f"{at}/text", most=75, plain=True)
    yield from _string(button, "value", at, most=2000)
    yield from _string(button, "url", at, most=3000)
    if button.get("style") not in {None, "primary", "danger"}:
        yield _problem("must be one of: primary, danger", f"{at}/style")


def _menu(most: int) -> Callable[[Json, str], Problems]:
    def check(menu: Json, at: str) -> Problems:
        if "option_groups" in menu:
            yield from _several(menu["option_groups"], f"{at}/option_groups", most=100, check=group)
        else:
            yield from _several(menu.get("options"), f"{at}/options", most=most, check=_option)

    def group(options: Any, at: str) -> Problems:
        yield from _text(options.get("label"), f"{at}/label", most=75, plain=True)
        yield from _several(options.get("options"), f"{at}/options", most=100, check=_option)

    return check


def _option(option: Any, at: str) -> Problems:
    if not isinstance(option, dict):
        yield _problem("must be an object", at)
        return
    yield from _text(option.get("text"), f"{at}/text", most=75)
    yield from _string(option, "value", at, most=150)
    if "description" in option:
        yield from _text(option["description"], f"{at}/description", most=75)


def _confirm(confirm: Any, at: str) -> Problems:
    if not isinstance(confirm, dict):
        yield _problem("must be an object", at)
        return
    for name, most in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
        yield from _text(confirm.get(name), f"{at}/{name}", most=most, plain=name != "text")


def _free(_element: Json, _at: str) -> Problems:
    return iter(())


def _text(value: Any, at: str, *, most: int, plain: bool = False) -> Problems:
    """Check a text object: its type, and 1 to `most` characters."""
    kinds = {"plain_text"} if plain else {"plain_text", "mrkdwn"}
    if not isinstance(value, dict) or value.get("type") not in kinds:
        yield _problem(f"must be a text object of type {' or '.join(sorted(kinds))}", at)
        return
    yield from _string(value, "text", at, most=most, required=True)


def _string(holder: Json, name: str, at: str, *, most: int, required: bool = False) -> Problems:
    value = holder.get(name)
    if value is None and not required:
        return
    if not isinstance(value, str):
        yield _problem("must be a string" if name in holder else f"missing required field: {name}", f"{at}/{name}")
    elif required and not value:
        yield _problem("must be more than 0 characters", f"{at}/{name}")
    elif len(value) > most:
        yield _problem(f"must be less than {most + 1} characters", f"{at}/{name}")


def _several(values: Any, at: str, *, most: int, check: Callable[[Any, str], Problems]) -> Problems:
    """Check an array of 1 to `most` items, and each of them."""
    if not isinstance(values, list) or not values:
        yield _problem("must be an array of at least 1 item", at)
        return
    if len(values) > most:
        yield _problem(f"no more than {most} items allowed", at)
    for place, value in enumerate(values):
        yield from check(value, f"{at}/{place}")


def _type(value: Any) -> str:
    return str(value.get("type")) if isinstance(value, dict) else type(value).__name__


def _problem(said: str, at: str) -> str:
    return f"[ERROR] {said} [json-pointer:{at}]"


_BLOCKS: Mapping[str, Callable[[Json, str], Problems]] = {
    "section": _section,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "image": _image,
    "markdown": _markdown,
    "input": _input,
    "rich_text": _rich_text,
    "table": _table,
    "alert": _alert,
    "divider": _divider,
}

_ELEMENTS: Mapping[str, Callable[[Json, str], Problems]] = {
    "button": _button,
    "image": _image,
    "overflow": _menu(5),
    "static_select": _menu(100),
    "multi_static_select": _menu(100),
    "radio_buttons": _menu(10),
    "checkboxes": _menu(10),
    **dict.fromkeys(
        (
            "users_select",
            "multi_users_select",
            "conversations_select",
            "multi_conversations_select",
            "channels_select",
            "multi_channels_select",
            "external_select",
            "datepicker",
            "timepicker",
            "datetimepicker",
            "plain_text_input",
            "number_input",
        ),
        _free,
    ),
}
