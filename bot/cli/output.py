"""
Where a command prints: a person's terminal, a pipe, or a program that reads JSON.
"""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from bot.domain.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


def terminal(*, as_json: bool = False) -> Console | None:
    """Return the terminal of the person who reads; None where a program, a pipe or a file does."""
    return Console(highlight=False) if sys.stdout.isatty() and not as_json else None


def put_object(value: Mapping[str, object]) -> None:
    """
    Print one object on one line.

    In ASCII: any encoding carries it, and nothing in it is a control or direction mark to a terminal.
    """
    print(json.dumps(value))


@contextmanager
def waiting(text: str, console: Console | None) -> Iterator[Callable[[str], None]]:
    """
    Show a person that something is under way; what is yielded changes the text.

    Whatever else is printed meanwhile goes to the same console, or the two would write over each other.
    """
    if console is None or console.is_dumb_terminal:
        yield lambda _: None
        return
    with console.status(Text(visible(text), style="dim")) as status:
        yield lambda text: status.update(Text(visible(text), style="dim"))
