"""
What holds for every provider; a new one brings recorded replies and no test code.

A recorded reply is a file `tests/adapters/<provider>/replies/<http status>-<outcome>[-<detail>].json`:

    <http status>   three digits: the status of the reply, of the last one where there are several
    <outcome>       what the conversation must make of it: a `TaskState` in lower case (`running`, `not_found`), an
                    error class of `adapters/errors.py` in snake case (`throttled`, `bad_credentials`), or `listing`
    <detail>        free, `[a-z0-9_]+`, to tell files apart

Several steps (pages of a list) are a folder of that name without `.json`, with `1-<http status>.json`, `2-…` in it.

A file is one JSON object:

    source          where it is from. Begins with "vendor" when the vendor published it ("vendor page <address>",
                    "vendor's example values, <where>"), else with "made from" and says so:
                    "made from facts table row Throttling, not seen from the vendor"
    headers         lower-case names → text; `{}` when nothing but the body matters
    body            a JSON value, sent as JSON; a text is sent as that text, for what is no JSON
    asks            optional, in the first step: "listing" walks the list; without it one task is asked for. A file
                    whose outcome is `listing` always walks the list.
    means           optional, in the last step: more that must be true of the result, attribute by attribute
                    (`{"reason": "PullStreamFailed", "plan": {"end": "2026-11-21T12:00:00Z"}}`). Times are ISO 8601 UTC,
                    durations seconds, states their upper-case words. `tasks` of a listing must name every task, each
                    with what must be true of it: `{"tasks": {"t-1": {"state": "RUNNING"}}, "total": 1}`. Of an error:
                    `code`, `request_id`, `detail`, `action`, `retry_after`, `server_at`.

The question asks for the task `t-1` in the first configured region; the reply arrives at 2026-11-21T02:00:00Z. Accounts
are made from the settings' own examples, with planted secrets: see `recorded.py`.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from adapters import aliyun, tencent
from adapters.contract import Listing, Snapshot, no_fingerprint
from adapters.errors import ProviderError, Refused, Unavailable
from tests.adapters import mutations, recorded

if TYPE_CHECKING:
    from adapters.contract import Provider, ProviderType, Region
    from tests.adapters.recorded import Recording

MUTATIONS_PER_PROVIDER = 12_000

KINDS = {kind.word: kind for kind in (aliyun.PROVIDER, tencent.PROVIDER)}
RECORDINGS = recorded.recordings()

each_recording = pytest.mark.parametrize("recording", RECORDINGS, ids=lambda recording: recording.name)
each_provider = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def opened(word: str) -> tuple[Provider, Region]:
    settings = recorded.account(KINDS[word])
    return KINDS[word].open(settings, no_fingerprint), settings.regions[0]


@each_recording
def test_a_recorded_reply_means_what_its_name_says(recording: Recording):
    provider, region = opened(recording.provider)

    result = recorded.outcome(provider, region, recording.replies, is_listing=recording.is_listing)

    assert recorded.kind_of(result) == recording.outcome
    assert list(recorded.differences(recorded.plain(result), recording.means)) == []


@each_provider
def test_every_state_and_every_error_that_a_cloud_can_cause_is_recorded(
    kind: ProviderType, capsys: pytest.CaptureFixture[str]
):
    own = [recording for recording in RECORDINGS if recording.provider == kind.word]
    from_vendor = sum(recording.is_from_vendor for recording in own)
    made = len(own) - from_vendor
    errors = {name for name, error in recorded.ERRORS.items() if error not in {ProviderError, Refused, Unavailable}}
    states = {"running", "not_found", "unknown"}

    with capsys.disabled():
        print(  # noqa: T201
            f"\n{kind.word}: {len(own)} recorded replies, {from_vendor} from the vendor, {made} made:",
            dict(sorted(Counter(recording.outcome for recording in own).items())),
        )

    assert from_vendor >= 1
    assert {recording.outcome for recording in own} >= states | errors


@each_provider
def test_a_broken_reply_gives_a_snapshot_a_listing_or_a_named_error(
    kind: ProviderType, capsys: pytest.CaptureFixture[str]
):
    seed = random.SystemRandom().randrange(2**32)
    chance = random.Random(seed)  # noqa: S311
    provider, region = opened(kind.word)
    own = [recording for recording in RECORDINGS if recording.provider == kind.word]
    seen = Counter()

    for number in range(MUTATIONS_PER_PROVIDER):
        recording = chance.choice(own)
        replies = [mutations.mutated(reply, chance) for reply in recording.replies]
        told = f"seed {seed}, reply {number}, made from {recording.name}: {replies!r} {replies[-1].body[:2000]!r}"
        try:
            result = recorded.outcome(provider, region, replies, is_listing=recording.is_listing)
        except Exception as error:
            raise AssertionError(told) from error
        text = f"{result!r} {result} {recorded.plain(result)}"
        assert text.encode(), told
        assert isinstance(result, Snapshot | Listing | ProviderError), told
        assert type(result) not in {ProviderError, Refused, Unavailable}, told
        seen[recorded.kind_of(result)] += 1

    with capsys.disabled():
        print(f"\n{kind.word}: seed {seed}, {seen.total()} broken replies:", dict(sorted(seen.items())))  # noqa: T201
    assert seen.total() == MUTATIONS_PER_PROVIDER
    assert seen["unreadable"] < MUTATIONS_PER_PROVIDER * 0.75, "broken, not only ruined"
