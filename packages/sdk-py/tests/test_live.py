"""Live events from a server whose every word the test decides."""

from __future__ import annotations

import asyncio
import gc
import json
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from ihuman import (
    AuthenticationError,
    Client,
    ConnectionFailedError,
    DeadlineError,
    ExecutionFailedError,
    IhumanClient,
    IhumanError,
    ProtocolError,
)

from .support import FakeServer, client_of, json_answer, until

both = pytest.mark.parametrize("kind", ["async", "blocking"])
Play = Callable[[ServerConnection, int], Awaitable[None]]


async def say(socket: ServerConnection, kind: str, execution_id: str | None = "x", **fields: Any) -> None:
    about = {} if execution_id is None else {"executionId": execution_id}
    await socket.send(json.dumps({"type": kind, **about, **fields}))


async def welcome(socket: ServerConnection) -> dict[str, Any]:
    """Greets, and takes everything that the first message asks for."""
    await say(socket, "welcome", None, epoch="e", heartbeatMs=30_000)
    message: dict[str, Any] = json.loads(await socket.recv())
    for each in message["executions"]:
        since = each["since"]
        seq = since["seq"] if isinstance(since, dict) else 0
        await say(socket, "subscribed", each["id"], id=message["id"], epoch="e", seq=seq)
    return message


async def log(socket: ServerConnection, seq: int, execution_id: str = "x") -> None:
    await say(socket, "execution-log", execution_id, seq=seq, level="info", message=f"line {seq}")


async def complete(socket: ServerConnection, seq: int, execution_id: str = "x") -> None:
    await say(
        socket, "execution-complete", execution_id, seq=seq, result={"ok": True}, durationMs=5, status="completed"
    )


def tasks_of_clients() -> list[str]:
    """What still runs of this package."""
    return [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("ihuman ")]


async def ten_lines(socket: ServerConnection, _number: int) -> None:
    await welcome(socket)
    for seq in range(1, 11):
        await log(socket, seq)
    await complete(socket, 11)
    await socket.wait_closed()


@both
async def test_events_come_in_order_until_the_execution_ends(kind: str) -> None:
    async with FakeServer(ten_lines).running() as server:
        client = client_of(kind, server.url)
        events = await client.events("x")
        await client.close()
    assert [event["seq"] for event in events] == list(range(1, 12))
    assert events[-1]["duration"] == events[-1]["durationMs"] == 5
    assert server.tokens == ["t"]


@both
async def test_a_cut_connection_goes_on_where_it_was(kind: str) -> None:
    asked = []

    async def play(socket: ServerConnection, number: int) -> None:
        message = await welcome(socket)
        asked.append(message["executions"])
        await log(socket, number)
        if number < 4:
            socket.transport.abort()
            return
        await log(socket, number)
        await complete(socket, number + 1)
        await socket.wait_closed()

    async with FakeServer(play).running() as server:
        client = client_of(kind, server.url)
        events = await client.events("x")
        await client.close()
    assert [event["seq"] for event in events] == [1, 2, 3, 4, 5]
    assert [each[0]["since"] for each in asked] == ["start", {"seq": 1}, {"seq": 2}, {"seq": 3}]


@both
async def test_another_log_begins_anew_and_says_so(kind: str) -> None:
    async def play(socket: ServerConnection, number: int) -> None:
        await welcome(socket)
        if number == 1:
            await log(socket, 1)
            await log(socket, 2)
            await socket.close(1012, "restarting")
            return
        await say(socket, "gap", fromSeq=1, toSeq=0, reason="epoch")
        await log(socket, 1)
        await complete(socket, 2)
        await socket.wait_closed()

    async with FakeServer(play).running() as server:
        client = client_of(kind, server.url)
        events = await client.events("x")
        await client.close()
    assert [(event["type"], event.get("seq")) for event in events] == [
        ("log", 1),
        ("log", 2),
        ("gap", None),
        ("log", 1),
        ("complete", 2),
    ]


@both
async def test_an_execution_that_fails_is_an_error_with_its_code(kind: str) -> None:
    async def play(socket: ServerConnection, _number: int) -> None:
        await welcome(socket)
        await say(socket, "execution-error", seq=1, error="boom", code="SKILL_FAILED", status="failed", durationMs=7)
        await socket.wait_closed()

    async with FakeServer(play).running() as server:
        client = client_of(kind, server.url)
        with pytest.raises(ExecutionFailedError, match="boom") as caught:
            await client("wait_for", "x")
        await client.close()
    assert caught.value.code == "SKILL_FAILED"
    assert caught.value.execution == {
        "executionId": "x",
        "status": "failed",
        "error": "boom",
        "code": "SKILL_FAILED",
        "durationMs": 7,
    }


@both
@pytest.mark.parametrize(
    ("code", "can_refresh", "error", "reason"),
    [
        (4504, False, ConnectionFailedError, "DISCONNECTED"),
        (4503, True, ConnectionFailedError, "DISCONNECTED"),
        (4001, False, AuthenticationError, "UNAUTHENTICATED"),
    ],
)
async def test_a_server_that_says_stop_is_not_asked_again(
    kind: str, code: int, can_refresh: bool, error: type[Exception], reason: str
) -> None:
    async def play(socket: ServerConnection, _number: int) -> None:
        await welcome(socket)
        await socket.close(code, "go away")

    async with FakeServer(play).running() as server:
        token = (lambda: "t") if can_refresh else "t"
        client = client_of(kind, server.url, token=token)
        told: list[Any] = []
        client.client.on("disconnected", told.append)
        with pytest.raises(IhumanError, match="go away") as caught:
            await client.events("x")
        await client.close()
    assert isinstance(caught.value, error)
    assert caught.value.code == reason
    assert told == [{"code": code, "reason": "go away", "retryInMs": None}]
    assert server.connections == 1


@both
async def test_an_expired_token_is_replaced_and_nothing_is_lost(kind: str) -> None:
    async def play(socket: ServerConnection, number: int) -> None:
        await welcome(socket)
        await log(socket, number)
        if number == 1:
            await socket.close(4001, "expired")
        else:
            await complete(socket, 3)
            await socket.wait_closed()

    tokens = iter(["old", "new"])
    async with FakeServer(play).running() as server:
        client = client_of(kind, server.url, token=lambda: next(tokens))
        events = await client.events("x")
        await client.close()
    assert [event["seq"] for event in events] == [1, 2, 3]
    assert server.tokens == ["old", "new"]


@both
async def test_a_lost_connection_is_told_apart_from_a_failed_execution(kind: str) -> None:
    async def play(socket: ServerConnection, number: int) -> None:
        await welcome(socket)
        if number == 1:
            await socket.close(1012, "restarting")
        else:
            await say(socket, "execution-error", seq=1, error="boom", code="C", status="failed", durationMs=1)
            await socket.wait_closed()

    told: list[tuple[str, Any]] = []
    async with FakeServer(play).running() as server:
        client = client_of(kind, server.url)
        client.client.on("connected", lambda event: told.append(("connected", event)))
        client.client.on("disconnected", lambda event: told.append(("disconnected", event)))
        client.client.on("error", lambda event: told.append(("error", event)))
        await client("connect_websocket", "x")
        await until("the failure is told", lambda: told[-1][0] == "error")
        await client.close()
    assert [name for name, _ in told] == ["connected", "disconnected", "connected", "error"]
    assert [event["reconnected"] for name, event in told if name == "connected"] == [False, True]
    assert told[1][1]["code"] == 1012
    assert told[1][1]["retryInMs"] >= 0


@both
async def test_a_server_that_has_no_websocket_is_an_error_at_once(kind: str) -> None:
    async def play(socket: ServerConnection, _number: int) -> None:
        await socket.wait_closed()

    async with FakeServer(play).running() as server:
        client = client_of(kind, server.url)
        for answer, error in (
            (b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<html>", ProtocolError),
            (json_answer(401, {"code": "UNAUTHENTICATED"}), AuthenticationError),
        ):
            server.refusals = [answer]
            with pytest.raises(error):
                await client("wait_for", "x")
        await client.close()


@both
async def test_a_server_that_is_not_ready_is_tried_again(kind: str) -> None:
    async with FakeServer(ten_lines).running() as server:
        server.refusals = [json_answer(503, {"code": "NOT_READY"}), json_answer(502, {})]
        client = client_of(kind, server.url)
        assert len(await client.events("x")) == 11
        await client.close()


@both
async def test_a_peer_that_does_not_answer_is_left(kind: str) -> None:
    over = asyncio.Event()

    async def play(socket: ServerConnection, number: int) -> None:
        await welcome(socket)
        if number == 1:
            await log(socket, 1)
            # Half open: nothing is read any more, so that no ping is answered.
            socket.transport.pause_reading()
            await over.wait()
            return
        await complete(socket, 2)
        await socket.wait_closed()

    async with FakeServer(play).running() as server:
        client = client_of(kind, server.url, heartbeat=0.2)
        events = await client.events("x")
        await client.close()
        over.set()
    assert [event["seq"] for event in events] == [1, 2]


@both
async def test_waiting_ends_in_time_when_the_execution_does_not(kind: str) -> None:
    async def play(socket: ServerConnection, _number: int) -> None:
        await welcome(socket)
        await socket.wait_closed()

    async with FakeServer(play).running() as server:
        client = client_of(kind, server.url)
        with pytest.raises(TimeoutError) as caught:
            await client("wait_for", "x", timeout=0.3)
        assert isinstance(caught.value, DeadlineError)
        await client.close()


@both
async def test_a_subscription_that_nobody_takes_is_given_up_in_time(kind: str) -> None:
    async def play(socket: ServerConnection, _number: int) -> None:
        await say(socket, "welcome", None, epoch="e")
        await socket.wait_closed()

    async with FakeServer(play).running() as server:
        client = client_of(kind, server.url, timeout=0.3)
        with pytest.raises(DeadlineError):
            await client("connect_websocket", "x")
        await client.close()


@both
async def test_a_handler_that_raises_harms_nobody(kind: str) -> None:
    faults: list[BaseException] = []
    heard: list[int] = []

    def bad(event: Any) -> None:
        raise LookupError(event["seq"])

    async with FakeServer(ten_lines).running() as server:
        client = client_of(kind, server.url, on_handler_error=faults.append)
        client.client.on("log", bad)
        client.client.on("log", lambda event: heard.append(event["seq"]))
        await client("connect_websocket", "x")
        await until("all is heard", lambda: len(heard) == 10)
        await client.close()
    assert heard == list(range(1, 11))
    assert [type(fault) for fault in faults] == [LookupError] * 10


@both
async def test_a_failed_execution_without_a_handler_is_no_error_of_the_program(kind: str) -> None:
    async def play(socket: ServerConnection, _number: int) -> None:
        await welcome(socket)
        await say(socket, "execution-error", seq=1, error="boom", code="C", status="failed", durationMs=1)
        await log(socket, 2, "y")
        await socket.wait_closed()

    heard: list[Any] = []
    async with FakeServer(play).running() as server:
        client = client_of(kind, server.url)
        await client("connect_websocket", "x")
        client.client.on("disconnected", heard.append)
        await client.close()
    assert heard == []


@both
async def test_disconnecting_while_it_connects_ends_what_waits(kind: str) -> None:
    reached = asyncio.Event()

    async def play(socket: ServerConnection, _number: int) -> None:
        reached.set()
        await socket.wait_closed()

    async with FakeServer(play).running() as server:
        client = client_of(kind, server.url)
        connecting = asyncio.ensure_future(client("connect_websocket", "x"))
        await reached.wait()
        await client("disconnect")
        with pytest.raises(ConnectionFailedError, match="disconnected"):
            await connecting
        await client.close()


@both
async def test_leaving_the_block_lets_handlers_hear_the_execution_out(kind: str) -> None:
    async def play(socket: ServerConnection, _number: int) -> None:
        await welcome(socket)
        for seq in (1, 2, 3):
            await asyncio.sleep(0.05)
            await log(socket, seq)
        await complete(socket, 4)
        await socket.wait_closed()

    heard: list[int] = []

    async def hear_async(event: Any) -> None:
        await asyncio.sleep(0.01)
        heard.append(event["seq"])

    async with FakeServer(play).running() as server:
        if kind == "async":
            async with IhumanClient(server.url, token="t") as client:
                client.on("log", hear_async)
                await client.connect_websocket("x")
        else:

            def block() -> None:
                with Client(server.url, token="t") as client:
                    client.on("log", lambda event: heard.append(event["seq"]))
                    client.connect_websocket("x")

            await asyncio.to_thread(block)
    assert heard == [1, 2, 3]


@both
async def test_leaving_the_block_by_an_exception_waits_for_nothing(kind: str) -> None:
    async def play(socket: ServerConnection, _number: int) -> None:
        await welcome(socket)
        await socket.wait_closed()

    async def leave(url: str) -> None:
        async with IhumanClient(url, token="t") as client:
            client.on("log", print)
            await client.connect_websocket("x")
            raise LookupError

    def leave_blocking(url: str) -> None:
        with Client(url, token="t") as client:
            client.on("log", print)
            client.connect_websocket("x")
            raise LookupError

    async with FakeServer(play).running() as server:
        leaving = leave(server.url) if kind == "async" else asyncio.to_thread(leave_blocking, server.url)
        with pytest.raises(LookupError):
            await leaving


@both
async def test_the_present_state_is_told_on_request_and_ends_nothing(kind: str) -> None:
    async def play(socket: ServerConnection, _number: int) -> None:
        await welcome(socket)
        assert json.loads(await socket.recv()) == {"type": "request-update", "executionId": "x"}
        await say(socket, "execution-complete", snapshot=True, headSeq=2, result=1, durationMs=1, status="completed")
        await log(socket, 1)
        await complete(socket, 2)
        await socket.wait_closed()

    heard: list[Any] = []
    async with FakeServer(play).running() as server:
        client = client_of(kind, server.url)
        names: tuple[Any, ...] = ("log", "complete")
        for name in names:
            client.client.on(name, heard.append)
        assert not await client("request_update", "x")
        await client("connect_websocket", "x")
        assert await client("request_update", "x")
        await until("all is heard", lambda: len(heard) == 3)
        await client.close()
    assert [(event["type"], event.get("snapshot", False)) for event in heard] == [
        ("complete", True),
        ("log", False),
        ("complete", False),
    ]


async def test_handlers_that_are_registered_after_connecting_hear_everything_too() -> None:
    heard: list[Any] = []
    async with FakeServer(ten_lines).running() as server:
        async with IhumanClient(server.url, token="t") as client:
            await client.connect_websocket("x")
            client.on("log", heard.append)
        assert len(heard) == 10


async def test_async_handlers_hear_events_in_order_and_one_that_hangs_holds_up_only_itself() -> None:
    slow: list[int] = []
    quick: list[int] = []

    async def hear_slowly(event: Any) -> None:
        await asyncio.sleep(0.01 if event["seq"] == 1 else 0)
        slow.append(event["seq"])

    async def hang(_event: Any) -> None:
        await asyncio.Event().wait()

    async with FakeServer(ten_lines).running() as server, IhumanClient(server.url, token="t", linger=0) as client:
        client.on("log", hear_slowly)
        client.on("log", hang)
        client.on("log")(lambda event: quick.append(event["seq"]))
        await client.connect_websocket("x")
        await until("the slow one has heard all", lambda: len(slow) == 10)
    assert slow == quick == list(range(1, 11))


async def test_an_async_handler_may_close_the_client() -> None:
    closed = asyncio.Event()
    async with FakeServer(ten_lines).running() as server:
        client = IhumanClient(server.url, token="t")

        async def close(_event: Any) -> None:
            await client.close()
            closed.set()

        client.on("complete", close)
        await client.connect_websocket("x")
        await closed.wait()


async def test_a_blocking_handler_may_close_the_client() -> None:
    closed = threading.Event()
    async with FakeServer(ten_lines).running() as server:
        client = Client(server.url, token="t")

        def close(_event: Any) -> None:
            client.close()
            closed.set()

        client.on("complete", close)
        await asyncio.to_thread(client.connect_websocket, "x")
        await asyncio.to_thread(closed.wait, 30)
    assert closed.is_set()


async def test_a_blocking_client_refuses_async_handlers() -> None:
    faults: list[BaseException] = []

    async def hear(_event: Any) -> None:
        """Never awaited."""

    async with FakeServer(ten_lines).running() as server:
        client = client_of("blocking", server.url, on_handler_error=faults.append)
        client.client.on("complete", hear)
        await client("connect_websocket", "x")
        await until("it was refused", lambda: faults)
        await client.close()
    assert isinstance(faults[0], TypeError)


async def test_a_cancelled_wait_loses_no_event() -> None:
    going_on = asyncio.Event()

    async def play(socket: ServerConnection, _number: int) -> None:
        await welcome(socket)
        await log(socket, 1)
        await going_on.wait()
        await log(socket, 2)
        await complete(socket, 3)
        await socket.wait_closed()

    async with FakeServer(play).running() as server, IhumanClient(server.url, token="t") as client:
        stream = client.events("x")
        seen = [await anext(stream)]
        for _ in range(3):
            waiting = asyncio.ensure_future(anext(stream))
            await asyncio.sleep(0.01)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        going_on.set()
        seen += [event async for event in stream]
        with pytest.raises(StopAsyncIteration):
            await anext(stream)
    assert [event["seq"] for event in seen] == [1, 2, 3]  # type: ignore[typeddict-item]


async def test_leaving_the_loop_stops_it_and_frees_the_connection() -> None:
    asked: list[Any] = []

    async def play(socket: ServerConnection, _number: int) -> None:
        await welcome(socket)
        await log(socket, 1)
        async for text in socket:
            asked.append(json.loads(text))  # noqa: PERF401 - somebody watches it grow

    async with FakeServer(play).running() as server, IhumanClient(server.url, token="t") as client:
        async for _event in client.events("x"):
            break
        gc.collect()
        await until("it was told to the server", lambda: asked)
        assert asked == [{"type": "unsubscribe", "executionId": "x"}]
        await until("the unused connection is closed", lambda: not client.is_connected)
        assert tasks_of_clients() == []


@pytest.mark.parametrize("steps", range(12))
async def test_cancelling_at_any_moment_leaves_nothing_behind(steps: int) -> None:
    before = asyncio.all_tasks()
    async with FakeServer(ten_lines).running() as server:
        client = IhumanClient(server.url, token="t")
        task = asyncio.ensure_future(client.wait_for("x"))
        for _ in range(steps * steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        await client.close()
        assert tasks_of_clients() == []
    await until("all is quiet", lambda: asyncio.all_tasks() <= before)


async def test_thousands_of_subscriptions_on_one_client_need_few_messages_and_connections() -> None:
    count = 2500
    messages: list[int] = []

    async def play(socket: ServerConnection, _number: int) -> None:
        await say(socket, "welcome", None, epoch="e")
        async for text in socket:
            message = json.loads(text)
            messages.append(len(message["executions"]))
            for each in message["executions"]:
                await say(socket, "subscribed", each["id"], id=message["id"], epoch="e", seq=0)
                await complete(socket, 1, each["id"])

    async with FakeServer(play).running() as server, IhumanClient(server.url, token="t") as client:
        endings = await asyncio.gather(*(client.wait_for(f"x{i}") for i in range(count)))
        assert server.connections == 3
    assert len(endings) == sum(messages) == count
    assert len(messages) < 100


async def test_many_who_wait_for_one_execution_share_one_subscription() -> None:
    ending = asyncio.Event()

    async def play(socket: ServerConnection, _number: int) -> None:
        await welcome(socket)
        await ending.wait()
        await complete(socket, 1)
        await socket.wait_closed()

    async with FakeServer(play).running() as server, IhumanClient(server.url, token="t") as client:
        waiting = [asyncio.ensure_future(client.wait_for("x")) for _ in range(50)]
        await until("it is connected", lambda: client.is_connected)
        waiting[0].cancel()
        ending.set()
        ended = await asyncio.gather(*waiting[1:])
    assert len(ended) == 49
    assert server.connections == 1


async def test_an_unsubscribed_execution_is_not_heard_of() -> None:
    heard: list[Any] = []

    async def play(socket: ServerConnection, _number: int) -> None:
        await welcome(socket)
        await log(socket, 1)
        assert json.loads(await socket.recv())["type"] == "unsubscribe"
        await log(socket, 2)
        message = json.loads(await socket.recv())
        await say(socket, "subscribed", "y", id=message["id"], epoch="e", seq=0)
        await log(socket, 1, "y")
        await socket.wait_closed()

    async with FakeServer(play).running() as server, IhumanClient(server.url, token="t") as client:
        client.on("log", heard.append)
        await client.subscribe("x")
        await until("the first one is heard", lambda: heard)
        await client.unsubscribe("x")
        await client.unsubscribe("x")
        await client.subscribe("y")
        await client.unsubscribe("y")
        await until("the connection is closed", lambda: not client.is_connected)
    assert len(heard) == 1


async def test_handlers_come_and_go() -> None:
    heard: list[Any] = []
    client = IhumanClient()
    client.once("progress", heard.append)
    client.on("log", heard.append)
    client.off("log", heard.append)
    for _ in range(2):
        client._tell({"type": "progress"})  # type: ignore[arg-type]
        client._tell({"type": "log"})  # type: ignore[arg-type]
    assert heard == [{"type": "progress"}]
    with pytest.raises(ValueError, match="progres"):
        client.on("progres", print)  # type: ignore[call-overload]


def test_a_client_lives_longer_than_a_loop() -> None:
    client = IhumanClient("http://127.0.0.1:9", token="t")

    async def once() -> int:
        async with FakeServer(ten_lines).running() as server:
            object.__setattr__(client._http.settings, "base_url", server.url)
            events = [event async for event in client.events("x")]
            await client.close()
            return len(events)

    assert [asyncio.run(once()) for _ in range(2)] == [11, 11]
