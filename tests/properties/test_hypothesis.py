"""
Hypothesis looks for what nobody thought of, and shrinks what it finds; the seeded tables beside each module stay.

A failing example is printed with the blob that repeats it; `--hypothesis-seed` repeats a whole run.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters import aliyun, tencent
from adapters.contract import Listing, Snapshot
from adapters.errors import ProviderError, Refused, Unavailable
from bot.domain import message
from bot.domain.command import CommandError, parse
from bot.slack.cards import dress
from bot.slack.signature import Verdict, judge, sign
from tests.adapters import mutations, recorded
from tests.length import IS_WHOLE

if TYPE_CHECKING:
    from adapters.contract import ProviderType

EXAMPLES = 20_000 if IS_WHOLE else 2_000
NOW = datetime(2026, 11, 21, 20, 14, tzinfo=UTC)
SECRET = "a-signing-secret-of-the-tests"

many = settings(
    max_examples=EXAMPLES, deadline=None, database=None, print_blob=True, suppress_health_check=list(HealthCheck)
)
half = settings(many, max_examples=EXAMPLES // 2)

words = st.sampled_from(
    [
        *(
            "status",
            "STATUS",
            "help",
            "accounts",
            "debug",
            "/relay",
            "aliyun",
            "tencent",
            "region=",
            "region=cn-beijing",
        ),
        *("<http://a.b|a.b>", "<http:", "&amp;", "&amp;lt;", "`", "“", "”", '"', "'", "=", "==", "<!channel>", "<@U1>"),
        *("\u00a0", "\u200b", "\u202e", "\n", "—", "İ", "kD1f+Q2.main..", "fd245384-4067-4f91-9d75-9666a6bc0001"),
    ]
)
typed = st.one_of(
    st.text(max_size=200),
    st.lists(st.one_of(words, st.text(max_size=8)), max_size=12).map(" ".join),
    st.lists(words, max_size=12).map("".join),
    st.lists(words, max_size=6).map(lambda found: "status " + " ".join(found)),
)
endless = st.builds(lambda text: (text * (40_000 // len(text) + 1))[:40_000], st.one_of(words, st.text(min_size=1)))


def complaint(text: str) -> CommandError | None:
    try:
        parse(text)
    except CommandError as error:
        return error
    return None


def check(text: str) -> None:
    """A command, or a sentence that somebody can act on and that Slack takes."""
    error = complaint(text)
    if error is not None:
        said = dress(message.Mistyped(failed=error.failed, instead=error.instead))
        assert error.failed
        assert error.instead.startswith("/relay")
        assert len(said.text) <= 150
        assert "<!" not in str(said)


@many
@given(typed)
def test_whatever_is_typed_makes_a_command_or_a_sentence(text: str):
    check(text)


@settings(many, max_examples=500)
@given(endless)
def test_forty_thousand_characters_are_read_too(text: str):
    check(text)


@pytest.mark.parametrize("kind", [aliyun.PROVIDER, tencent.PROVIDER], ids=lambda kind: kind.word)
def test_a_mutated_reply_is_a_snapshot_or_a_named_error(kind: ProviderType):
    account = recorded.account(kind)
    provider = kind.open(account, lambda destination: "")  # noqa: ARG005
    own = [recording for recording in recorded.recordings() if recording.provider == kind.word]

    @half
    @given(st.sampled_from(own), st.integers(min_value=0, max_value=2**64))
    def run(recording: recorded.Recording, seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311
        replies = [mutations.mutated(reply, chance) for reply in recording.replies]

        result = recorded.outcome(provider, account.regions[0], replies, is_listing=recording.is_listing)

        assert isinstance(result, Snapshot | Listing | ProviderError)
        assert type(result) not in {ProviderError, Refused, Unavailable}

    run()


@many
@given(
    body=st.binary(max_size=60),
    signed=st.binary(max_size=60),
    secret=st.sampled_from([SECRET, SECRET + "x", SECRET[:-1]]),
    late=st.integers(min_value=-400, max_value=400),
    signature=st.one_of(st.none(), st.text(max_size=70)),
)
def test_nothing_that_slack_did_not_sign_passes(
    body: bytes, signed: bytes, secret: str, late: int, signature: str | None
):
    stamp = str(int((NOW + timedelta(seconds=late)).timestamp()))
    given_signature = sign(secret, stamp, signed) if signature is None else signature

    verdict = judge(SECRET, timestamp=stamp, signature=given_signature, body=body, now=NOW)

    is_genuine = signature is None and secret == SECRET and signed == body and abs(late) <= 300
    assert (verdict is Verdict.GENUINE) is is_genuine
