"""The client for programs that block."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
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
from ._emitter import Emitter, Handler, log_fault
from ._foreign import disconnected, timed_out
from ._http import Settings, SyncHttp
from ._lines import Followed, Line, Lines
from ._retry import RetryPolicy
from ._session import FollowOptions
from ._streams import Buffer, ending_of
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
    User,
)


class Client(Core[SyncHttp]):
    """The methods of `IhumanClient`, blocking. Any number of threads may use one client.

    `events`, `wait_for` and `run` work in the thread that calls them, each over a connection of its own. Handlers are called one at a time
    in a thread of the client. `with` closes what it opened; when the block is left without an exception, handlers first hear the
    executions out that `connect_websocket` and `subscribe` follow, for at most `linger` seconds.
    """

    def __init__(
        self,
        base_url: str = DEFAULT_URL,
        timeout: float = 30,
        *,
        token: str | Callable[[], str] | None = None,
        api_key: str | None = None,
        retry: RetryPolicy | None = None,
        heartbeat: float = 20,
        linger: float = 30,
        ssl_context: ssl.SSLContext | None = None,
        on_handler_error: Callable[[BaseException], None] = log_fault,
    ) -> None:
        """See `IhumanClient`. Handlers are plain functions here."""
        settings = Settings(base_url.rstrip("/"), timeout, retry or RetryPolicy(), heartbeat, ssl_context)

        def refuse(handler: Handler, work: Any) -> None:
            getattr(work, "close", lambda: None)()
            on_handler_error(TypeError(f"A blocking client takes plain functions as handlers, not {handler!r}."))

        super().__init__(SyncHttp(settings, token if token is not None else api_key), Emitter(refuse, on_handler_error))
        self._linger = linger
        self._lines = Lines(self._line, self._tell)
        self._followed: dict[str, Followed] = {}
        #: Lines of readers.
        self._read: set[Line] = set()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None and self._linger > 0 and self._emitter.hears_executions:
                end = time.monotonic() + self._linger
                for followed in list(self._followed.values()):
                    followed.over.wait(max(0, end - time.monotonic()))
        finally:
            self.close()

    def close(self) -> None:
        """Ends everything; nothing of this client runs afterwards. It can be used again all the same."""
        self.disconnect()
        self._http.close()

    def authenticate(self, email: str, password: str) -> User:
        """Signs in; the client uses the session from now on."""
        return self._signed_in(self._http.run(signing_in(email, password)))

    def register(self, email: str, username: str, password: str) -> User:
        """Makes an account and signs in."""
        return self._signed_in(self._http.run(registering(email, username, password)))

    def logout(self) -> None:
        """Ends the session that `authenticate` began."""
        self._http.run(SIGN_OUT)
        self._http.tokens.use(None)

    def get_token(self) -> str | None:
        """The token in use."""
        return self._http.token()

    def run(
        self,
        skill_id: str,
        params: Mapping[str, Any] | None = None,
        *,
        options: ExecuteOptions | None = None,
        idempotency_key: str | None = None,
        on_progress: Callable[[ProgressEvent], None] | None = None,
        on_log: Callable[[LogEvent], None] | None = None,
    ) -> Any:
        """Runs a skill and gives its result; raises ExecutionFailedError when it does not complete."""
        if on_progress is None and on_log is None:
            answer = self._http.run(running(skill_id, params, options, idempotency_key))
            if is_outcome(answer):
                return result_of(cast(Outcome, answer))
            return self.wait_for(answer["executionId"])["result"]
        requested = self.execute_skill(skill_id, params, options=options, idempotency_key=idempotency_key)
        event: ExecutionEvent | None = None
        for event in self.events(requested["executionId"]):
            pass_on(event, on_progress, on_log)
        return ending_of(event)["result"]

    def events(
        self,
        execution_id: str,
        *,
        since: Since = "start",
        types: Sequence[EventType] | None = None,
        conflate: Conflate | None = None,
        timeout: float | None = None,
    ) -> Iterator[ExecutionEvent]:
        """The events of one execution until it ends, from the beginning unless `since` says otherwise; across lost connections.

        Raises DeadlineError when it has not ended after `timeout` seconds.
        """
        buffer, line = Buffer(), self._line()
        line.follow(execution_id, buffer, FollowOptions.of(since, types, conflate))
        self._read.add(line)
        try:
            for _ in line.listen(None if timeout is None else time.monotonic() + timeout):
                while buffer.events:
                    yield buffer.events.popleft()
        finally:
            self._read.discard(line)
        if buffer.error is not None:
            raise buffer.error

    def wait_for(self, execution_id: str, *, timeout: float | None = None) -> CompleteEvent:
        """The ending of an execution; raises ExecutionFailedError when it does not complete, DeadlineError after `timeout` seconds."""
        events = list(self.events(execution_id, types=("complete", "error"), timeout=timeout))
        return ending_of(events[-1] if events else None)

    def feed(
        self,
        *,
        after: str | None = None,
        types: Sequence[str] | None = None,
        stream: str | None = None,
        follow: bool = True,
    ) -> Iterator[CloudEvent]:
        """The log from a place on (an event's `sequence`), for ever, or to its present end; `stream` is the id of one thing.

        Survives lost connections.
        """
        while True:
            before = after
            records, after_page = self._http.run(feeding(after, types, stream, follow))
            after = after_page or after
            yield from records
            # An empty page may stand for much that is not wanted: the end is where the place stays the same.
            if after == before:
                if not follow:
                    return
                # A server that answers at once without news must not be asked without a pause.
                time.sleep(FEED_PAUSE)

    def connect_websocket(
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
        if not followed.ready.wait(self._http.settings.timeout):
            self.unsubscribe(execution_id)
            raise timed_out("The server has not taken the subscription in time.")
        if followed.error is not None:
            raise followed.error

    #: The same under the name that goes with `unsubscribe`.
    subscribe = connect_websocket

    def unsubscribe(self, execution_id: str) -> None:
        """Handlers hear no more of it."""
        followed = self._followed.pop(execution_id, None)
        if followed is not None:
            followed.stop()
            followed.end(disconnected("The execution is not followed any more."))

    def request_update(self, execution_id: str) -> bool:
        """Has the present state sent as an event with `snapshot`. False when the execution is not followed."""
        return self._lines.request_update(execution_id)

    def disconnect(self) -> None:
        """Ends all WebSockets and what is followed over them. The client can be used again."""
        error = disconnected("The client was disconnected.")
        for line in list(self._read):
            line.stop(error)
        self._lines.close(error)
        self._followed.clear()
        self._was_connected = False

    @property
    def is_connected(self) -> bool:
        """There is a WebSocket for handlers."""
        return self._lines.is_connected

    def _follow(self, execution_id: str, options: FollowOptions) -> Followed:
        def forget() -> None:
            if self._followed.get(execution_id) is followed:
                del self._followed[execution_id]

        followed = Followed(forget)
        self._followed[execution_id] = followed
        followed.stop = self._lines.follow(execution_id, followed, options)
        return followed

    def _line(self) -> Line:
        return Line(self._http, self._connected, self._disconnected)
