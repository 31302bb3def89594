"""
What can come of saying something outside, as values: flows act on it without knowing to whom it was said.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta

    from bot.domain.notice import Body


class Obstacle(StrEnum):
    """Why something was not taken, by what has to happen next."""

    WAIT = "wait"  # time heals it
    GONE = "gone"  # the channel is not there any more, or is archived
    NOT_MEMBER = "not_member"  # somebody has to invite the bot
    POLICY = "policy"  # an admin has to allow it
    INSTALL = "install"  # the bot is not let in at all: the operator
    THREAD = "thread"  # the message that it edits or goes under is lost: begin a new one
    CONTENT = "content"  # this text will never be taken
    PERSON = "person"  # nobody can write to that person: tell somebody else
    OTHER = "other"  # a word that is new to us


class Refused(Exception):
    """
    It was not taken. `code` is the other side's own word.

    `is_certain` is False where experience says that it may have been taken all the same.
    """

    def __init__(
        self, code: str, *, obstacle: Obstacle, retry_after: timedelta | None = None, is_certain: bool = True
    ) -> None:
        self.code = code
        self.obstacle = obstacle
        self.retry_after = retry_after
        self.is_certain = is_certain
        super().__init__(code)


class Unsure(Exception):
    """It may have been taken: no reply, a broken one, or an error that can follow a success."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """One message as it is to be posted. `key` goes with it, unseen, so that it can be found again."""

    channel: str
    body: Body
    key: str
    thread_ts: str = ""  # under this message; empty: in the channel
    in_channel: bool = False  # shown in the channel as well
    is_plain: bool = False  # its words alone, where the rest of it may be what is not taken
