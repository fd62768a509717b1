"""The client for programs that await."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, cast

from ._core import (
    DEFAULT_URL,
    FEED_PAUSE,
    SIGN_OUT,
    Core,
    feeding,
    is_outcome,
    pass_on,
    registering,
    result_of,
    running,
    signing_in,
)
from ._deadline import deadline
from ._emitter import Emitter, Pumps, log_fault
from ._foreign import disconnected, timed_out
from ._http import AsyncHttp, Settings
from ._realtime import EventStream, Hooks, Realtime
from ._retry import RetryPolicy
from ._session import FollowOptions
from ._streams import Handing, ending_of
from .errors import IhumanError
from .types import (
    CloudEvent,
    CompleteEvent,
    Conflate,
    EventType,
    ExecuteOptions,
    ExecutionEvent,
    LogEvent,
    Outcome,
    ProgressEvent,
    Since,
    TokenSource,
    User,
)


class IhumanClient(Core[AsyncHttp]):
    """A client of one ihuman server. What goes wrong is an `IhumanError` with a stable `code`.

    `async with` closes what it opened; without it, call `close`. When the block is left without an exception, handlers first hear the
    executions out that `connect_websocket` and `subscribe` follow, for at most `linger` seconds.
    """

    def __init__(
        self,
        base_url: str = DEFAULT_URL,
        timeout: float = 30,
        *,
        token: TokenSource | None = None,
        api_key: str | None = None,
        retry: RetryPolicy | None = None,
        heartbeat: float = 20,
        linger: float = 30,
        ssl_context: ssl.SSLContext | None = None,
        on_handler_error: Callable[[BaseException], None] = log_fault,
    ) -> None:
        """`timeout` is for one attempt of a request, in seconds. `token` may be a function, plain or async, which is asked anew when the
        last token is not taken any more; `api_key` is the same as a token that is text. Who is silent on a WebSocket for two `heartbeat`s
        is gone. `on_handler_error` is told what handlers raise; by default that is logged.
        """
        settings = Settings(base_url.rstrip("/"), timeout, retry or RetryPolicy(), heartbeat, ssl_context)
        pumps = Pumps(on_handler_error)
        emitter = Emitter(pumps.accept, on_handler_error)
        super().__init__(AsyncHttp(settings, token if token is not None else api_key), emitter)
        self._linger = linger
        self._pumps = pumps
        self._realtime = Realtime(self._http, Hooks(self._connected, self._disconnected))
        self._followed: dict[str, _Followed] = {}
        self._was_connected = False

    async def __aenter__(self) -> IhumanClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None and self._linger > 0:
                await self._hear_out()
        finally:
            await self.close()

    async def close(self) -> None:
        """Ends everything; nothing of this client runs afterwards. It can be used again all the same."""
        await self.disconnect()
        await self._pumps.close()
        await self._http.close()

    async def authenticate(self, email: str, password: str) -> User:
        """Signs in; the client uses the session from now on."""
        return self._signed_in(await self._http.run(signing_in(email, password)))

    async def register(self, email: str, username: str, password: str) -> User:
        """Makes an account and signs in."""
        return self._signed_in(await self._http.run(registering(email, username, password)))

    async def logout(self) -> None:
        """Ends the session that `authenticate` began."""
        await self._http.run(SIGN_OUT)
        self._http.tokens.use(None)

    async def get_token(self) -> str | None:
        """The token in use."""
        return await self._http.token()

    async def run(
        self,
        skill_id: str,
        params: Mapping[str, Any] | None = None,
        *,
        options: ExecuteOptions | None = None,
        idempotency_key: str | None = None,
        on_progress: Callable[[ProgressEvent], None] | None = None,
        on_log: Callable[[LogEvent], None] | None = None,
    ) -> Any:
        """Runs a skill and gives its result; raises ExecutionFailedError when it does not complete.

        Cancelling it stops the waiting, not the execution: `cancel_execution` does that.
        """
        if on_progress is None and on_log is None:
            answer = await self._http.run(running(skill_id, params, options, idempotency_key))
            if is_outcome(answer):
                return result_of(cast(Outcome, answer))
            return (await self.wait_for(answer["executionId"]))["result"]
        requested = await self.execute_skill(skill_id, params, options=options, idempotency_key=idempotency_key)
        event: ExecutionEvent | None = None
        async with self.events(requested["executionId"]) as stream:
            async for event in stream:
                pass_on(event, on_progress, on_log)
        return ending_of(event)["result"]

    def events(
        self,
        execution_id: str,
        *,
        since: Since = "start",
        types: Sequence[EventType] | None = None,
        conflate: Conflate | None = None,
    ) -> EventStream:
        """The events of one execution until it ends, from the beginning unless `since` says otherwise; across lost connections."""
        options = FollowOptions.of(since, types, conflate)
        return EventStream(lambda buffer: self._realtime.follow(execution_id, buffer, options))

    async def wait_for(self, execution_id: str, *, timeout: float | None = None) -> CompleteEvent:
        """The ending of an execution; raises ExecutionFailedError when it does not complete, DeadlineError after `timeout` seconds."""
        try:
            async with deadline(timeout):
                return await self._realtime.ending(execution_id)
        except IhumanError:
            raise
        except TimeoutError:
            raise timed_out(f"The execution has not ended within {timeout} seconds.") from None

    async def feed(
        self,
        *,
        after: str | None = None,
        types: Sequence[str] | None = None,
        stream: str | None = None,
        follow: bool = True,
    ) -> AsyncGenerator[CloudEvent, None]:
        """The log from a place on (an event's `sequence`), for ever, or to its present end; `stream` is the id of one thing.

        Survives lost connections.
        """
        while True:
            before = after
            records, after_page = await self._http.run(feeding(after, types, stream, follow))
            after = after_page or after
            for record in records:
                yield record
            # An empty page may stand for much that is not wanted: the end is where the place stays the same.
            if after == before:
                if not follow:
                    return
                # A server that answers at once without news must not be asked without a pause.
                await asyncio.sleep(FEED_PAUSE)

    async def connect_websocket(
        self,
        execution_id: str,
        *,
        since: Since = "start",
        types: Sequence[EventType] | None = None,
        conflate: Conflate | None = None,
    ) -> None:
        """Follows an execution: its events come to what `on` has registered. Returns when the server has taken the subscription."""
        followed = self._followed.get(execution_id)
        if followed is None:
            followed = self._follow(execution_id, FollowOptions.of(since, types, conflate))
        try:
            async with deadline(self._http.settings.timeout):
                await asyncio.shield(followed.ready)
            # Who awaits this may register handlers next: they are to hear what has come meanwhile.
            asyncio.get_running_loop().call_soon(followed.release)
        except IhumanError:
            raise
        except (TimeoutError, asyncio.CancelledError) as error:
            await self.unsubscribe(execution_id)
            if isinstance(error, asyncio.CancelledError):
                raise
            raise timed_out("The server has not taken the subscription in time.") from None

    #: The same under the name that goes with `unsubscribe`.
    subscribe = connect_websocket

    async def unsubscribe(self, execution_id: str) -> None:
        """Handlers hear no more of it."""
        followed = self._followed.pop(execution_id, None)
        if followed is not None:
            followed.stop()
            followed.forget()
            followed.end(disconnected("The execution is not followed any more."))

    async def request_update(self, execution_id: str) -> bool:
        """Has the present state sent as an event with `snapshot`. False when the execution is not followed."""
        return self._realtime.request_update(execution_id)

    async def disconnect(self) -> None:
        """Ends all WebSockets and what is followed over them. The client can be used again."""
        for followed in self._followed.values():
            followed.forget()
        await self._realtime.close(disconnected("The client was disconnected."))
        self._followed.clear()
        self._was_connected = False

    @property
    def is_connected(self) -> bool:
        """There is a WebSocket."""
        return self._realtime.is_connected

    def _follow(self, execution_id: str, options: FollowOptions) -> _Followed:
        followed = _Followed(self._tell)

        def end(error: IhumanError | None) -> None:
            if self._followed.get(execution_id) is followed:
                del self._followed[execution_id]
            followed.end(error)

        handing = Handing(followed.tell, followed.begin, end)
        followed.stop = self._realtime.follow(execution_id, handing, options)
        self._followed[execution_id] = followed
        return followed

    async def _hear_out(self) -> None:
        """Waits until handlers have heard what they wanted to hear."""
        try:
            async with deadline(self._linger):
                # What was held back for handlers is told in the next turn.
                await asyncio.sleep(0)
                while self._followed and self._emitter.hears_executions:
                    await asyncio.wait([each.over for each in self._followed.values()])
                await self._pumps.idle()
        except TimeoutError:
            pass


class _Followed:
    """An execution that handlers hear of."""

    def __init__(self, tell: Callable[[ExecutionEvent], None]) -> None:
        loop = asyncio.get_running_loop()
        self._tell = tell
        self._held: list[ExecutionEvent] | None = []
        self.ready: asyncio.Future[None] = loop.create_future()
        self.over: asyncio.Future[None] = loop.create_future()
        self.stop: Callable[[], None] = lambda: None

    def tell(self, event: ExecutionEvent) -> None:
        if self._held is None:
            self._tell(event)
        else:
            self._held.append(event)

    def release(self) -> None:
        """Tells what was held back, and from now on everything as it comes."""
        held, self._held = self._held or [], None
        for event in held:
            self._tell(event)

    def forget(self) -> None:
        """What was held back is not to be told any more."""
        self._held = []

    def begin(self) -> None:
        if not self.ready.done():
            self.ready.set_result(None)

    def end(self, error: IhumanError | None) -> None:
        if not self.over.done():
            self.over.set_result(None)
        if self.ready.done():
            return
        if error is None:
            self.ready.set_result(None)
        else:
            self.ready.set_exception(error)
            # Who waited may be gone.
            self.ready.exception()
