"""Two thin loops that do what `attempts` says: one that awaits, one that blocks."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import random
import ssl
import threading
import time
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx

from ._attempts import GetToken, Send, Step, Tokens, attempts
from ._calls import Answer, Call
from ._deadline import deadline
from ._foreign import FOREIGN_ERRORS, mapped, timed_out
from ._retry import RetryPolicy
from ._version import __version__
from .errors import IhumanError, ProtocolError
from .types import TokenSource

T = TypeVar("T")


#: Requests that are under way at a time. Those that wait for something to happen do not count.
MAX_AT_ONCE = 100


@dataclass(frozen=True)
class Settings:
    """Where the server is and how patient the client is."""

    base_url: str
    #: Seconds for one attempt of a request.
    timeout: float
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    #: Seconds between two signs of life on a WebSocket; who is silent for twice as long is gone.
    heartbeat: float = 20
    #: For https and wss; None: the usual certificates.
    ssl_context: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        parts = urlsplit(self.base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"base_url is to be http://… or https://…, not {self.base_url!r}")

    @property
    def for_httpx(self) -> dict[str, Any]:
        return {
            "headers": {"user-agent": f"ihuman-python/{__version__}"},
            "limits": httpx.Limits(max_connections=None, max_keepalive_connections=MAX_AT_ONCE, keepalive_expiry=30),
            "timeout": httpx.Timeout(self.timeout, pool=None),
            "verify": True if self.ssl_context is None else self.ssl_context,
        }


class AsyncHttp:
    """Requests with a deadline, repeated where that is safe, answered with what they mean or with an IhumanError."""

    def __init__(self, settings: Settings, token: TokenSource | None) -> None:
        self.settings = settings
        self.tokens = Tokens(token)
        self._refresh = asyncio.Lock()
        self._slots = asyncio.Semaphore(MAX_AT_ONCE)
        self._client: httpx.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def run(self, call: Call[T], *, policy: RetryPolicy | None = None) -> T:
        """Makes the call."""
        steps = attempts(call, policy or self.settings.retry, self.tokens, random.random)
        try:
            step = next(steps)
            while True:
                try:
                    done = await self._do(step)
                except IhumanError as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(done)
        except StopIteration as end:
            result: T = end.value
            return result

    async def token(self) -> str | None:
        """The present token, asked for if there is none."""
        tokens = self.tokens
        if tokens.current is not None or not callable(tokens.source):
            return tokens.current
        async with self._refresh:
            # Who waited here finds what the one before was given.
            if tokens.current is None and callable(tokens.source):
                source = tokens.source
                token = source()
                token = await token if inspect.isawaitable(token) else token
                # Signed in otherwise meanwhile: that counts.
                if tokens.source is source:
                    tokens.current = token
            return tokens.current

    async def close(self) -> None:
        """Ends all connections. The next request makes new ones."""
        client, self._client = self._client, None
        if client is not None and self._loop is asyncio.get_running_loop():
            await client.aclose()

    async def _do(self, step: Step) -> Any:
        if isinstance(step, Send):
            return await self._send(step)
        if isinstance(step, GetToken):
            return await self.token()
        await asyncio.sleep(step.seconds)
        return None

    async def _send(self, send: Send) -> Answer:
        client = self._opened()
        slot = contextlib.nullcontext() if send.patience else self._slots
        try:
            # The time runs from the moment that it is its turn.
            async with slot, deadline(self.settings.timeout + send.patience):
                request = client.build_request(
                    send.method,
                    self.settings.base_url + send.target,
                    headers=send.headers,
                    content=send.content,
                    timeout=_timeouts(self.settings, send),
                )
                response = await client.send(request, stream=True)
                try:
                    return await _read(response, send.max_answer_bytes)
                finally:
                    await response.aclose()
        except FOREIGN_ERRORS as error:
            raise mapped(error, self.settings.base_url) from error

    def _opened(self) -> httpx.AsyncClient:
        # Connections belong to the loop that made them; a client may outlive one.
        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            self._client, self._loop = httpx.AsyncClient(**self.settings.for_httpx), loop
            self._refresh, self._slots = asyncio.Lock(), asyncio.Semaphore(MAX_AT_ONCE)
        return self._client


class SyncHttp:
    """The same, blocking. Any number of threads may use it."""

    def __init__(self, settings: Settings, token: TokenSource | None) -> None:
        self.settings = settings
        self.tokens = Tokens(token)
        self._refresh = threading.Lock()
        self._client: httpx.Client | None = None

    def run(self, call: Call[T], *, policy: RetryPolicy | None = None) -> T:
        """Makes the call."""
        steps = attempts(call, policy or self.settings.retry, self.tokens, random.random)
        try:
            step = next(steps)
            while True:
                try:
                    done = self._do(step)
                except IhumanError as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(done)
        except StopIteration as end:
            result: T = end.value
            return result

    def token(self) -> str | None:
        """The present token, asked for if there is none."""
        tokens = self.tokens
        if tokens.current is not None or not callable(tokens.source):
            return tokens.current
        with self._refresh:
            if tokens.current is None and callable(tokens.source):
                source = tokens.source
                token = source()
                if not isinstance(token, str):
                    raise TypeError("The token of a blocking client comes from a plain function.")
                if tokens.source is source:
                    tokens.current = token
            return tokens.current

    def close(self) -> None:
        """Ends all connections. The next request makes new ones."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _do(self, step: Step) -> Any:
        if isinstance(step, Send):
            return self._send(step)
        if isinstance(step, GetToken):
            return self.token()
        time.sleep(step.seconds)
        return None

    def _send(self, send: Send) -> Answer:
        if self._client is None:
            with self._refresh:
                self._client = self._client or httpx.Client(**self.settings.for_httpx)
        client = self._client
        end = time.monotonic() + self.settings.timeout + send.patience
        try:
            request = client.build_request(
                send.method,
                self.settings.base_url + send.target,
                headers=send.headers,
                content=send.content,
                timeout=_timeouts(self.settings, send),
            )
            response = client.send(request, stream=True)
            try:
                return _read_until(response, send.max_answer_bytes, end)
            finally:
                response.close()
        except FOREIGN_ERRORS as error:
            raise mapped(error, self.settings.base_url) from error


def _timeouts(settings: Settings, send: Send) -> httpx.Timeout:
    return httpx.Timeout(settings.timeout, read=settings.timeout + send.patience, pool=None)


async def _read(response: httpx.Response, max_bytes: int) -> Answer:
    if _is_small(response, max_bytes):
        return _answer(response, await response.aread())
    chunks = bytearray()
    async for chunk in response.aiter_bytes():
        chunks += chunk
        _check(response, len(chunks), max_bytes)
    return _answer(response, bytes(chunks))


def _read_until(response: httpx.Response, max_bytes: int, end: float) -> Answer:
    chunks = bytearray()
    for chunk in response.iter_bytes():
        chunks += chunk
        _check(response, len(chunks), max_bytes)
        # The limits of httpx are for each read; an answer that trickles keeps all of them.
        if time.monotonic() > end:
            raise timed_out("There was no whole answer in time.")
    return _answer(response, bytes(chunks))


def _is_small(response: httpx.Response, max_bytes: int) -> bool:
    """Who says how much it is cannot go on for ever. (What is packed says how much that is packed.)"""
    length = response.headers.get("content-length", "")
    return "content-encoding" not in response.headers and length.isdigit() and int(length[:16]) <= max_bytes


def _check(response: httpx.Response, size: int, max_bytes: int) -> None:
    if size > max_bytes:
        message = f"The answer is longer than {max_bytes} bytes."
        raise ProtocolError(message, code="BAD_ANSWER", status=response.status_code)


def _answer(response: httpx.Response, content: bytes) -> Answer:
    return Answer(response.status_code, response.headers, content)
