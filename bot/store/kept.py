"""
Kept: for how long what is over is remembered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """
    The ages at which rows are forgotten.

    `history`: changes, incidents and blind spans that are over; `audit`: who changed what; `notices`: what was said
    outside, or never will be.
    """

    history: timedelta = timedelta(days=400)
    audit: timedelta = timedelta(days=365)
    notices: timedelta = timedelta(days=14)
