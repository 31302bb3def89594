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


SPEAKS = Channel(channel="C0PARTNERS", is_member=True, is_shared=True, allows_shared=True)
OLD = Channel(channel="C0OLD", is_member=True, is_archived=True)


@pytest.mark.parametrize(
    ("why", "deed", "standing", "channel", "owns", "refusal"),
    [
        ("a member subscribes", Deed.FOLLOW, Standing.MEMBER, OURS, False, None),
        ("a guest does not", Deed.FOLLOW, Standing.GUEST, OURS, False, Refusal.GUEST),
        ("nobody does where the bot cannot speak", Deed.FOLLOW, Standing.ADMIN, ELSEWHERE, False, Refusal.NOT_INVITED),
        ("nor in an archive", Deed.FOLLOW, Standing.MEMBER, OLD, False, Refusal.ARCHIVED),
        ("nor where partners read along", Deed.FOLLOW, Standing.ADMIN, PARTNERS, False, Refusal.NOT_ALLOWED_HERE),
        ("unless an admin allowed it", Deed.FOLLOW, Standing.MEMBER, SPEAKS, False, None),
        ("which allows sharing too", Deed.SHARE, Standing.MEMBER, SPEAKS, False, None),
        ("only an admin allows it", Deed.ALLOW_SHARED, Standing.MEMBER, PARTNERS, True, Refusal.NO_ADMIN),
        ("an admin does", Deed.ALLOW_SHARED, Standing.ADMIN, PARTNERS, False, None),
        ("one's own subscription is one's own", Deed.UNFOLLOW, Standing.MEMBER, ELSEWHERE, True, None),
        ("another's is not", Deed.UNFOLLOW_OTHERS, Standing.MEMBER, OURS, False, Refusal.NOT_YOURS),
        ("but to an admin", Deed.UNFOLLOW_OTHERS, Standing.ADMIN, ELSEWHERE, False, None),
        ("a member names", Deed.NAME, Standing.MEMBER, ELSEWHERE, False, None),
        ("a member mutes one task for a while", Deed.MUTE, Standing.MEMBER, ELSEWHERE, False, None),
        ("and no longer", Deed.MUTE_LONG, Standing.MEMBER, OURS, False, Refusal.TOO_LONG),
        ("unless it is theirs", Deed.MUTE_LONG, Standing.MEMBER, OURS, True, None),
        ("a member does not mute everything", Deed.MUTE_ALL, Standing.MEMBER, OURS, False, Refusal.NOT_YOURS),
        ("unless it is theirs", Deed.MUTE_ALL, Standing.MEMBER, OURS, True, None),
        ("an admin does", Deed.MUTE_ALL, Standing.ADMIN, OURS, False, None),
        ("a member unmutes", Deed.UNMUTE, Standing.MEMBER, OURS, False, None),
        ("settings are for whoever subscribed something", Deed.SET, Standing.MEMBER, OURS, True, None),
        ("and not for everybody", Deed.SET, Standing.MEMBER, OURS, False, Refusal.NOT_YOURS),
        ("a member does not call many gone", Deed.CONFIRM_GONE, Standing.MEMBER, OURS, False, Refusal.NOT_YOURS),
        ("unless they follow them", Deed.CONFIRM_GONE, Standing.MEMBER, OURS, True, None),
        ("an admin says it", Deed.CONFIRM_GONE, Standing.ADMIN, OURS, False, None),
        ("a member has an incident in hand", Deed.ACK, Standing.MEMBER, ELSEWHERE, False, None),
        ("a guest does not", Deed.ACK, Standing.GUEST, OURS, True, Refusal.GUEST),
        ("a member snoozes", Deed.SNOOZE, Standing.MEMBER, OURS, False, None),
        ("whoever left does not", Deed.SNOOZE, Standing.GONE, OURS, True, Refusal.GONE),
        ("a member assigns nobody", Deed.ASSIGN, Standing.MEMBER, OURS, False, Refusal.NOT_ON_CALL),
        ("unless they are on call", Deed.ASSIGN, Standing.MEMBER, OURS, True, None),
        ("an admin does", Deed.ASSIGN, Standing.ADMIN, ELSEWHERE, False, None),
        ("a member does not close", Deed.CLOSE, Standing.MEMBER, OURS, False, Refusal.NOT_ON_CALL),
        ("unless they are on call", Deed.CLOSE, Standing.MEMBER, OURS, True, None),
        ("an admin does", Deed.CLOSE, Standing.ADMIN, OURS, False, None),
        ("a guest who is on call does not", Deed.CLOSE, Standing.GUEST, OURS, True, Refusal.GUEST),
        ("a guest owns nothing", Deed.MUTE_ALL, Standing.GUEST, OURS, True, Refusal.GUEST),
    ],
)  # fmt: skip
def test_following_is_everybodys_and_taking_from_others_is_not(
    why: str, *, deed: Deed, standing: Standing, channel: Channel, owns: bool, refusal: Refusal | None
):
    assert refuses(deed, somebody(standing), channel, owns=owns) is refusal, why
