"""
A process that asks a cloud as fast as its lane lets it, as the watch does:

    python -m tests.bot.queue.spender <database> <cloud> <name>

It says when it is ready, begins when a line comes, and ends with its standard input.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import sys

import httpx

from adapters.contract import AccountName, Reply, Request
from bot import clock
from bot.domain.turn import Urgency
from bot.queue.lanes import Lanes
from bot.store.database import Database
from bot.store.pace import Paces
from tests.bot.queue.stage import Cloud, Stage, VirtualTime, account

AT_ONCE = 20
RATE = 10.0  # a second, as the cloud documents it; half of it is ours


async def spend(url: str, cloud: str, name: str) -> None:
    loop, nonces = asyncio.get_running_loop(), itertools.count()
    database = Database.open(url)
    paces = Paces(database)
    async with httpx.AsyncClient() as http:

        async def send(request: Request) -> Reply:
            reply = await http.get(f"{cloud}/{name}")
            return Reply(status=reply.status_code, headers={}, body=reply.content, received_at=clock.now())

        lanes = Lanes(
            providers={AccountName("a"): Cloud(VirtualTime(), rate=RATE)},
            accounts={AccountName("a"): account("a", share=0.5)},
            reserve=paces.reserve,
            charge=paces.charge,
            throttle=paces.throttle,
            send=send,
            now=clock.now,
            monotonic=loop.time,
            sleep=asyncio.sleep,
            jitter=random.random,
            nonce=lambda: str(next(nonces)),
        )
        stage = Stage(VirtualTime(), Cloud(VirtualTime()), lanes, paces, AccountName("a"))
        numbers = itertools.count()

        async def ask() -> None:
            while True:
                await lanes.ask(stage.ref(f"{name} {next(numbers)}"), urgency=Urgency.BEAT)

        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await loop.run_in_executor(None, sys.stdin.readline)
        asking = [asyncio.create_task(ask()) for _ in range(AT_ONCE)]
        await loop.run_in_executor(None, sys.stdin.readline)
        for each in asking:
            each.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        await lanes.close()
    await database.close()


if __name__ == "__main__":
    asyncio.run(spend(*sys.argv[1:]))
