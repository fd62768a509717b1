"""What both kinds of WebSocket share: where they go, how they are set up and what their ends mean. Pure."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from websockets.exceptions import ConnectionClosed, InvalidStatus

from ._calls import Call, field_of
from ._http import Settings
from ._retry import RetryPolicy
from ._session import NO_CLOSE_CODE
from .errors import IhumanError, ProtocolError, ValidationError

#: Larger than any event that a server takes.
MAX_MESSAGE_BYTES = 64 * 1024 * 1024
CONNECT_LIMIT = 15.0
#: An unused connection is kept for so long, as the next execution is often not far.
LINGER = 1.0
#: The loop that reconnects repeats by itself.
ONCE = RetryPolicy(max_retries=0)

#: Credentials go into a ticket that is good for one use, never into the address.
TICKET: Call[str] = Call("POST", "/api/auth/ticket", field_of("ticket"))


def socket_url(settings: Settings, ticket: str) -> str:
    """Where the WebSocket is."""
    return f"ws{settings.base_url.removeprefix('http')}/ws?v=2&ticket={quote(ticket, safe='')}"


def socket_options(settings: Settings) -> dict[str, Any]:
    """How it is to be."""
    secure = settings.base_url.startswith("https:") and settings.ssl_context is not None
    return {
        # A peer that does not answer for longer than this is dead, whatever the network says.
        "ping_interval": settings.heartbeat,
        "ping_timeout": settings.heartbeat,
        "open_timeout": CONNECT_LIMIT,
        "close_timeout": 1,
        "compression": None,
        "max_size": MAX_MESSAGE_BYTES,
        "max_queue": 1024,
        **({"ssl": settings.ssl_context} if secure else {}),
    }


def closing_of(closed: ConnectionClosed) -> tuple[int, str]:
    """Code and reason of the end of a connection: the server's, else this side's when it gave up."""
    frame = closed.rcvd or closed.sent
    return (NO_CLOSE_CODE, "the connection was lost") if frame is None else (frame.code, frame.reason)


def is_final(error: IhumanError, *, was_connected: bool) -> bool:
    """What another attempt to connect cannot change."""
    if isinstance(error, ProtocolError):
        # There may be another server for a while, but where there never was the right one it is the wrong address.
        return not was_connected
    if error.status is None:
        return isinstance(error, ValidationError)
    return 400 <= error.status < 500 and error.status not in (408, 425, 429)


def refusal_of(error: InvalidStatus) -> ProtocolError | None:
    """A refused handshake that another attempt cannot change; None where it can (a ticket may have come too late)."""
    status = error.response.status_code
    if 400 <= status < 500 and status not in (401, 408, 425, 429):
        return ProtocolError(f"The server takes no WebSocket here: {status}.", code=f"HTTP_{status}", status=status)
    return None
