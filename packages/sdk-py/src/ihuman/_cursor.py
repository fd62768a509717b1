"""How far one execution has been followed. Pure."""

from __future__ import annotations

from typing import Any

from ._frames import Frame, event_of
from .types import ExecutionEvent, Since


class Cursor:
    """What of the messages that come is new, and where to go on after a lost connection.

    The same messages in the same order give the same events, however often the connection was cut between them.
    """

    __slots__ = ("_last", "_since")

    def __init__(self, since: Since = "start") -> None:
        self._since = since
        #: The last number that was taken; None while there was none.
        self._last: int | None = None

    @property
    def since(self) -> Since:
        """Strictly behind what the next subscription begins."""
        return self._since if self._last is None else {"seq": self._last}

    def subscribed(self, seq: Any) -> None:
        """The server says which number is the last one that it does not send."""
        if self._last is None and type(seq) is int:
            self._last = seq

    def take(self, frame: Frame) -> ExecutionEvent | None:
        """The event that a message is, when it is new."""
        if frame["type"] == "subscribed":
            self.subscribed(frame.get("seq"))
            return None
        event = event_of(frame)
        if event is None:
            return None
        if frame["type"] == "gap":
            self._last = frame["toSeq"]
            return event
        seq = frame.get("seq")
        if type(seq) is not int:
            return event
        if self._last is not None and seq <= self._last:
            return None
        self._last = seq
        return event
