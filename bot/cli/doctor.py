"""
`relaybot doctor`: what works, what does not, and what mends it.
"""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from bot.cli.examine import Verdict, examine
from bot.cli.outcome import Outcome
from bot.cli.output import put_object, terminal, waiting
from bot.domain.text import visible

if TYPE_CHECKING:
    import argparse

    from rich.console import Console

    from bot.cli.examine import Finding

SIGNS: Final = {Verdict.OK: "✓", Verdict.WARNING: "!", Verdict.BROKEN: "✗"}
STYLES: Final = {Verdict.OK: "green", Verdict.WARNING: "yellow", Verdict.BROKEN: "bold red"}
OUTCOMES: Final = {Verdict.OK: Outcome.WELL, Verdict.WARNING: Outcome.BAD, Verdict.BROKEN: Outcome.NOT_KNOWN}


def add(commands: argparse._SubParsersAction[Any]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "doctor",
        help="check settings, credentials, Slack, database and clock",
        description="Look at everything that can be wrong before somebody needs the bot. Changes nothing.",
        epilog="Exit status: 0 all is well; 1 something needs attention; 2 something is broken.",
    )
    parser.add_argument("--json", action="store_true", help="print one object a line: about, verdict, found, mend")
    parser.set_defaults(run=run)


async def run(arguments: argparse.Namespace) -> Outcome:
    """Examine, and print each finding as it comes."""
    worst = Outcome.WELL
    console = terminal(as_json=arguments.json)
    async with aclosing(examine()) as findings:
        with waiting("looking …", console):
            async for finding in findings:
                worst = max(worst, OUTCOMES[finding.verdict])
                if arguments.json:
                    put_object(asdict(finding))
                else:
                    _tell(finding, console)
    return worst


def _tell(finding: Finding, console: Console | None) -> None:
    """Say a finding and its mend, whole: a terminal folds lines by itself, and a mend is copied."""
    sign = SIGNS[finding.verdict]
    mend = f"\n    → {visible(finding.mend)}" if finding.mend else ""
    if console is None:
        print(f"{sign} {finding.about}: {visible(finding.found)}{mend}")
        return
    head = (f"{sign} {finding.about}: ", STYLES[finding.verdict])
    console.print(Text.assemble(head, visible(finding.found), mend), soft_wrap=True)
