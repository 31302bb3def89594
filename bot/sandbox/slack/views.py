"""
Dialogs and home tabs: views.open and views.publish, and what a dialog holds when somebody sends it off.

Each raises `SlackError` with the code that Slack documents for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.sandbox.slack.blocks import check_view, is_view_too_large
from bot.sandbox.slack.errors import SlackError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.sandbox.slack.workspace import Json, Workspace


def views_open(workspace: Workspace, args: Mapping[str, Any]) -> Json:
    """Open a dialog for the person whose trigger id it is."""
    view = _checked(args.get("view"))
    user = workspace.triggers.use(str(args.get("trigger_id", "")), workspace.now)
    opened = _kept(workspace, view)
    workspace.views.setdefault(user, []).append(opened)
    workspace.bell.ring()
    return {"view": opened}


def views_publish(workspace: Workspace, args: Mapping[str, Any]) -> Json:
    """Replace a person's home tab; with `hash` only if nobody else did since."""
    view = _checked(args.get("view"))
    user = str(args.get("user_id", ""))
    if user not in workspace.people:
        raise SlackError("user_not_found")
    known = workspace.homes.get(user)
    if args.get("hash") and known is not None and known["hash"] != args["hash"]:
        raise SlackError("hash_conflict")
    workspace.homes[user] = _kept(workspace, view)
    workspace.bell.ring()
    return {"view": workspace.homes[user]}


def filled(view: Json, fields: Mapping[str, str | Sequence[str]]) -> Json:
    """Return a dialog as it is sent off: its state is what was typed and ticked, or stood there from the start."""
    values: Json = {}
    for place, block in enumerate(view["blocks"]):
        element = block.get("element")
        if block["type"] == "input" and element is not None:
            action_id = element["action_id"]
            values[block.get("block_id", f"b{place}")] = {action_id: entered(element, fields.get(action_id))}
    return {**view, "state": {"values": values}}


def entered(element: Json, entry: str | Sequence[str] | None) -> Json:
    """Return one element's state; `entry` is the text, or the values of the options, None for what stood there."""
    if element["type"] == "plain_text_input":
        text = element.get("initial_value") if entry is None else entry
        return {"type": element["type"], "value": text or None}
    if entry is None:
        options = element.get("initial_options", [])
    else:
        options = [option for option in element["options"] if option["value"] in entry]
    return {"type": element["type"], "selected_options": options}


def _kept(workspace: Workspace, view: Json) -> Json:
    return {"id": workspace.mint("V"), "hash": workspace.tick(), "team_id": workspace.team, **view}


def _checked(view: Any) -> Json:
    problems = check_view(view)
    if problems:
        raise SlackError("invalid_arguments", *problems)
    if is_view_too_large(view):
        raise SlackError("view_too_large")
    checked: Json = view
    return checked
