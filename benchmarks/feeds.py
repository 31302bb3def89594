"""
Feeds: what may stand in a calendar elsewhere, spoilt at random; none may make time that is empty, outside or nobody's.

    python benchmarks/feeds.py [count [seed]]

A feed that breaks the library ends the process that reads it, which here is counted as refused.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

from bot.domain.calendar import Unread
from bot.pager.ical import read
from tests.bot.pager.feeds import event, feed, spoilt

SINCE = datetime(2026, 11, 20, tzinfo=UTC)
UNTIL = SINCE + timedelta(days=61)
PEOPLE = {"Ann Lee": "U0ANN00001", "Bob": "U0BOB00001"}
DAY = (":20261122T090000Z", ":20261122T170000Z")


def main() -> int:
    count, seed = (int(told) for told in (sys.argv[1:] + ["20000", "1"][len(sys.argv) - 1 :])[:2])
    dice, began_s, found = random.Random(seed), time.perf_counter(), Counter[str]()
    for number in range(count):
        text = spoilt(feed(event("Bob", *DAY), event("Ann Lee", *DAY, "RRULE:FREQ=WEEKLY;COUNT=9")), dice)
        try:
            bookings = read(text, people=PEOPLE, zone="", since=SINCE, until=UNTIL)
        except Unread as unread:
            found[unread.code] += 1
            continue
        except Exception as error:  # noqa: BLE001 - the process that reads a feed ends with it
            found[f"the library: {type(error).__name__}"] += 1
            continue
        found["read"] += 1
        if not bookings or not all(SINCE <= b.begins_at < b.ends_at <= UNTIL and b.user for b in bookings):
            print(f"seed {seed}, feed {number}: {bookings}\n{text}")
            return 1
    print(f"{count} feeds, seed {seed}, {time.perf_counter() - began_s:.0f} s: {dict(found.most_common())}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
