"""
How long the tests may take: `make test` leaves out, or plays in a short form, what takes long; `.ci/run` plays it all.
"""

from __future__ import annotations

import os
from typing import Final

IS_WHOLE: Final = os.environ.get("RELAYBOT_TESTS") == "whole"
WHY_NOT: Final = "takes long: .ci/run plays it, and so does RELAYBOT_TESTS=whole make test"
