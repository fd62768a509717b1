"""What followers do with what they are told: keep it until it is read, wait for the ending, or pass it to handlers. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from ._foreign import disconnected
from .errors import ExecutionFailedError, IhumanError
from .types import CompleteEvent, ExecutionEvent


def _nothing(*_: Any) -> None:
    return None


class Buffer:
    """Keeps events until they are read. `wake` is called when there is something new."""

    def __init__(self, wake: Callable[[], None] = _nothing) -> None:
        self.events: deque[ExecutionEvent] = deque()
        self.is_over = False
        self.error: IhumanError | None = None
        self.wake = wake

    def on_event(self, event: ExecutionEvent) -> None:
        self.events.append(event)
        self.wake()

    def on_snapshot(self, event: ExecutionEvent) -> None:
        """Who reads events gets each of them by itself."""

    def on_ready(self) -> None:
        """The first event says so."""

    def on_end(self, error: IhumanError | None) -> None:
        self.is_over = True
        self.error = error
        self.wake()

    def ending(self) -> CompleteEvent:
        """The ending that is kept, when it is a good one; otherwise what went wrong is raised."""
        if self.error is not None:
            raise self.error
        last = self.events[-1] if self.events else None
        return ending_of(last)


def ending_of(event: ExecutionEvent | None) -> CompleteEvent:
    """The event itself when it is a good ending; otherwise what went wrong is raised."""
    if event is not None and event["type"] == "complete":
        return event
    if event is not None and event["type"] == "error":
        raise ExecutionFailedError(
            {
                "executionId": event["executionId"],
                "status": event["status"],
                "error": event["error"],
                "code": event["code"],
                "durationMs": event["durationMs"],
            }
        )
    raise disconnected("The stream ended before the execution did.")


class Handing:
    """Passes everything on as it comes."""

    def __init__(
        self,
        tell: Callable[[ExecutionEvent], None],
        ready: Callable[[], None],
        end: Callable[[IhumanError | None], None],
    ) -> None:
        self.on_event = tell
        self.on_snapshot = tell
        self.on_ready = ready
        self.on_end = end
