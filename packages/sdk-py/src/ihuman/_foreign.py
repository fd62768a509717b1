"""What the libraries below raise, as this package's own errors. Pure."""

from __future__ import annotations

import asyncio
from typing import Final

import httpx
import websockets.exceptions as ws

from .errors import ConnectionFailedError, DeadlineError, IhumanError, ProtocolError, ValidationError

#: The most specific class wins. A test fails when a library has a class that is not named here.
FOREIGN: Final[dict[type[BaseException], type[IhumanError]]] = {
    httpx.HTTPError: ConnectionFailedError,
    httpx.RequestError: ConnectionFailedError,
    httpx.TransportError: ConnectionFailedError,
    httpx.NetworkError: ConnectionFailedError,
    httpx.ConnectError: ConnectionFailedError,
    httpx.ReadError: ConnectionFailedError,
    httpx.WriteError: ConnectionFailedError,
    httpx.CloseError: ConnectionFailedError,
    httpx.ProxyError: ConnectionFailedError,
    # A connection that breaks off in the middle of an answer is one of these.
    httpx.ProtocolError: ConnectionFailedError,
    httpx.RemoteProtocolError: ConnectionFailedError,
    httpx.TimeoutException: DeadlineError,
    httpx.ConnectTimeout: DeadlineError,
    httpx.ReadTimeout: DeadlineError,
    httpx.WriteTimeout: DeadlineError,
    httpx.PoolTimeout: DeadlineError,
    httpx.DecodingError: ProtocolError,
    httpx.HTTPStatusError: ProtocolError,
    httpx.TooManyRedirects: ProtocolError,
    httpx.LocalProtocolError: ValidationError,
    httpx.UnsupportedProtocol: ValidationError,
    httpx.InvalidURL: ValidationError,
    httpx.CookieConflict: ProtocolError,
    httpx.StreamError: ConnectionFailedError,
    httpx.StreamClosed: ConnectionFailedError,
    httpx.StreamConsumed: ConnectionFailedError,
    httpx.ResponseNotRead: ConnectionFailedError,
    httpx.RequestNotRead: ConnectionFailedError,
    ws.WebSocketException: ConnectionFailedError,
    ws.ConnectionClosed: ConnectionFailedError,
    ws.ConnectionClosedOK: ConnectionFailedError,
    ws.ConnectionClosedError: ConnectionFailedError,
    ws.InvalidURI: ValidationError,
    ws.InvalidProxy: ValidationError,
    ws.ProxyError: ConnectionFailedError,
    ws.ProtocolError: ProtocolError,
    ws.PayloadTooBig: ProtocolError,
    # Not in every version.
    getattr(ws, "TooManyFragments", ws.PayloadTooBig): ProtocolError,
    ws.InvalidState: ConnectionFailedError,
    ws.ConcurrencyError: ConnectionFailedError,
    # Whoever does not shake hands may be a proxy in front of a server that starts.
    ws.InvalidHandshake: ConnectionFailedError,
    OSError: ConnectionFailedError,
    EOFError: ConnectionFailedError,
    TimeoutError: DeadlineError,
    # Until Python 3.11 it is a class of its own.
    asyncio.TimeoutError: DeadlineError,
    # A header that cannot be sent.
    UnicodeError: ValidationError,
}

#: For `except`.
FOREIGN_ERRORS: Final = tuple(FOREIGN)

_CODES: Final[dict[type[IhumanError], str]] = {
    ConnectionFailedError: "CONNECTION_FAILED",
    DeadlineError: "TIMEOUT",
    ProtocolError: "BAD_ANSWER",
    ValidationError: "VALIDATION_FAILED",
}


def nearest(kind: type[BaseException]) -> type[BaseException]:
    """The class in the table that a class is, or is below."""
    return next(each for each in kind.__mro__ if each in FOREIGN)


def mapped(error: BaseException, base_url: str) -> IhumanError:
    """This package's error for one of a library. Raise it `from` that one."""
    kind = FOREIGN[nearest(type(error))]
    detail = str(error) or type(error).__name__
    message = {
        ConnectionFailedError: f"{base_url} could not be reached, or broke off its answer: {detail}",
        DeadlineError: f"{base_url} did not answer in time.",
        ProtocolError: f"The answer cannot be read: {detail}",
        ValidationError: f"This cannot be sent: {detail}",
    }[kind]
    return kind(message, code=_CODES[kind])


def timed_out(message: str) -> DeadlineError:
    """There was no whole answer in time."""
    return DeadlineError(message, code="TIMEOUT")


def disconnected(message: str) -> ConnectionFailedError:
    """The connection is over, and will not come back by itself."""
    return ConnectionFailedError(message, code="DISCONNECTED")
