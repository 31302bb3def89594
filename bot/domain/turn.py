"""
Whose turn it is.
"""

from __future__ import annotations

from enum import IntEnum


class Urgency(IntEnum):
    """Who waits for an answer; the smaller goes first."""

    PERSON = 0
    BEAT = 1  # the watch
