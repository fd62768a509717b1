"""Live events for programs that await: connections that are kept up, and what is followed over them."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ._deadline import deadline
from ._emitter import logger
from ._foreign import FOREIGN_ERRORS, disconnected, mapped
from ._http import AsyncHttp
from ._session import NO_CLOSE_CODE, Follower, FollowOptions, Pace, ReconnectError, Session
from ._sockets import (
    CONNECT_LIMIT,
    LINGER,
    ONCE,
    TICKET,
    closing_of,
    is_final,
    refusal_of,
    socket_options,
    socket_url,
)
from ._streams import Buffer
from .errors import IhumanError
from .types import CompleteEvent, DisconnectedEvent, ExecutionEvent


@dataclass(frozen=True)
class Hooks:
    """Who is told of connections."""

    connected: Callable[[], None]
    disconnected: Callable[[DisconnectedEvent], None]


class Link:
    """One connection, kept up for as long as something is followed over it. After a cut, each following goes on where it was."""

    def __init__(self, http: AsyncHttp, hooks: Hooks, on_over: Callable[[Link], None]) -> None:
        self.session = Session()
        self.is_open = False
        self._http = http
        self._hooks = hooks
        self._on_over = on_over
        self._news = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._linger: asyncio.TimerHandle | None = None
        self._was_connected = False
        self._is_over = False
        self._closed_by: IhumanError | None = None
        self.task = self._loop.create_task(self._keep_up(), name="ihuman connection")

    @property
    def has_room(self) -> bool:
        return not self._is_over and self.session.has_room

    def changed(self) -> None:
        """Something is followed, or not any more."""
        self._news.set()
        if self.session.followings:
            if self._linger is not None:
                self._linger.cancel()
                self._linger = None
        elif self._linger is None:
            self._linger = self._loop.call_later(LINGER if self.is_open else 0, self.close)

    def close(self, error: IhumanError | None = None) -> None:
        """Ends the connection; followers are told. `task` is done when it is over."""
        self._is_over = True
        if self._linger is not None:
            self._linger.cancel()
        self.session.close(error or disconnected("Nothing is followed any more."))
        self.task.cancel()

    async def _keep_up(self) -> None:
        try:
            while True:
                began = self._loop.time()
                code, reason, error = await self._connection()
                lasted_ms = (self._loop.time() - began) * 1000
                if await self._is_given_up(code, reason, error, lasted_ms):
                    return
        finally:
            self._is_over = True
            self.is_open = False
            if self._linger is not None:
                self._linger.cancel()
            self.session.close(disconnected("The client was stopped."))
            self._on_over(self)

    async def _is_given_up(self, code: int, reason: str, error: IhumanError | None, lasted_ms: float) -> bool:
        can_refresh = self._http.tokens.can_refresh
        next_step = error or self.session.lost(
            code, reason, random.random(), lasted_ms=lasted_ms, can_refresh=can_refresh
        )
        if isinstance(next_step, IhumanError):
            self._hooks.disconnected({"code": code, "reason": reason, "retryInMs": None})
            self._is_over = True
            self.session.close(next_step)
            return True
        if next_step.refresh:
            self._http.tokens.forget(self._http.tokens.current)
        self._hooks.disconnected({"code": code, "reason": reason, "retryInMs": next_step.delay_ms})
        await asyncio.sleep(next_step.delay_ms / 1000)
        return False

    async def _connection(self) -> tuple[int, str, IhumanError | None]:
        """Connects and listens until the connection is lost: its close code, the reason, and an error that is final."""
        try:
            socket = await self._open()
            try:
                await self._talk(socket)
            finally:
                self.is_open = False
                await socket.close()
        except ConnectionClosed as closed:
            return (*closing_of(closed), None)
        except ReconnectError as why:
            return NO_CLOSE_CODE, str(why), None
        except IhumanError as error:
            final = error if is_final(error, was_connected=self._was_connected) else None
            return NO_CLOSE_CODE, str(error), final
        except Exception as error:  # noqa: BLE001
            # Where a token comes from is the program's own code: what fails there may pass.
            logger.warning("The ihuman client could not connect: %r", error, exc_info=error)
            return NO_CLOSE_CODE, repr(error), None
        raise AssertionError("a connection ends with an exception")

    async def _open(self) -> ClientConnection:
        ticket = await self._http.run(TICKET, policy=ONCE)
        settings = self._http.settings
        try:
            return await connect(socket_url(settings, ticket), **socket_options(settings))
        except InvalidStatus as error:
            raise refusal_of(error) or mapped(error, settings.base_url) from error
        except FOREIGN_ERRORS as error:
            raise mapped(error, settings.base_url) from error

    async def _talk(self, socket: ClientConnection) -> None:
        session, receive = self.session, socket.recv
        take, followings = session.take, session.followings
        session.opened()
        writer = self._loop.create_task(self._write(socket), name="ihuman writer")
        try:
            try:
                async with deadline(CONNECT_LIMIT):
                    take(await receive())
            except TimeoutError:
                raise ReconnectError("the server says nothing") from None
            self.is_open = self._was_connected = True
            self._hooks.connected()
            while True:
                if not followings:
                    self.changed()
                take(await receive())
        finally:
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)

    async def _write(self, socket: ClientConnection) -> None:
        pace = Pace(self._loop.time())
        with contextlib.suppress(ConnectionClosed):
            while True:
                self._news.clear()
                while self.session.has_message:
                    await asyncio.sleep(pace.wait(self._loop.time()))
                    message = self.session.next_message()
                    if message is not None:
                        await socket.send(message)
                await self._news.wait()


class Realtime:
    """Everything that a client follows, over as few connections as it takes."""

    def __init__(self, http: AsyncHttp, hooks: Hooks) -> None:
        self._http = http
        self._hooks = hooks
        self._links: set[Link] = set()

    @property
    def is_connected(self) -> bool:
        return any(link.is_open for link in self._links)

    def follow(self, execution_id: str, follower: Follower, options: FollowOptions) -> Callable[[], None]:
        """Begins, and returns how to stop."""
        # A server has one subscription for each connection and execution; who comes second wants another beginning.
        link = next(
            (each for each in self._links if each.has_room and execution_id not in each.session.followings), None
        )
        if link is None:
            link = Link(self._http, self._hooks, self._links.discard)
            self._links.add(link)
        link.session.follow(execution_id, follower, options)
        link.changed()
        return lambda: self._stop(link, execution_id, follower)

    async def ending(self, execution_id: str) -> CompleteEvent:
        """The ending of an execution that completes; raises ExecutionFailedError when it does not."""
        buffer = AwaitedBuffer()
        stop = self._join(execution_id, buffer)
        try:
            while not buffer.is_over:
                await buffer.wait()
        finally:
            stop()
        return buffer.ending()

    def request_update(self, execution_id: str) -> bool:
        """Asks for the present state of what is followed."""
        link = next((each for each in self._links if each.session.request_update(execution_id)), None)
        if link is not None:
            link.changed()
        return link is not None

    async def close(self, error: IhumanError) -> None:
        """Ends all connections and everything that is followed."""
        links = list(self._links)
        for link in links:
            link.close(error)
        await asyncio.gather(*(link.task for link in links), return_exceptions=True)

    def _join(self, execution_id: str, buffer: Buffer) -> Callable[[], None]:
        """Whoever wants to know how it ends needs no subscription of his own where somebody has one."""
        for link in self._links:
            if link.has_room and link.session.join(execution_id, buffer):
                return lambda: self._stop(link, execution_id, buffer)
        return self.follow(execution_id, buffer, FollowOptions(types=("complete", "error")))

    @staticmethod
    def _stop(link: Link, execution_id: str, follower: Follower) -> None:
        link.session.unfollow(execution_id, follower)
        link.changed()


class AwaitedBuffer(Buffer):
    """A buffer that one task at a time can wait for."""

    def __init__(self) -> None:
        super().__init__(self._wake)
        self._waiting: asyncio.Future[None] | None = None

    async def wait(self) -> None:
        """Returns when there is something new. Cancelling it loses nothing."""
        if self._waiting is not None:
            raise RuntimeError("Another task is waiting for these events.")
        self._waiting = asyncio.get_running_loop().create_future()
        try:
            await self._waiting
        finally:
            self._waiting = None

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)


class EventStream:
    """The events of one execution until it ends. It begins with the first event that is asked for.

    Leaving the loop stops it; so does `aclose`. A cancelled wait loses nothing: the next one goes on.
    """

    # Nobody but the reader refers to it, so that it stops with him.

    def __init__(self, begin: Callable[[Follower], Callable[[], None]]) -> None:
        self._begin = begin
        self._stop: Callable[[], None] | None = None
        self._buffer = AwaitedBuffer()

    def __aiter__(self) -> EventStream:
        return self

    async def __anext__(self) -> ExecutionEvent:
        buffer = self._buffer
        while not buffer.events:
            if buffer.is_over:
                if buffer.error is not None:
                    raise buffer.error
                raise StopAsyncIteration
            if self._stop is None:
                self._stop = self._begin(buffer)
            await buffer.wait()
        return buffer.events.popleft()

    async def aclose(self) -> None:
        """Stops; what was not read is dropped."""
        buffer = self._buffer
        if self._stop is not None:
            self._stop()
        buffer.events.clear()
        buffer.error = None
        buffer.on_end(None)

    async def __aenter__(self) -> EventStream:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __del__(self) -> None:
        if self._stop is not None and not self._buffer.is_over:
            # The loop that it was followed in may be gone.
            with contextlib.suppress(RuntimeError):
                self._stop()
