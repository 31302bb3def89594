"""
How a command ends: the exit status that scripts branch on.
"""

from __future__ import annotations

from enum import IntEnum


class Outcome(IntEnum):
    """One meaning each, for every command; README and `--help` name the first four."""

    WELL = 0
    BAD = 1  # the task is; or something needs attention
    NOT_KNOWN = 2  # it cannot be known or done: a word new to us, refused, unreachable, wrong usage, our own mistake
    NOT_FOUND = 3
    INTERRUPTED = 130  # as a shell reports Ctrl-C: 128 + SIGINT
    READER_LEFT = 141  # and a closed pipe: 128 + SIGPIPE
