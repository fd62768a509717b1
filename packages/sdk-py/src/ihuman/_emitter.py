"""Handlers by event. One that raises harms neither the others nor the caller."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Literal, TypeVar, get_args, overload

from .types import (
    CompleteEvent,
    ConnectedEvent,
    DisconnectedEvent,
    ErrorEvent,
    EventName,
    ExecutionEvent,
    GapEvent,
    LogEvent,
    ProgressEvent,
    User,
)

F = TypeVar("F", bound=Callable[[Any], object])
Handler = Callable[[Any], Any]
logger = logging.getLogger("ihuman")
_names = frozenset(get_args(EventName))


class Handlers:
    """What programs tell and ask of handlers; the same for both clients."""

    def __init__(self, emitter: Emitter) -> None:
        self._emitter = emitter
        self._was_connected = False

    @overload
    def on(self, name: Literal["authenticated"], handler: Callable[[User], object]) -> object: ...
    @overload
    def on(self, name: Literal["connected"], handler: Callable[[ConnectedEvent], object]) -> object: ...
    @overload
    def on(self, name: Literal["disconnected"], handler: Callable[[DisconnectedEvent], object]) -> object: ...
    @overload
    def on(self, name: Literal["progress"], handler: Callable[[ProgressEvent], object]) -> object: ...
    @overload
    def on(self, name: Literal["log"], handler: Callable[[LogEvent], object]) -> object: ...
    @overload
    def on(self, name: Literal["complete"], handler: Callable[[CompleteEvent], object]) -> object: ...
    @overload
    def on(self, name: Literal["error"], handler: Callable[[ErrorEvent], object]) -> object: ...
    @overload
    def on(self, name: Literal["gap"], handler: Callable[[GapEvent], object]) -> object: ...
    @overload
    def on(self, name: EventName) -> Callable[[F], F]: ...

    def on(self, name: Any, handler: Any = None) -> Any:
        """Has a function, plain or async, told of an event. Without a function it is a decorator.

        `error` is the failure of an execution; a lost connection is `disconnected`. What a handler raises harms nobody.
        """
        if handler is None:
            return lambda decorated: self.on(name, decorated)
        self._emitter.on(name, handler)
        return handler

    def off(self, name: EventName, handler: Callable[[Any], object]) -> None:
        """It hears no more."""
        self._emitter.off(name, handler)

    def once(self, name: EventName, handler: Callable[[Any], object]) -> None:
        """As `on`, for the first time only."""

        def first(event: Any) -> object:
            self._emitter.off(name, first)
            return handler(event)

        self._emitter.on(name, first)

    def _tell(self, event: ExecutionEvent) -> None:
        self._emitter.emit(event["type"], event)

    def _connected(self) -> None:
        self._emitter.emit("connected", {"reconnected": self._was_connected})
        self._was_connected = True

    def _disconnected(self, event: DisconnectedEvent) -> None:
        self._emitter.emit("disconnected", event)


class Emitter:
    """Calls plain handlers at once. What they return is given to `accept`, with the handler, when it can be awaited."""

    def __init__(
        self, accept: Callable[[Handler, Awaitable[Any]], None], on_fault: Callable[[BaseException], None]
    ) -> None:
        self._accept = accept
        self._on_fault = on_fault
        # Replaced, never changed: who is being told while handlers come and go is told by the old ones.
        self._handlers: dict[str, tuple[Handler, ...]] = {}

    def on(self, name: str, handler: Handler) -> None:
        if name not in _names:
            raise ValueError(f"There is no event {name!r}; there are {', '.join(sorted(_names))}.")
        self._handlers[name] = (*self._handlers.get(name, ()), handler)

    def off(self, name: str, handler: Handler) -> None:
        kept = [each for each in self._handlers.get(name, ()) if each != handler]
        self._handlers[name] = tuple(kept)

    @property
    def hears_executions(self) -> bool:
        """Somebody wants to know what executions do."""
        return any(self._handlers.get(name) for name in ("progress", "log", "complete", "error", "gap"))

    def emit(self, name: str, event: Any) -> None:
        for handler in self._handlers.get(name, ()):
            try:
                returned = handler(event)
            except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001
                self._on_fault(error)
                continue
            if returned is not None and inspect.isawaitable(returned):
                self._accept(handler, returned)


def log_fault(error: BaseException) -> None:
    """What happens to what handlers raise when nothing else is said."""
    logger.error("A handler of the ihuman client raised %r", error, exc_info=error)


class Pumps:
    """Awaits what async handlers return: for each handler one after the other, so that its events stay in order."""

    def __init__(self, on_fault: Callable[[BaseException], None]) -> None:
        self._on_fault = on_fault
        self._waiting: dict[Handler, deque[Awaitable[Any]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def accept(self, handler: Handler, work: Awaitable[Any]) -> None:
        waiting = self._waiting.get(handler)
        if waiting is not None:
            waiting.append(work)
            return
        self._waiting[handler] = deque([work])
        task = asyncio.get_running_loop().create_task(self._pump(handler), name="ihuman handler")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def idle(self) -> None:
        """Returns when all that has been accepted so far is done."""
        if self._tasks:
            await asyncio.wait(self._others())

    async def close(self) -> None:
        """Cancels what is under way."""
        tasks = self._others()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _others(self) -> list[asyncio.Task[None]]:
        # A handler may be the one who closes the client.
        current = asyncio.current_task()
        return [task for task in self._tasks if task is not current]

    async def _pump(self, handler: Handler) -> None:
        waiting = self._waiting[handler]
        try:
            while waiting:
                try:
                    await waiting[0]
                except Exception as error:  # noqa: BLE001
                    self._on_fault(error)
                waiting.popleft()
        finally:
            del self._waiting[handler]
            # Coroutines that are never awaited would complain.
            for work in waiting:
                if inspect.iscoroutine(work):
                    work.close()
