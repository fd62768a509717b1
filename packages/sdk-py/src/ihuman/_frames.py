"""The messages of the WebSocket protocol, and the events that they are. Pure."""

from __future__ import annotations

import json
from typing import Any, cast

from .types import ExecutionEvent

Frame = dict[str, Any]

_EVENT_NAMES = {
    "execution-progress": "progress",
    "execution-log": "log",
    "execution-complete": "complete",
    "execution-error": "error",
    "gap": "gap",
}
ENDINGS = frozenset({"complete", "error"})


def frame_in(text: str | bytes) -> Frame | None:
    """The message in a text; None when it is none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if type(value) is dict and type(value.get("type")) is str:
        return value
    return None


def event_of(frame: Frame) -> ExecutionEvent | None:
    """The event that a message is; None for messages that tell nothing of an execution, unknown ones among them.

    The message itself becomes the event: it is not to be used afterwards.
    """
    name = _EVENT_NAMES.get(frame["type"])
    if name is None or type(frame.get("executionId")) is not str:
        return None
    if name == "gap" and type(frame.get("toSeq")) is not int:
        return None
    frame["type"] = name
    if "durationMs" in frame:
        frame["duration"] = frame["durationMs"]
    return cast(ExecutionEvent, frame)
