"""
`relaybot` as it is, but for a calendar that runs faster and a death at a moment that a signal arms.

    BATTERY='{"began": "2026-11-21T20:00:00+00:00", "speed": 30, …}' python -m tests.battery.victim serve

The file says how it dies from SIGUSR1 on (`Death`), at the commit of a transaction that is told by what it has written.
"""

from __future__ import annotations

import gc
import json
import os
import random
import re
import signal
import sys
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Engine, event
from sqlalchemy.engine.default import DefaultDialect

from bot import clock
from tests.battery.fast import Fast
from tests.battery.process import ENDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

WRITE: Final = re.compile(r"(INSERT INTO|UPDATE|DELETE FROM|CREATE TABLE)\s+(\w+)")
TOLD: Final = frozenset({"reply", "channel"})
LONGEST_COMMIT_S: Final = 0.004  # a death *in* a commit falls anywhere in it
SHORTEST_STANDSTILL_S: Final = 3.0  # a process of a busy machine may be kept waiting for a while

# What a transaction has written, by its statements and their values.
KINDS: Final[Mapping[str, Callable[[str, str, tuple[Any, ...]], bool]]] = {
    "news": lambda verb, table, _values: (verb, table) == ("INSERT INTO", "notices"),
    "told": lambda verb, table, values: (
        (verb, table) == ("INSERT INTO", "notices") and bool(TOLD & {*map(str, values)})
    ),
    "begin": lambda verb, table, values: (verb, table) == ("UPDATE", "notices") and "sending" in values,
    "mark": lambda verb, table, values: (verb, table) == ("UPDATE", "notices") and "done" in values,
    "mute": lambda verb, table, _values: (verb, table) == ("INSERT INTO", "mutes"),
    "ack": lambda verb, table, values: (verb, table) == ("UPDATE", "responses") and "remind" in values,
    "fire": lambda verb, table, values: (verb, table) == ("INSERT INTO", "notices") and "page" in values,
    "handover": lambda verb, table, values: (
        (verb, table) == ("INSERT INTO", "notices") and any(str(each).startswith("rota:handover") for each in values)
    ),
    "migration": lambda verb, _table, _values: verb == "CREATE TABLE",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """
    At the `nth` transaction of a kind (after the first one of another kind, `since`): before, during or after its
    commit, or at the very statement.

    During: at a moment of the commit that `seed` draws. `by` is the signal that ends it. `once` names a file: of
    several processes only the one that makes it dies.
    """

    kind: str
    when: str
    by: int = signal.SIGKILL
    nth: int = 1
    seed: int = 0
    since: str = ""
    once: str = ""


class Fate:
    """
    Waits for a death.

    Args:
        file: where it stands; read at `arm`.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._death: Death | None = None
        self._ran = 0
        self._has_begun = False

    def arm(self, *_signal: object) -> None:
        """Die so from now on; or, where the file says null, live."""
        told = json.loads(self._file.read_text())
        self._death = None if told is None else Death(**told)
        self._ran, self._has_begun = 0, self._death is not None and not self._death.since

    def watch(self) -> None:
        """Watch every transaction of this process."""
        event.listen(Engine, "begin", lambda connection: connection.info.update(written=set()))
        event.listen(Engine, "before_cursor_execute", self._statement)
        commit = DefaultDialect.do_commit

        def do_commit(dialect: DefaultDialect, connection: Any) -> None:
            death = self._counts(connection.info)
            if death and death.when == "before":
                die(death)
            if death and death.when == "during":
                delay_s = random.Random(death.seed).uniform(0, LONGEST_COMMIT_S)  # noqa: S311
                threading.Thread(target=die, args=(death, delay_s), daemon=True).start()
            commit(dialect, connection)
            if death and death.when == "after":
                die(death)

        DefaultDialect.do_commit = do_commit

    def _statement(self, connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        found = WRITE.match(statement.lstrip())
        if found is None:
            return
        values = tuple(parameters.values()) if isinstance(parameters, dict) else tuple(parameters or ())
        connection.info["written"] |= {kind for kind, is_it in KINDS.items() if is_it(found[1], found[2], values)}
        if self._death is not None and self._death.when == "at" and self._counts(connection.info):
            die(self._death)

    def _counts(self, info: Any) -> Death | None:
        """Count a transaction of the kind; return the death if it is the one."""
        death, written = self._death, info.get("written", set())
        if death is None:
            return None
        self._has_begun = self._has_begun or death.since in written
        if not self._has_begun or death.kind not in written:
            return None
        written.discard(death.kind)
        self._ran += 1
        return death if self._ran == death.nth else None


def die(death: Death, after_s: float = 0.0) -> None:
    """Get the signal; after kill -9 nothing is flushed, nothing is closed, nobody is told."""
    if death.once:
        try:
            Path(death.once).touch(exist_ok=False)
        except FileExistsError:
            return
    time.sleep(after_s)
    os.write(sys.stderr.fileno(), ENDS.encode())
    os.kill(os.getpid(), death.by)
    if death.by == signal.SIGKILL:
        time.sleep(60)  # it comes at once, but not always before the next line


def main() -> int:
    told = json.loads(os.environ["BATTERY"])
    clock.now = Fast(clock.now, began=datetime.fromisoformat(told["began"]), speed=told["speed"])
    fate = Fate(Path(told["death"]))
    fate.watch()
    signal.signal(signal.SIGUSR1, fate.arm)
    if told["armed"]:
        fate.arm()
    gc.disable()  # until it is told to look again, as each start does
    from bot import __main__, wiring  # only now: they bind the calendar to their defaults
    from bot.store import engine
    from tests.battery.mutants import MUTANTS, TROUBLES

    engine.STANDSTILL_S = max(engine.STANDSTILL_S / told["haste"], SHORTEST_STANDSTILL_S)  # as long as claims hold

    wiring.serve = partial(wiring.serve, haste=told["haste"])
    if told["mutant"]:
        {**MUTANTS, **TROUBLES}[told["mutant"]]()

    return __main__.main()


if __name__ == "__main__":
    sys.exit(main())
