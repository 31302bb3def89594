"""
`python -m bot`, and the console command `relaybot`.
"""

from __future__ import annotations

import sys

from bot import cli


def main() -> int:
    """Run the command line; the return value is the exit status."""
    return cli.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
