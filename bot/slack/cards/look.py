"""
The answer card: one task as one cloud told it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.tell import called, meaning, progress, reason, retries
from bot.domain.text import age
from bot.domain.words import has, say
from bot.slack.cards import press
from bot.slack.cards.block import Dressed, button, buttons, fields, header, section, small
from bot.slack.cards.text import escape, literal, moment

if TYPE_CHECKING:
    from bot.domain.message import Look
    from bot.slack.cards.block import Block


def dress(look: Look) -> Dressed:
    """Dress one look; every text of the cloud's is escaped here."""
    return Dressed(text=lock_screen(look), blocks=(*body(look), *_buttons(look)))


def body(look: Look) -> tuple[Block, ...]:
    """Return the card without its buttons."""
    blocks = [header(title(look)), section(meaning(look)), fields(facts(look)), small(_small_print(look))]
    if look.shared_by:
        blocks.append(small(say("card.shared", user=f"<@{look.shared_by}>")))
    return tuple(blocks)


def title(look: Look) -> str:
    """Return state and name, for a header."""
    state = look.snapshot.state
    return f"{say(f'sign.{state}')} {say(f'state.{state}')} · {literal(called(look))}"


def lock_screen(look: Look) -> str:
    """State and name first: a lock screen shows little, and an id says nothing there."""
    state, why_bad = look.snapshot.state, look.outlook.why
    parts = [f"{say(f'state.{state}')} {escape(called(look), 36)}"]
    if has(f"alarm.{why_bad}"):
        parts.append(say(f"alarm.{why_bad}"))
    if why := reason(look):
        parts.append(escape(why, 40))
    parts.append(escape(look.ref.region, 20))
    return " · ".join(parts)  # at most 11 + 1 + 36 + 3 + 19 + 3 + 40 + 3 + 20 = 136 of LONGEST_TEXT


def facts(look: Look) -> dict[str, str]:
    """Return what is known of the task, label by label; at most eight."""
    snapshot = look.snapshot
    known: dict[str, str] = {}
    if why := reason(look):
        known[say("card.why")] = escape(why)
    if snapshot.ended_at is not None:
        known[say("card.ended")] = moment(snapshot.ended_at)
    elif look.since is not None:
        known[say("card.since")] = say("card.since.at_least", when=moment(look.since))
    known[say("card.plan")] = _plan(look)
    if how_far := progress(look):
        known[say("card.progress")] = how_far
    if patience := retries(look):
        known[say("card.retries")] = patience
    known[say("card.where")] = f"{escape(look.ref.region)} · {escape(look.ref.account)}"
    if snapshot.source or snapshot.destination:
        route = (escape(end, 200) or "…" for end in (snapshot.source or snapshot.source_type, snapshot.destination))
        known[say("card.route")] = " → ".join(route)
    return known


def _plan(look: Look) -> str:
    plan = look.snapshot.plan
    if plan.start is None and plan.end is None:
        return say("card.plan.none")
    start, end = (say("card.plan.open") if at is None else moment(at) for at in (plan.start, plan.end))
    return f"{start} – {end}"


def _small_print(look: Look) -> str:
    snapshot = look.snapshot
    text = say(
        "card.small",
        title=escape(look.title),
        raw=f"`{escape(snapshot.raw) or '–'}`",
        age=age(snapshot.taken_at, look.asked_at),
    )
    if snapshot.request_id:
        text += say("card.small.request", request=f"`{escape(snapshot.request_id)}`")
    return text


def _buttons(look: Look) -> tuple[Block, ...]:
    value = press.written(look.ref)
    if not value:
        return ()
    elements = [
        button(say("button.refresh"), action=press.REFRESH, value=value),
        button(say("button.share"), action=press.SHARE, value=value),
        button(say("button.id"), action=press.ID, value=value),
    ]
    if look.shared_by:
        del elements[1]
    return (buttons(*elements),)
