"""
Where a task could be: from what somebody typed to the places that must be asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from adapters.contract import AccountName, Region, TaskId, TaskRef
from bot.domain.target import Target
from bot.domain.text import clip
from bot.domain.typed import SHOWN, CommandError
from bot.domain.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.domain.account import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """
    Where to ask.

    `by_id` are the places whose cloud could have such an id; `by_name` those that list their tasks, to be searched for
    a task of exactly that name when no place knows the id. `is_search` when more than one region must be asked.
    """

    by_id: tuple[TaskRef, ...]
    by_name: tuple[tuple[AccountName, Region], ...]
    hidden: tuple[TaskRef, ...] = ()  # places that this configuration shows to nobody; they read as NOT_FOUND, unasked

    @property
    def is_search(self) -> bool:
        return len(self.by_id) > 1 or bool(self.by_name and not self.by_id)


def locate(
    wanted: Target, accounts: Mapping[AccountName, Account], channel: str | None, *, verb: str = "status"
) -> Places:
    """
    Find every place that could hold the task.

    An account that is closed to this channel reads as one that does not exist. Account left out: every account whose
    cloud could have made such an id (more than 55 characters, a `+` or a `.` can only be Tencent's). Region left out:
    all that are configured.

    Args:
        channel: where it is asked; None on the operator's own terminal, where every account is open.
        verb: of the command that is offered instead of what was typed.

    Raises:
        CommandError: no such account or region, or no cloud here has such ids; says what there is.
    """
    open_here = {name: account for name, account in accounts.items() if channel is None or account.is_open_to(channel)}
    if not open_here:
        raise CommandError(say("typed.no_account"), instead="/relay help")
    asked = account_named(wanted, open_here, verb)
    regions = regions_named(wanted, asked, verb)
    task = wanted.task
    possible = tuple(
        TaskRef(account=account.name, region=region, task_id=TaskId(task))
        for account in asked
        if account.has_id(task)
        for region in regions[account.name]
    )
    by_id = tuple(ref for ref in possible if accounts[ref.account].shows(ref.task_id))
    by_name = tuple((account.name, region) for account in asked if account.lists for region in regions[account.name])
    if not possible and not by_name:
        raise _impossible(task, asked, verb)
    return Places(by_id=by_id, by_name=by_name, hidden=tuple(ref for ref in possible if ref not in by_id))


def account_named(wanted: Target, accounts: Mapping[AccountName, Account], verb: str) -> Sequence[Account]:
    """
    Return the account that was typed, or all of them where none was.

    Raises:
        CommandError: there is none of that name.
    """
    if not wanted.account:
        return tuple(accounts.values())
    names = {name.lower(): account for name, account in accounts.items()}
    found = names.get(wanted.account.lower())
    if found is not None:
        return (found,)
    failed = say(
        "typed.unknown_account",
        name=clip(wanted.account, SHOWN),
        are=say("typed.unknown_account.one" if len(accounts) == 1 else "typed.unknown_account.many"),
        names=", ".join(sorted(accounts)),
    )
    swapped = names.get(wanted.task.lower())
    if swapped is not None:
        raise CommandError(failed, instead=_typed(verb, swapped.name, wanted.account))
    guess = get_close_matches(wanted.account.lower()[:SHOWN], names, n=1)
    if guess:
        failed += " " + say("typed.did_you_mean", guess=names[guess[0]].name)
    raise CommandError(failed, instead=_typed(verb, names[guess[0]].name if guess else min(accounts), wanted.task))


def _typed(verb: str, account: str, task: str, *options: str) -> str:
    return Target(account=account, task=task).typed(verb, *options)


def regions_named(wanted: Target, accounts: Sequence[Account], verb: str) -> Mapping[AccountName, tuple[Region, ...]]:
    """
    Return the region that was typed, or all that each account is configured with.

    Raises:
        CommandError: no account here has that region.
    """
    if not wanted.region:
        return {account.name: account.regions for account in accounts}
    region = Region(wanted.region.lower())
    regions = {account.name: (region,) if region in account.regions else () for account in accounts}
    if any(regions.values()):
        return regions
    every = sorted({region for account in accounts for region in account.regions})
    if len(accounts) == 1:
        failed = say(
            "typed.unknown_region",
            account=accounts[0].name,
            region=clip(wanted.region, SHOWN),
            regions=", ".join(accounts[0].regions),
        )
    else:
        failed = say(
            "typed.no_such_region",
            region=clip(wanted.region, SHOWN),
            are=say("typed.unknown_account.one" if len(every) == 1 else "typed.unknown_account.many"),
            regions=", ".join(every),
        )
    guess = get_close_matches(region[:SHOWN], every, n=1)
    if guess:
        failed += " " + say("typed.did_you_mean", guess=guess[0])
    raise CommandError(failed, instead=wanted.typed(verb, f"region={guess[0] if guess else every[0]}"))


def _impossible(task: str, accounts: Sequence[Account], verb: str) -> CommandError:
    if len(accounts) != 1:
        return CommandError(say("typed.bad_id.nobody", task=clip(task, SHOWN)), instead=f"/relay help {verb}")
    failed = say("typed.bad_id", task=clip(task, SHOWN), title=accounts[0].title)
    return CommandError(failed, instead=f"/relay {verb} {accounts[0].name} <TaskId>")
