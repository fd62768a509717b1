"""Live events for programs that block: one connection for each reader, and one in a thread for handlers."""

from __future__ import annotations

import contextlib
import functools
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from ._emitter import logger
from ._foreign import FOREIGN_ERRORS, disconnected, mapped, timed_out
from ._http import SyncHttp
from ._session import NO_CLOSE_CODE, Follower, FollowOptions, Pace, ReconnectError, Session
from ._sockets import (
    CONNECT_LIMIT,
    ONCE,
    TICKET,
    closing_of,
    is_final,
    refusal_of,
    socket_options,
    socket_url,
)
from ._streams import Handing
from .errors import IhumanError
from .types import DisconnectedEvent, ExecutionEvent


class Line:
    """One connection, kept up for as long as something is followed over it. `listen` does the work, in the thread that calls it."""

    def __init__(
        self,
        http: SyncHttp,
        connected: Callable[[], None],
        disconnected: Callable[[DisconnectedEvent], None],
    ) -> None:
        self._http = http
        self._connected = connected
        self._disconnected = disconnected
        self._session = Session()
        # Not held while handlers run: they may wait for threads that want it.
        self._lock = threading.RLock()
        self._stopped = threading.Event()
        self._socket: ClientConnection | None = None
        self._was_connected = False
        self._is_over = False
        self._pace = Pace(time.monotonic())

    @property
    def is_open(self) -> bool:
        return self._socket is not None

    def follow(self, execution_id: str, follower: Follower, options: FollowOptions) -> bool:
        """Begins; False where there is no room for it here."""
        with self._lock:
            session = self._session
            if self._is_over or not session.has_room or execution_id in session.followings:
                return False
            session.follow(execution_id, follower, options)
        self._flush()
        return True

    def unfollow(self, execution_id: str, follower: Follower) -> None:
        """Nothing more is told to this follower."""
        with self._lock:
            self._session.unfollow(execution_id, follower)
            is_unused = not self._session.followings
        if is_unused:
            self.stop(disconnected("Nothing is followed any more."))
        else:
            self._flush()

    def request_update(self, execution_id: str) -> bool:
        """Asks for the present state of what is followed here."""
        with self._lock:
            found = self._session.request_update(execution_id)
        self._flush()
        return found

    def stop(self, error: IhumanError) -> None:
        """Ends it, from any thread; followers are told."""
        with self._lock:
            self._is_over = True
            self._session.close(error)
            socket = self._socket
        self._stopped.set()
        if socket is not None:
            socket.close()

    def listen(self, end: float | None = None) -> Iterator[None]:
        """Yields whenever followers may have been told something, until nothing is followed any more.

        Raises DeadlineError at `end`, by the monotonic clock.
        """
        try:
            while not self._is_finished():
                began = time.monotonic()
                code, reason, error = yield from self._connection(end)
                if self._stopped.is_set() or self._is_finished():
                    break
                delay = self._pause(code, reason, error, (time.monotonic() - began) * 1000)
                yield
                if delay is not None:
                    self._stopped.wait(_left(delay, end))
                    _check(end)
        finally:
            self.stop(disconnected("The stream was left."))
        yield

    def _is_finished(self) -> bool:
        with self._lock:
            # Who comes after this finds that it is over, and opens another line.
            self._is_over = self._is_over or not self._session.followings
            return self._is_over

    def _pause(self, code: int, reason: str, error: IhumanError | None, lasted_ms: float) -> float | None:
        """Seconds until the next attempt; None when there is none."""
        tokens = self._http.tokens
        with self._lock:
            next_step = error or self._session.lost(
                code, reason, random.random(), lasted_ms=lasted_ms, can_refresh=tokens.can_refresh
            )
            if isinstance(next_step, IhumanError):
                self._is_over = True
                self._session.close(next_step)
        if isinstance(next_step, IhumanError):
            self._disconnected({"code": code, "reason": reason, "retryInMs": None})
            return None
        if next_step.refresh:
            tokens.forget(tokens.current)
        self._disconnected({"code": code, "reason": reason, "retryInMs": next_step.delay_ms})
        return next_step.delay_ms / 1000

    def _connection(self, end: float | None) -> Any:
        """Connects and listens until the connection is lost: its close code, the reason, and an error that is final."""
        try:
            with contextlib.ExitStack() as stack:
                socket = self._open(stack, end)
                stack.callback(self._forget_socket)
                yield from self._talk(socket, end)
        except ConnectionClosed as closed:
            return (*closing_of(closed), None)
        except ReconnectError as why:
            return NO_CLOSE_CODE, str(why), None
        except IhumanError as error:
            _check(end)
            final = error if is_final(error, was_connected=self._was_connected) else None
            return NO_CLOSE_CODE, str(error), final
        except Exception as error:  # noqa: BLE001
            # Where a token comes from is the program's own code: what fails there may pass.
            logger.warning("The ihuman client could not connect: %r", error, exc_info=error)
            return NO_CLOSE_CODE, repr(error), None
        return NO_CLOSE_CODE, "", None

    def _open(self, stack: contextlib.ExitStack, end: float | None) -> ClientConnection:
        ticket = self._http.run(TICKET, policy=ONCE)
        settings = self._http.settings
        options = {**socket_options(settings), "open_timeout": _left(CONNECT_LIMIT, end)}
        try:
            socket: ClientConnection = stack.enter_context(connect(socket_url(settings, ticket), **options))
            return socket
        except InvalidStatus as error:
            raise refusal_of(error) or mapped(error, settings.base_url) from error
        except FOREIGN_ERRORS as error:
            raise mapped(error, settings.base_url) from error

    def _talk(self, socket: ClientConnection, end: float | None) -> Iterator[None]:
        session = self._session
        with self._lock:
            session.opened()
            self._socket = socket
            self._pace = Pace(time.monotonic())
        if self._stopped.is_set():
            return
        self._flush()
        welcome = _receive(socket, CONNECT_LIMIT, end)
        if welcome is None:
            raise ReconnectError("the server says nothing")
        self._take(welcome)
        self._was_connected = True
        self._connected()
        while session.followings:
            text = _receive(socket, None, end)
            if text is not None:
                self._take(text)
                yield

    def _forget_socket(self) -> None:
        self._socket = None

    def _take(self, text: str | bytes) -> None:
        with self._lock:
            self._session.take(text)

    def _flush(self) -> None:
        with self._lock:
            socket, session = self._socket, self._session
            while socket is not None and session.has_message:
                time.sleep(self._pace.wait(time.monotonic()))
                message = session.next_message()
                try:
                    socket.send(message or "")
                except ConnectionClosed:
                    return


class Lines:
    """Everything that handlers of a client follow: lines, each with a thread. Handlers are called one at a time."""

    def __init__(self, open_line: Callable[[], Line], tell: Callable[[ExecutionEvent], None]) -> None:
        self._open_line = open_line
        self._tell = tell
        self._lines: dict[Line, threading.Thread] = {}
        self._lock = threading.Lock()
        self._heard: deque[ExecutionEvent] = deque()
        self._telling = threading.RLock()

    @property
    def is_connected(self) -> bool:
        return any(line.is_open for line in list(self._lines))

    def follow(self, execution_id: str, followed: Followed, options: FollowOptions) -> Callable[[], None]:
        """Begins, and returns how to stop."""
        # Kept until the line's lock is free: a handler may wait for a thread that wants it.
        follower = Handing(self._heard.append, followed.begin, followed.end)
        with self._lock:
            line = next((each for each in self._lines if each.follow(execution_id, follower, options)), None)
            if line is None:
                line = self._open_line()
                line.follow(execution_id, follower, options)
                # It must not keep a program alive that is done.
                thread = threading.Thread(target=self._listen, args=(line,), name="ihuman handlers", daemon=True)
                self._lines[line] = thread
                thread.start()
        return functools.partial(line.unfollow, execution_id, follower)

    def request_update(self, execution_id: str) -> bool:
        """Asks for the present state of what is followed."""
        return any(line.request_update(execution_id) for line in list(self._lines))

    def close(self, error: IhumanError) -> None:
        """Ends all of them; no handler is called afterwards."""
        with self._lock:
            lines = dict(self._lines)
        for line in lines:
            line.stop(error)
        # A handler may be the one who closes the client.
        if threading.current_thread() not in lines.values():
            for thread in lines.values():
                thread.join()

    def _listen(self, line: Line) -> None:
        try:
            for _ in line.listen():
                with self._telling:
                    while self._heard:
                        self._tell(self._heard.popleft())
        finally:
            with self._lock:
                del self._lines[line]


class Followed:
    """An execution that handlers hear of."""

    def __init__(self, on_end: Callable[[], None]) -> None:
        self._on_end = on_end
        self.ready = threading.Event()
        self.over = threading.Event()
        self.error: IhumanError | None = None
        self.stop: Callable[[], None] = lambda: None

    def begin(self) -> None:
        self.ready.set()

    def end(self, error: IhumanError | None) -> None:
        self.error = error
        self._on_end()
        self.over.set()
        self.ready.set()


def _receive(socket: ClientConnection, limit: float | None, end: float | None) -> str | bytes | None:
    """The next message; None when there is none within `limit` seconds. Raises DeadlineError at `end`."""
    try:
        return socket.recv(timeout=_left(limit, end))
    except TimeoutError:
        _check(end)
        return None


def _left(seconds: float | None, end: float | None) -> float | None:
    left = None if end is None else max(0.0, end - time.monotonic())
    return seconds if left is None else left if seconds is None else min(seconds, left)


def _check(end: float | None) -> None:
    if end is not None and time.monotonic() >= end:
        raise timed_out("The execution has not ended in time.")
