from __future__ import annotations

import pytest

from bot.domain.permit import Channel, Deed, Person, Refusal, Standing, refusal_said, refuses

OURS = Channel(channel="C0RELAYS", is_member=True)
ELSEWHERE = Channel(channel="C0GENERAL")
PARTNERS = Channel(channel="C0PARTNERS", is_member=True, is_shared=True)
PARTNERS_ELSEWHERE = Channel(channel="C0OTHERS", is_shared=True)
EVERYWHERE = (OURS, ELSEWHERE, PARTNERS, PARTNERS_ELSEWHERE)

NOBODY = {
    Standing.GUEST: Refusal.GUEST,
    Standing.STRANGER: Refusal.STRANGER,
    Standing.BOT: Refusal.BOT,
    Standing.GONE: Refusal.GONE,
    Standing.UNKNOWN: Refusal.UNKNOWN,
}


def somebody(standing: Standing) -> Person:
    return Person(team="T0TEAM", user="U0ANN", standing=standing)


@pytest.mark.parametrize("standing", Standing)
@pytest.mark.parametrize("channel", EVERYWHERE)
def test_everybody_may_read_help_everywhere(standing: Standing, channel: Channel):
    assert refuses(Deed.READ_HELP, somebody(standing), channel) is None


@pytest.mark.parametrize("deed", [Deed.ASK, Deed.SHARE])
@pytest.mark.parametrize("channel", EVERYWHERE)
@pytest.mark.parametrize(("standing", "refusal"), NOBODY.items())
def test_whoever_is_no_full_member_may_nothing_more(deed: Deed, channel: Channel, standing: Standing, refusal: Refusal):
    assert refuses(deed, somebody(standing), channel) is refusal


@pytest.mark.parametrize("standing", [Standing.MEMBER, Standing.ADMIN])
@pytest.mark.parametrize(
    ("why", "deed", "channel", "refusal"),
    [
        ("asking is answered to the asker alone", Deed.ASK, OURS, None),
        ("wherever they are", Deed.ASK, ELSEWHERE, None),
        ("also where partners read along", Deed.ASK, PARTNERS, None),
        ("sharing needs the bot in the channel", Deed.SHARE, OURS, None),
        ("and is refused where it is not", Deed.SHARE, ELSEWHERE, Refusal.NOT_IN_CHANNEL),
        ("and where another workspace reads along", Deed.SHARE, PARTNERS, Refusal.SHARED_CHANNEL),
        ("inviting the bot there would not help, so that is not said", Deed.SHARE, PARTNERS_ELSEWHERE,
         Refusal.SHARED_CHANNEL),
    ],
)  # fmt: skip
def test_members_ask_anywhere_and_share_where_it_is_theirs(
    standing: Standing, why: str, deed: Deed, channel: Channel, refusal: Refusal | None
):
    assert refuses(deed, somebody(standing), channel) is refusal, why


@pytest.mark.parametrize(
    ("refusal", "values", "said"),
    [
        (Refusal.GUEST, {}, "Guests may only ask for help here. Ask a full member of this workspace."),
        (Refusal.NOT_IN_CHANNEL, {"bot": "<@U0BOT>"},
         "I am not in this channel. Type /invite <@U0BOT> here, then share again."),
        (Refusal.TOO_OFTEN, {"seconds": 8},
         "That is a lot of questions. Try again in 8 s; answers that I have cost nothing."),
    ],
)  # fmt: skip
def test_a_refusal_says_what_would_help(refusal: Refusal, values: dict[str, object], said: str):
    assert refusal_said(refusal, **values) == said
