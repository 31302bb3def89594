from __future__ import annotations

import pytest

from bot.domain.incident import Course, course
from tests.bot.domain.watching import BEGIN, MINUTE, SECOND


@pytest.mark.parametrize(
    ("why", "news", "incident", "expected"),
    [
        ("the first bad news opens one", "bad", "none", Course.OPEN),
        ("the next keeps it", "bad", "open", Course.KEEP),
        ("ten minutes after its end it is the same one", "bad", "just closed", Course.REOPEN),
        ("later it is another one", "bad", "closed", Course.OPEN),
        ("the end closes it", "closes", "open", Course.CLOSE),
        ("there is nothing to close", "closes", "none", None),
        ("it is closed already", "closes", "just closed", None),
        ("what is neither does nothing", "neither", "open", None),
        ("nor where there is none", "neither", "none", None),
        ("the clock stepped back since its end: the same one", "bad", "closed in the future", Course.REOPEN),
    ],
)
def test_one_incident_is_open_at_most(why: str, news: str, incident: str, expected: Course | None):
    closed_at = {
        "just closed": BEGIN - 10 * MINUTE,
        "closed": BEGIN - 10 * MINUTE - SECOND,
        "closed in the future": BEGIN + 60 * MINUTE,
    }.get(incident)

    found = course(
        at=BEGIN, is_bad=news == "bad", closes=news == "closes", is_open=incident == "open", closed_at=closed_at
    )

    assert found is expected, why
