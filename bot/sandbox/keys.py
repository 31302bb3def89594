"""
The access keys that a cloud of the sandbox knows. They are good on this machine only, and must never show all the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessKey:
    """
    One key.

    Args:
        id: What a request names.
        secret: What it is signed with.
        account: The main account: keys of one account spend one budget.
        token: The STS token that must come with a temporary key.
        expires_at: When a temporary key ends; None for never.
        is_active: False once it was switched off.
        may: Whether its policy lets it read tasks.
    """

    id: str
    secret: str = field(repr=False)
    account: str = "main"
    token: str = field(default="", repr=False)
    expires_at: datetime | None = None
    is_active: bool = True
    may: bool = True
