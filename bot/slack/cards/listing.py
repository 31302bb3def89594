"""
Lists: what a channel follows, what an account has, what happened to a task. Pages of ten rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.domain.tell import reason_said, was_said
from bot.domain.text import clip
from bot.domain.words import say
from bot.slack.cards import order
from bot.slack.cards.block import LONGEST_TEXT, Dressed, buttons, header, section, small
from bot.slack.cards.text import escape, literal, moment

if TYPE_CHECKING:
    from bot.domain.message import Listed, Past, Row
    from bot.domain.task import News
    from bot.slack.cards.block import Block

LONGEST_OPTION = 75  # what Slack shows of a box, and under it
LONGEST_DETAIL = 400
MOST_TROUBLES = 3
LINES = 10  # in one section: 250 characters each


def listed(message: Listed) -> Dressed:
    """Show one page, with the buttons to turn it."""
    title = message.title
    if not message.rows:
        return Dressed(text=escape(title, LONGEST_TEXT), blocks=(header(literal(title)), section(message.nothing)))
    blocks: list[Block] = [header(literal(title))]
    if message.picks is None:
        blocks += [_row(row) for row in message.rows]
    else:
        blocks += _boxes(message)
    blocks += [
        small(say("list.trouble", account=escape(each.ref.account), region=escape(each.ref.region)))
        for each in message.troubles[:MOST_TROUBLES]
    ]
    if message.pages > 1:
        blocks.append(small(say("list.page", page=message.page, pages=message.pages, total=message.total)))
    if turns := _turns(message):
        blocks.append(buttons(*turns))
    text = f"{title} · {say('list.count', count=message.total)}"
    return Dressed(text=escape(text, LONGEST_TEXT), blocks=tuple(blocks))


def past(message: Past) -> Dressed:
    """Show what happened to a task, the newest first."""
    title = say("past.title", name=message.name)
    blocks: list[Block] = [header(literal(title, 150))]
    lines = [_happened(news) for news in message.happened]
    blocks += [section("\n".join(lines[begin : begin + LINES])) for begin in range(0, len(lines), LINES)]
    if not lines:
        blocks.append(section(say("past.none", since=moment(message.since))))
    else:
        shown = say("past.since", since=moment(message.since), count=message.total)
        blocks.append(small(shown))
    return Dressed(text=escape(title, LONGEST_TEXT), blocks=tuple(blocks))


def _row(row: Row) -> Block:
    place = (f"<#{row.channel}>",) if row.channel.startswith(("C", "G")) else ()
    detail = " · ".join((*place, escape(" · ".join(row.detail), LONGEST_DETAIL)))
    age = () if row.seen_at is None else (say("list.read", when=moment(row.seen_at, "{time_secs}")),)
    shown = section(f"{_state(row)} *{escape(row.name)}*\n{' · '.join((detail, *age))}")
    if row.subscription is not None and not row.channel:
        shown["accessory"] = order.unfollow_button(say("button.unsubscribe"), row.subscription)
    return shown


def _state(row: Row) -> str:
    if row.state is None:
        return say("list.unread") if row.bad is None else say("sign.STOPPED") if row.bad else say("sign.RUNNING")
    return f"{say(f'sign.{row.state}')} {say(f'state.{row.state}')}"


def _boxes(message: Listed) -> list[Block]:
    """Show rows as boxes to tick; a task whose id does not fit into a box is shown and cannot be ticked."""
    options: list[dict[str, Any]] = []
    rest: list[Block] = []
    for row in message.rows:
        value = "" if row.ref is None else f"{row.ref.region} {row.ref.task_id}"
        if not value or len(value) > order.LONGEST_OPTION:
            rest.append(_row(row))
            continue
        label, detail = f"{_state(row)} · {literal(row.name)}", literal(" · ".join(row.detail))
        options.append({"text": _plain(label), "value": value, **({"description": _plain(detail)} if detail else {})})
    if not options or message.picks is None:
        return rest
    boxes: Block = {
        "type": "actions",
        "elements": [{"type": "checkboxes", "action_id": order.PICK, "options": options}],
    }
    return [*rest, boxes, buttons(order.follow_button(say("button.subscribe"), message.picks))]


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": clip(text, LONGEST_OPTION), "emoji": False}


def _turns(message: Listed) -> list[Block]:
    turns = {message.page - 1: say("button.previous"), message.page + 1: say("button.next")}
    made = [
        order.run_button(label, f"{message.again} page={page}", number=page)
        for page, label in turns.items()
        if 1 <= page <= message.pages
    ]
    return [each for each in made if each is not None]


def _happened(news: News) -> str:
    parts = [
        moment(news.at, "{date_short_pretty} {time_secs}"),
        f"{say(f'sign.{news.new}')} {say(f'state.{news.new}')}",
    ]
    parts.append(say(f"news.{news.why}"))
    if news.reason:
        parts.append(escape(reason_said(news.reason), 60))
    if was := was_said(news):
        parts.append(was)
    return " · ".join(parts)
