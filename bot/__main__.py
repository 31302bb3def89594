"""
`python -m bot`, and the console command `relaybot`.
"""

from __future__ import annotations

import gc
import sys


def main() -> int:
    """Run the command line; the return value is the exit status."""
    gc.disable()  # what is imported stays; to look through it for garbage, again and again, is a third of a start
    from bot import cli

    gc.freeze()
    gc.enable()
    return cli.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
