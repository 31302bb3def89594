"""
Roles: what a process that serves does. Several may share a PostgreSQL; a file has one, which does everything.

Socket Mode is heard where HTTP is: whoever hears a person answers that person, within the three seconds that Slack
gives, with reads of its own and nothing between; and a worker may be stopped or replaced at any moment without a
question being lost. Slack gives each event to one of all open connections, so several web processes share them.
"""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """The word after `--role`."""

    ALL = "all"
    WEB = "web"  # hears Slack and the clouds' callbacks, answers people
    WORKER = "worker"  # watches what is followed, delivers what is to be said, tidies

    @property
    def hears(self) -> bool:
        """Say whether it listens to people and callbacks."""
        return self is not Role.WORKER

    @property
    def works(self) -> bool:
        """Say whether it has the beats and the deliveries."""
        return self is not Role.WEB
