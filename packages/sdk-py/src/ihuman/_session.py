"""What one connection has to say, and what comes of what it hears. No sockets, no clock: both loops are thin over it.

A following goes through these states, on each connection anew:

    pending     to be asked for                     next_message → asked
    asked       in message number `request`         its `subscribed` → confirmed; its `error` → ended
    confirmed   events are taken                    the ending or `stream-end` → ended; connection lost → pending

What arrives before it is confirmed belongs to an earlier subscription of the same execution, and is not its own.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from ._cursor import Cursor
from ._frames import ENDINGS, Frame, frame_in
from ._retry import RetryPolicy, back_off_ms
from .errors import (
    AuthenticationError,
    ConnectionFailedError,
    IhumanError,
    NotFoundError,
    ProtocolError,
    ValidationError,
)
from .types import Conflate, EventType, ExecutionEvent, Since

#: What a server takes on one connection, and in one message.
MAX_FOLLOWINGS = 1000
MAX_PER_MESSAGE = 128
MAX_ID_CHARS = 80
_BURST, _PER_SECOND = 400, 40
BACK_OFF = RetryPolicy(base_delay_ms=200, max_delay_ms=15_000)
NORMAL_CLOSURE, NO_CLOSE_CODE, TOO_BIG, TOKEN_EXPIRED, REVOKED = 1000, 1006, 1009, 4001, 4503


class Follower(Protocol):
    """Who follows an execution."""

    def on_event(self, event: ExecutionEvent) -> None:
        """Something happened."""

    def on_snapshot(self, event: ExecutionEvent) -> None:
        """The present state, which was asked for. It is no event: everything that led to it comes by itself."""

    def on_ready(self) -> None:
        """The server has taken the subscription."""

    def on_end(self, error: IhumanError | None) -> None:
        """Nothing more will come: it has ended (None), or why it cannot be followed any further."""


@dataclass(frozen=True)
class FollowOptions:
    """Which events are wanted."""

    since: Since = "start"
    types: tuple[EventType, ...] | None = None
    conflate: Conflate | None = None

    @classmethod
    def of(
        cls, since: Since = "start", types: Sequence[EventType] | None = None, conflate: Conflate | None = None
    ) -> FollowOptions:
        return cls(since, None if types is None else tuple(types), conflate)

    def __post_init__(self) -> None:
        since = self.since
        is_word = since in ("start", "now")
        if not is_word and not (isinstance(since, dict) and len(since) == 1 and _is_place(*next(iter(since.items())))):
            text = 'since is to be "start", "now", {"seq": …}, {"pos": …}, {"time": …} or {"tail": …}'
            raise ValidationError(f"{text}, not {since!r}", code="VALIDATION_FAILED")


def _is_place(name: str, value: Any) -> bool:
    if name in ("seq", "tail"):
        return type(value) is int and value >= 0
    return name in ("pos", "time") and isinstance(value, str) and value != ""


@dataclass(eq=False)
class Following:
    """One execution that is followed, and by whom."""

    execution_id: str
    options: FollowOptions
    cursor: Cursor
    followers: tuple[Follower, ...]
    #: The log that the cursor is a place in.
    epoch: str | None = None
    #: The message that asks for it on this connection.
    request: int = 0
    confirmed: bool = False

    @property
    def tells_endings(self) -> bool:
        types = self.options.types
        return types is None or ("complete" in types and "error" in types)


class ReconnectError(Exception):
    """This connection is of no more use; a new one may be."""


@dataclass(frozen=True)
class Again:
    """What to do after a lost connection: come back after a while."""

    delay_ms: float
    #: With a new token.
    refresh: bool


@dataclass(eq=False)
class Session:
    """Everything that is followed over one connection, and over those that take its place when it is lost."""

    followings: dict[str, Following] = field(default_factory=dict)
    _pending: dict[str, None] = field(default_factory=dict)
    _messages: deque[str] = field(default_factory=deque)
    _requests: int = 0
    #: Connections that were lost since something was heard of an execution.
    _losses: int = 0

    @property
    def has_room(self) -> bool:
        return len(self.followings) < MAX_FOLLOWINGS

    def follow(self, execution_id: str, follower: Follower, options: FollowOptions) -> None:
        """Begins; it must not be followed here yet."""
        if not 0 < len(execution_id) <= MAX_ID_CHARS:
            raise NotFoundError("There is no such execution.", code="EXECUTION_NOT_FOUND")
        cursor = Cursor(options.since)
        self.followings[execution_id] = Following(execution_id, options, cursor, (follower,))
        self._pending[execution_id] = None

    def join(self, execution_id: str, follower: Follower) -> bool:
        """Also tells this follower how it ends; False where that is not known here."""
        following = self.followings.get(execution_id)
        if following is None or not following.tells_endings:
            return False
        following.followers += (follower,)
        return True

    def unfollow(self, execution_id: str, follower: Follower) -> None:
        """Nothing more is told to this follower."""
        following = self.followings.get(execution_id)
        if following is None or follower not in following.followers:
            return
        following.followers = tuple(each for each in following.followers if each is not follower)
        if following.followers:
            return
        del self.followings[execution_id]
        if execution_id in self._pending:
            del self._pending[execution_id]
        else:
            self._say({"type": "unsubscribe", "executionId": execution_id})

    def request_update(self, execution_id: str) -> bool:
        """Asks for the present state; False when it is not followed here."""
        following = self.followings.get(execution_id)
        if following is None or not following.confirmed:
            return False
        self._say({"type": "request-update", "executionId": execution_id})
        return True

    @property
    def has_message(self) -> bool:
        return bool(self._messages or self._pending)

    def opened(self) -> None:
        """There is a new connection: everything is to be asked for, each from where it was."""
        self._messages.clear()
        self._pending = dict.fromkeys(self.followings)
        for following in self.followings.values():
            following.confirmed = False

    def next_message(self) -> str | None:
        """What is to be said next; None when there is nothing."""
        if self._messages:
            return self._messages.popleft()
        if not self._pending:
            return None
        self._requests += 1
        return json.dumps(self._subscribe(self._requests))

    def take(self, text: str | bytes) -> None:
        """A message came."""
        frame = frame_in(text)
        if frame is None:
            return
        execution_id = frame.get("executionId")
        following = self.followings.get(execution_id) if type(execution_id) is str else None
        if following is None or not following.confirmed:
            self._take_answer(frame, following)
            return
        if frame["type"] == "stream-end":
            self._end(following, None)
            return
        event = following.cursor.take(frame)
        if event is None:
            return
        self._losses = 0
        if "seq" not in frame and frame["type"] != "gap":
            for follower in following.followers:
                follower.on_snapshot(event)
            return
        for follower in following.followers:
            follower.on_event(event)
        if frame["type"] in ENDINGS:
            self._end(following, None)

    def lost(
        self, code: int, reason: str, random: float, *, lasted_ms: float, can_refresh: bool
    ) -> Again | IhumanError:
        """The connection is gone: when to come back, or why not."""
        fate = fate_of(code, can_refresh=can_refresh)
        if fate == "stop":
            return _closed(code, reason)
        if lasted_ms > BACK_OFF.max_delay_ms:
            self._losses = 0
        self._losses += 1
        return Again(back_off_ms(BACK_OFF, random, self._losses), refresh=fate == "refresh")

    def close(self, error: IhumanError | None) -> None:
        """Ends everything that is followed."""
        for following in list(self.followings.values()):
            self._end(following, error)

    def _subscribe(self, request: int) -> dict[str, Any]:
        first = self.followings[next(iter(self._pending))]
        alike = (first.options.types, first.options.conflate, first.epoch)
        executions: list[dict[str, Any]] = []
        for execution_id in list(self._pending):
            following = self.followings[execution_id]
            if (following.options.types, following.options.conflate, following.epoch) != alike:
                continue
            if len(executions) == MAX_PER_MESSAGE:
                break
            del self._pending[execution_id]
            following.request = request
            executions.append({"id": execution_id, "since": following.cursor.since})
        types, conflate, epoch = alike
        wanted = {"types": types, "conflate": conflate, "epoch": epoch}
        asked = {name: value for name, value in wanted.items() if value is not None}
        return {"type": "subscribe", "id": request, "executions": executions, **asked}

    def _take_answer(self, frame: Frame, following: Following | None) -> None:
        kind = frame["type"]
        if kind == "error":
            self._refused(frame, following)
        elif kind == "subscribed" and following is not None and frame.get("id") == following.request:
            following.confirmed = True
            epoch = frame.get("epoch")
            following.epoch = epoch if isinstance(epoch, str) else None
            following.cursor.subscribed(frame.get("seq"))
            for follower in following.followers:
                follower.on_ready()

    def _refused(self, frame: Frame, following: Following | None) -> None:
        message = frame.get("message")
        text = message if isinstance(message, str) else "The server refused the subscription."
        if frame.get("temporary") is True:
            raise ReconnectError(text)
        request = frame.get("id")
        error: IhumanError = ProtocolError(text, code=str(frame.get("name") or "BAD_ANSWER"))
        if following is not None:
            if frame.get("code") == 102:
                error = NotFoundError(text, code="EXECUTION_NOT_FOUND")
            if request == following.request:
                self._end(following, error)
        elif "executionId" not in frame and request is not None:
            for each in [each for each in self.followings.values() if each.request == request]:
                self._end(each, error)

    def _end(self, following: Following, error: IhumanError | None) -> None:
        # A follower may have let go of it meanwhile, and somebody else have begun anew.
        if self.followings.get(following.execution_id) is not following:
            return
        del self.followings[following.execution_id]
        self._pending.pop(following.execution_id, None)
        for follower in following.followers:
            follower.on_end(error)

    def _say(self, message: dict[str, Any]) -> None:
        self._messages.append(json.dumps(message))


def fate_of(code: int, *, can_refresh: bool) -> Literal["again", "refresh", "stop"]:
    """What a close code means: come back, come back with a new token, or stay away."""
    if code == TOKEN_EXPIRED:
        return "refresh" if can_refresh else "stop"
    return "stop" if code == TOO_BIG or 4500 <= code <= 4999 else "again"


def _closed(code: int, reason: str) -> IhumanError:
    message = f"The server ended the connection: {reason}." if reason else "The server ended the connection."
    if code == TOKEN_EXPIRED:
        return AuthenticationError(message, code="UNAUTHENTICATED")
    if code == TOO_BIG:
        return ProtocolError("A message was too large.", code="BAD_ANSWER")
    return ConnectionFailedError(message, code="DISCONNECTED")


@dataclass
class Pace:
    """How soon the next message may be said: a server takes 500 at once and 50 in a second, and holds more against one."""

    _at: float
    _allowance: float = 400

    def wait(self, now: float) -> float:
        """Seconds before one more may be said, which is counted as said then."""
        self._allowance = min(_BURST, self._allowance + (now - self._at) * _PER_SECOND) - 1
        self._at = now
        return max(0.0, -self._allowance / _PER_SECOND)
