"""Figures of the Python SDK beside the libraries that it stands on, on the same server in the same run.

    python bench/programs/sdk-py.py --url http://127.0.0.1:5173 --token KEY [--seconds 2] [--lines 3000]

Address and key may come from IHUMAN_URL and IHUMAN_TOKEN.

Writes one line of JSON: `execute` and `bareExecute` (requests in a second, 50 in flight), `events` and `bareEvents` (messages in a second
over one socket), `runP50Ms` and `bareRunP50Ms` (one at a time), and the ratios of each pair.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from websockets.asyncio.client import connect

from ihuman import IhumanClient

IN_FLIGHT = 50
ROUNDS = 5

Work = Callable[[], Awaitable[Any]]


async def per_second(work: Work, seconds: float) -> float:
    """How often it is done in a second, 50 at a time."""
    done = 0
    began = time.perf_counter()

    async def worker() -> None:
        nonlocal done
        while time.perf_counter() - began < seconds:
            await work()
            done += 1

    await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))
    return done / (time.perf_counter() - began)


async def p50_ms(work: Work, seconds: float) -> float:
    """How long it takes, one at a time."""
    times = []
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        start = time.perf_counter()
        await work()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


async def compared(measure: Callable[[Work], Awaitable[float]], ours: Work, bare: Work) -> tuple[float, float]:
    """Both by turns, so that neither has the better half of a noisy machine."""
    pairs = [(await measure(ours), await measure(bare)) for _ in range(ROUNDS)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


async def execution_with_lines(http: httpx.AsyncClient, lines: int) -> str:
    """An execution that has a lot to tell."""
    opened = await http.post("/api/executions", json={"name": "bench-lines"})
    execution_id: str = opened.raise_for_status().json()["executionId"]
    left = iter(range(lines))

    async def worker() -> None:
        for i in left:
            body = {"level": "info", "message": f"line {i} of a program that has a lot to say"}
            (await http.post(f"/api/executions/{execution_id}/logs", json=body)).raise_for_status()

    await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))
    await http.post(f"/api/executions/{execution_id}/complete", json={"durationMs": 1, "result": None})
    return execution_id


async def compare_events(
    client: IhumanClient, http: httpx.AsyncClient, seconds: float, lines: int
) -> tuple[float, float]:
    execution_id = await execution_with_lines(http, lines)
    ticket = (await http.post("/api/auth/ticket")).json()["ticket"]
    url = f"{str(http.base_url).rstrip('/').replace('http', 'ws', 1)}/ws?v=2&ticket={ticket}"
    subscribe = json.dumps({"type": "subscribe", "executionId": execution_id, "since": "start"})

    async def ours() -> int:
        count = 0
        async for _event in client.events(execution_id):
            count += 1
        return count

    async with connect(url, compression=None, max_size=None) as socket:

        async def bare() -> int:
            count = 0
            await socket.send(subscribe)
            async for text in socket:
                message = json.loads(text)
                if message["type"].startswith("execution-"):
                    count += 1
                elif message["type"] == "stream-end":
                    break
            return count

        async def rate(work: Work) -> float:
            count = 0
            began = time.perf_counter()
            while time.perf_counter() - began < seconds:
                count += await work()
            return count / (time.perf_counter() - began)

        return await compared(rate, ours, bare)


async def figures(url: str, token: str, seconds: float, lines: int) -> dict[str, float]:
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=100, keepalive_expiry=30)
    headers = {"authorization": f"Bearer {token}"}
    async with (
        IhumanClient(base_url=url, token=token) as client,
        httpx.AsyncClient(base_url=url, headers=headers, limits=limits, timeout=30) as http,
    ):
        path = "/api/skills/noop/execute"

        async def bare_execute() -> Any:
            return (await http.post(path, json={"params": {}})).raise_for_status().json()

        async def bare_run() -> Any:
            answer = await http.post(path, json={"params": {}}, headers={"prefer": "wait=30"})
            return answer.raise_for_status().json()["result"]

        execute = await compared(
            lambda work: per_second(work, seconds), lambda: client.execute_skill("noop"), bare_execute
        )
        run = await compared(lambda work: p50_ms(work, seconds), lambda: client.run("noop"), bare_run)
        events = await compare_events(client, http, seconds, lines)
    return {
        "execute": execute[0],
        "bareExecute": execute[1],
        "executeRatio": execute[0] / execute[1],
        "events": events[0],
        "bareEvents": events[1],
        "eventsRatio": events[0] / events[1],
        "runP50Ms": run[0],
        "bareRunP50Ms": run[1],
        "runRatio": run[0] / run[1],
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default=os.environ.get("IHUMAN_URL"))
    parser.add_argument("--token", default=os.environ.get("IHUMAN_TOKEN"))
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--lines", type=int, default=3000)
    given = parser.parse_args()
    print(json.dumps(asyncio.run(figures(given.url, given.token, given.seconds, given.lines))))
