"""
The word people type → the provider. The built-in two, and those that other packages bring as entry points.

A package offers a cloud with an entry point of the group `relaybot.providers`, named by the word, that leads to a
`contract.ProviderType`. Its code runs only once an account names the word, and it cannot take a built-in word's place.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from adapters import aliyun, tencent
from adapters.contract import ProviderType

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.metadata import EntryPoint

GROUP = "relaybot.providers"

_BUILT_IN = {kind.word: kind for kind in (aliyun.PROVIDER, tencent.PROVIDER)}
# What importing somebody else's module raises when it is broken or made for another relaybot.
_IMPORT_FAILURES = (
    ImportError, SyntaxError, NameError, AttributeError, TypeError, ValueError, LookupError, OSError, RuntimeError
)  # fmt: skip


class ProviderMissing(ValueError):
    """No provider stands behind a word. The text is safe to show and names the mend."""


class UnknownProvider(ProviderMissing):
    """Nothing that is installed answers to the word."""


class BrokenProvider(ProviderMissing):
    """An installed package offers the word and does not keep its promise."""


def providers() -> Mapping[str, ProviderType]:
    """Return the built-in providers by the word people type."""
    return _BUILT_IN


def find(word: str) -> ProviderType:
    """
    Find the provider that an account names; loads another package's code if the word is its.

    Raises:
        UnknownProvider: the text lists the words there are.
        BrokenProvider: the text names the package to mend or remove.
    """
    if word in _BUILT_IN:
        return _BUILT_IN[word]
    offers = entry_points(group=GROUP)
    match [offer for offer in offers if offer.name == word]:
        case []:
            known = ", ".join(sorted({*_BUILT_IN, *offers.names}))
            raise UnknownProvider(f'there is no provider "{word}"; there are: {known}')
        case [offer]:
            return _load(offer)
        case several:
            packages = " and ".join(sorted(map(_package, several)))
            raise BrokenProvider(f'the provider "{word}" is offered by {packages}; uninstall all but one')


def _load(offer: EntryPoint) -> ProviderType:
    package = _package(offer)
    try:
        kind = offer.load()
    except _IMPORT_FAILURES as error:
        raise BrokenProvider(
            f'the provider "{offer.name}" of the package {package} cannot be loaded ({type(error).__name__}); '
            "update the package or uninstall it"
        ) from error
    if not isinstance(kind, ProviderType) or kind.word != offer.name:
        raise BrokenProvider(
            f'the provider "{offer.name}" of the package {package} is no ProviderType of that word; '
            "update the package or uninstall it"
        )
    return kind


def _package(offer: EntryPoint) -> str:
    return offer.dist.name if offer.dist else offer.module
