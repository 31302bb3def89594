"""
What an error means for the reader and what mends it; the same sentences in Slack and in the terminal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters import errors
from bot.domain.words import say

if TYPE_CHECKING:
    from bot.domain.message import Trouble

# A kind that the registry's own errors do not know (a provider from another package may subclass) reads as its parent.
KINDS: Final = (
    errors.BadCredentials,
    errors.AccessDenied,
    errors.WrongRegion,
    errors.Rejected,
    errors.Throttled,
    errors.ClockSkew,
    errors.Unreachable,
    errors.Unreadable,
)


def kind(error: errors.ProviderError) -> str:
    """
    Return the error's name in the tree of adapters/errors.py; the word that `--json` prints.
    """
    for known in KINDS:
        if isinstance(error, known):
            return known.__name__
    if isinstance(error, errors.Unavailable):
        return errors.Unreachable.__name__
    return errors.Rejected.__name__ if isinstance(error, errors.Refused) else errors.Unreadable.__name__


def what_happened(trouble: Trouble) -> str:
    """Say in one sentence what the cloud did."""
    return say(
        f"error.{kind(trouble.error)}", title=trouble.title, account=trouble.ref.account, region=trouble.ref.region
    )


def mend(trouble: Trouble) -> str:
    """Say who does what about it."""
    action = trouble.error.action if isinstance(trouble.error, errors.AccessDenied) else ""
    return say(
        f"mend.{kind(trouble.error)}",
        action=say("mend.AccessDenied.action", action=action) if action else "",
        sdk_app_id=say("mend.Rejected.sdk_app_id") if trouble.provider == "tencent" else "",
    )
