"""Connections that are cut everywhere, and servers that are killed: no event is lost, and none comes twice."""

from __future__ import annotations

import asyncio
import functools
from typing import Any

import pytest

from ihuman import IhumanClient

from .conftest import Account
from .support import Either, OwnServer, Proxy, client_of, until

both = pytest.mark.parametrize("kind", ["async", "blocking"])


async def ended_execution(account: Account) -> tuple[str, int]:
    """An execution that is over, and how many events it has."""
    async with IhumanClient(account.url, token=account.token) as client:
        requested = await client.execute_skill("countdown", {"from": 3})
        events = [event async for event in client.events(requested["executionId"])]
    return requested["executionId"], len(events)


async def seqs_through(kind: str, account: Account, execution_id: str, proxy: Proxy) -> list[Any]:
    async with proxy.running():
        client = client_of(kind, proxy.url, token=account.token)
        try:
            return [event["seq"] for event in await client.events(execution_id)]
        finally:
            await client.close()


@both
async def test_a_cut_behind_every_frame_loses_and_doubles_nothing(kind: str, account: Account) -> None:
    execution_id, count = await ended_execution(account)
    # Behind the greeting, the subscription, each event, what ends the stream; and again on the connection after it.
    cuts = range(count + 4)
    proxies = [Proxy(account.url, frames=[cut, cut // 2, 1, 3]) for cut in cuts]
    told = await asyncio.gather(*(seqs_through(kind, account, execution_id, proxy) for proxy in proxies))
    assert told == [list(range(1, count + 1))] * len(cuts)
    assert sum(proxy.cut for proxy in proxies) >= len(cuts)


@both
async def test_a_cut_after_any_number_of_bytes_loses_and_doubles_nothing(kind: str, account: Account) -> None:
    execution_id, count = await ended_execution(account)
    cuts = range(0, 2800, 97)
    proxies = [Proxy(account.url, size=[cut, 700]) for cut in cuts]
    told = await asyncio.gather(*(seqs_through(kind, account, execution_id, proxy) for proxy in proxies))
    assert told == [list(range(1, count + 1))] * len(cuts)
    assert sum(proxy.cut for proxy in proxies) >= len(cuts) // 2


async def test_many_executions_over_one_connection_that_is_cut_again_and_again(account: Account) -> None:
    proxy = Proxy(account.url, frames=[3, 10, 30, 31, 47, 60, 80])
    async with proxy.running(), IhumanClient(proxy.url, token=account.token) as client:
        requested = await asyncio.gather(*(client.execute_skill("countdown", {"from": 3}) for _ in range(30)))

        async def seqs(execution_id: str) -> list[Any]:
            return [event.get("seq") async for event in client.events(execution_id)]

        told = await asyncio.gather(*(seqs(each["executionId"]) for each in requested))
    assert proxy.cut >= 5
    assert all(each == list(range(1, len(each) + 1)) for each in told)


async def report(client: IhumanClient, execution_id: str, what: str, body: Any) -> None:
    """What a program tells of an execution of its own."""
    from ihuman._calls import Call

    await client._http.run(Call("POST", f"/api/executions/{execution_id}/{what}", body=body, creates=True))


async def open_execution(client: IhumanClient) -> str:
    from ihuman._calls import Call

    opened = await client._http.run(Call[Any]("POST", "/api/executions", body={"name": "import"}, creates=True))
    execution_id: str = opened["executionId"]
    return execution_id


@both
async def test_a_server_that_is_killed_in_the_middle_and_started_again_is_no_loss(
    kind: str, own_server: OwnServer
) -> None:
    token = own_server.key
    async with IhumanClient(own_server.url, token=token) as program:
        execution_id = await open_execution(program)
        client = client_of(kind, own_server.url, token=token)
        events: list[Any] = []
        following = asyncio.ensure_future(_collect(client, execution_id, events))
        for round_ in range(2):
            for i in range(4):
                await report(program, execution_id, "logs", {"level": "info", "message": f"{round_}.{i}"})
            expected = 4 * (round_ + 1)
            await until("the first ones are heard", functools.partial(_has, events, expected))
            if round_ == 0:
                own_server.kill()
                await own_server.start()
        await report(program, execution_id, "complete", {"durationMs": 1, "result": "done"})
        await following
        await client.close()
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert [event["message"] for event in events if event["type"] == "log"] == [
        f"{round_}.{i}" for round_ in range(2) for i in range(4)
    ]
    assert events[-1]["result"] == "done"


async def _collect(client: Either, execution_id: str, events: list[Any]) -> None:
    if isinstance(client.client, IhumanClient):
        async for event in client.client.events(execution_id):
            events.append(event)  # noqa: PERF401 - somebody watches it grow
    else:
        blocking = client.client
        await asyncio.to_thread(lambda: events.extend(blocking.events(execution_id)))


def _has(events: list[Any], count: int) -> bool:
    return len(events) >= count
