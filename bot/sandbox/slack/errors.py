"""The one way in which Slack's methods refuse."""

from __future__ import annotations


class SlackError(Exception):
    """
    A method refuses.

    Args:
        code: Slack's error code, `not_in_channel`.
        messages: What `response_metadata.messages` says about it.
        extra: More fields of the answer, such as `needed` and `provided` of `missing_scope`.
    """

    def __init__(self, code: str, *messages: str, **extra: str) -> None:
        super().__init__(code)
        self.code = code
        self.messages = messages
        self.extra = extra
