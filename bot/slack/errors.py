"""
What stops a start.
"""

from __future__ import annotations


class SlackUnusable(Exception):
    """
    Slack does not let us in, or cannot be reached.

    Args:
        code: Slack's own word, or what we saw instead.
        mend: what an operator does about it.
    """

    def __init__(self, code: str, *, mend: str) -> None:
        self.code = code
        self.mend = mend
        super().__init__(f"Slack does not let the bot in: {code}. {mend}")
