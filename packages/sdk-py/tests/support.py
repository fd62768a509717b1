"""What the tests put between the client and a server, or in a server's place."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
import os
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from websockets.asyncio.server import ServerConnection, serve

from ihuman import Client, IhumanClient, RetryPolicy

DEADLINE = 60.0


async def until(claim: str, condition: Callable[[], Any]) -> Any:
    """Waits until the condition gives something truthy."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        value = condition()
        value = await value if inspect.isawaitable(value) else value
        if value:
            return value
        await asyncio.sleep(0.01)
    raise AssertionError(f"never came true: {claim}")


async def value_of(value: Any) -> Any:
    """What a method of either client gives: awaited where it can be."""
    return await value if inspect.isawaitable(value) else value


@contextlib.asynccontextmanager
async def tcp_server(
    handle: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[int]:
    """Something that listens on a free port. What it raises when it is cut off is nobody's concern."""
    tasks: set[asyncio.Task[Any]] = set()

    async def run(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await handle(reader, writer)
        except (OSError, EOFError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            tasks.discard(task)

    server = await asyncio.start_server(run, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def request_in(reader: asyncio.StreamReader) -> str:
    """The next request: its head and body as text."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    lengths = [line for line in head.lower().split("\r\n") if line.startswith("content-length:")]
    body = await reader.readexactly(int(lengths[0].split(":")[1])) if lengths else b""
    return head + body.decode()


def json_answer(status: int, value: Any, *headers: str) -> bytes:
    """An answer as bytes."""
    body = json.dumps(value).encode()
    head = [f"HTTP/1.1 {status} X", "content-type: application/json", f"content-length: {len(body)}", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


class FakeServer:
    """A server that gives tickets and lets a test play the WebSocket's other end."""

    def __init__(self, play: Callable[[ServerConnection, int], Awaitable[None]]) -> None:
        self.play = play
        self.connections = 0
        self.tickets = 0
        self.tokens: list[str] = []
        #: Answers to requests for a ticket, before there are tickets.
        self.refusals: list[bytes] = []
        self.url = ""

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[FakeServer]:
        async def played(socket: ServerConnection) -> None:
            self.connections += 1
            await self.play(socket, self.connections)

        async with serve(played, "127.0.0.1", 0, compression=None, ping_interval=None, close_timeout=1) as inner:
            port = next(iter(inner.sockets)).getsockname()[1]

            async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                while True:
                    head = await reader.readuntil(b"\r\n\r\n")
                    if head.startswith(b"GET /ws"):
                        await pipe(reader, writer, port, head)
                        return
                    lines = head.decode().lower().split("\r\n")
                    self.tokens += [line.split()[-1] for line in lines if line.startswith("authorization")]
                    if self.refusals:
                        writer.write(self.refusals.pop(0))
                    else:
                        self.tickets += 1
                        writer.write(json_answer(201, {"ticket": f"ticket-{self.tickets}", "expiresInMs": 30_000}))

            async with tcp_server(handle) as front:
                self.url = f"http://127.0.0.1:{front}"
                yield self


async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int, first: bytes) -> None:
    """Carries bytes both ways until one side ends."""
    from_server, to_server = await asyncio.open_connection("127.0.0.1", port)
    to_server.write(first)
    tasks = [asyncio.ensure_future(_carry(reader, to_server)), asyncio.ensure_future(_carry(from_server, writer))]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        to_server.close()
        for task in tasks:
            task.cancel()


class Proxy:
    """Between a client and a server; ends WebSockets after so many bytes or frames of the server.

    `cuts` says where to cut the first connection, the second one and so on; None and those beyond the list live.
    """

    def __init__(
        self, url: str, *, frames: list[int | None] | None = None, size: list[int | None] | None = None
    ) -> None:
        self.target = int(url.rsplit(":", 1)[1])
        self.frames = frames or []
        self.size = size or []
        self.sockets = 0
        self.cut = 0
        self.url = ""

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Proxy]:
        async with tcp_server(self._handle) as port:
            self.url = f"http://127.0.0.1:{port}"
            yield self

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"GET /ws"):
            await pipe(reader, writer, self.target, head)
            return
        number, self.sockets = self.sockets, self.sockets + 1
        frames = self.frames[number] if number < len(self.frames) else None
        size = self.size[number] if number < len(self.size) else None
        if frames is None and size is None:
            await pipe(reader, writer, self.target, head)
            return
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self.target)
        to_server.write(head)
        back = asyncio.ensure_future(_carry(reader, to_server))
        try:
            await (
                _frames(from_server, writer, frames) if frames is not None else _bytes(from_server, writer, size or 0)
            )
            self.cut += 1
        finally:
            back.cancel()
            writer.transport.abort()
            to_server.close()


async def _carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await source.read(65_536):
            target.write(piece)
            await target.drain()


async def _bytes(source: asyncio.StreamReader, target: asyncio.StreamWriter, size: int) -> None:
    while size > 0 and (piece := await source.read(size)):
        target.write(piece)
        size -= len(piece)
    await target.drain()


async def _frames(source: asyncio.StreamReader, target: asyncio.StreamWriter, frames: int) -> None:
    target.write(await source.readuntil(b"\r\n\r\n"))
    for _ in range(frames):
        start = await source.readexactly(2)
        extra = {126: 2, 127: 8}.get(start[1] & 127, 0)
        length = await source.readexactly(extra)
        rest = await source.readexactly(int.from_bytes(length, "big") if extra else start[1] & 127)
        target.write(start + length + rest)
    await target.drain()


class OwnServer:
    """A server of a test's own, which can be killed and started again."""

    def __init__(self, data: Path, *flags: str) -> None:
        self.data = data
        self.flags = flags
        self.port = 0
        self.process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def key(self) -> str:
        return (self.data / "admin-key").read_text().strip()

    async def start(self) -> None:
        """Starts it, on the port that it had."""
        command = [
            *json.loads(os.environ["IHUMAN_TEST_COMMAND"]),
            f"--port={self.port}",
            f"--data-dir={self.data}",
            *self.flags,
        ]
        log = self.data.parent / "server.log"
        with log.open("w") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, text=True)
        ready = await until("the server is ready", lambda: self._ready(log))
        self.port = int(ready["url"].rsplit(":", 1)[1])

    def kill(self) -> None:
        """Ends it at once."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def _ready(self, log: Path) -> Any:
        assert self.process is not None
        assert self.process.poll() is None, log.read_text()
        lines = [line for line in log.read_text().splitlines(keepends=True) if "server.ready" in line]
        return json.loads(lines[0]) if lines and lines[0].endswith("\n") else None


class Either:
    """One of the two clients, used in the same way: what blocks does so in a thread."""

    def __init__(self, client: IhumanClient | Client) -> None:
        self.client = client

    async def __call__(self, name: str, *args: Any, **options: Any) -> Any:
        """Calls a method, as in `webhooks.list`."""
        method: Any = self.client
        for part in name.split("."):
            method = getattr(method, part)
        if isinstance(self.client, IhumanClient):
            return await method(*args, **options)
        return await asyncio.to_thread(method, *args, **options)

    async def events(self, execution_id: str, **options: Any) -> list[Any]:
        """All events of an execution."""
        if isinstance(self.client, IhumanClient):
            return [event async for event in self.client.events(execution_id, **options)]
        blocking = self.client
        return await asyncio.to_thread(lambda: list(blocking.events(execution_id, **options)))

    async def close(self) -> None:
        await self("close")


QUICK = RetryPolicy(max_retries=4, base_delay_ms=1, max_delay_ms=5)


def client_of(kind: str, url: str, **options: Any) -> Either:
    """A client of one kind that does not wait long between attempts."""
    make: Any = {"async": IhumanClient, "blocking": Client}[kind]
    return Either(make(url, **{"token": "t", "retry": QUICK, "linger": 0, **options}))
