"""What a call sends, and what its answer means. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import quote, urlencode

from .errors import (
    AuthenticationError,
    ConflictError,
    IhumanError,
    NotFoundError,
    PermissionDeniedError,
    ProtocolError,
    RateLimitError,
    ServerError,
    ValidationError,
)
from .types import FieldProblem, Page

T = TypeVar("T")

MAX_ANSWER_BYTES = 64 * 1024 * 1024
NO_BODY: Any = object()


class Headers(Protocol):
    """Header names in any case."""

    def get(self, name: str, /) -> str | None: ...


@dataclass(frozen=True)
class Answer:
    """What came over HTTP, whole."""

    status: int
    headers: Headers
    content: bytes


def json_of(answer: Answer) -> Any:
    """The JSON of an answer; None where it is empty."""
    if answer.status == 204 or not answer.content:
        return None
    try:
        return json.loads(answer.content)
    except (ValueError, RecursionError) as cause:
        raise ProtocolError(
            "The answer is no JSON: is there an ihuman server at this address?",
            code="BAD_ANSWER",
            status=answer.status,
            request_id=answer.headers.get("x-request-id"),
        ) from cause


@dataclass(frozen=True)
class Call(Generic[T]):
    """One request, whatever sends it."""

    method: str
    path: str
    #: What the answer means.
    read: Callable[[Answer], T] = json_of
    query: Mapping[str, Any] = field(default_factory=dict)
    #: Sent as JSON; bytes as they are.
    body: Any = NO_BODY
    headers: Mapping[str, str] = field(default_factory=dict)
    #: It makes something: it gets an `Idempotency-Key`, so that repeating it is safe.
    creates: bool = False
    #: A POST that leads to the same when it is repeated.
    settles: bool = False
    #: Instead of the key that is made.
    idempotency_key: str | None = None
    #: Seconds that the server may take beside the usual limit.
    patience: float = 0
    #: It needs no token.
    is_open: bool = False
    #: None: MAX_ANSWER_BYTES.
    max_answer_bytes: int | None = None

    def is_idempotent(self, key: str | None) -> bool:
        """Doing it twice is the same as once."""
        return key is not None or self.settles or self.method not in ("POST", "PATCH")


def place(text: str) -> str:
    """A piece of a path."""
    return quote(text, safe="")


def given(**values: Any) -> dict[str, Any]:
    """Only what is not None."""
    return {name: value for name, value in values.items() if value is not None}


def target_of(call: Call[Any]) -> str:
    """Path and query, as they stand behind the server's address."""
    query = {name: _text_of(value) for name, value in call.query.items() if value is not None}
    return f"{call.path}?{urlencode(query)}" if query else call.path


def _text_of(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(value) if isinstance(value, list | tuple) else str(value)


def content_of(call: Call[Any]) -> bytes | None:
    """The body of a request."""
    body = call.body
    if body is NO_BODY or isinstance(body, bytes):
        return None if body is NO_BODY else body
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as cause:
        raise ValidationError(f"This cannot be sent as JSON: {cause}", code="VALIDATION_FAILED") from cause


def headers_of(call: Call[Any], token: str | None, key: str | None) -> dict[str, str]:
    """The headers of a request."""
    headers = {"accept": "application/json"}
    if call.body is not NO_BODY:
        headers["content-type"] = "application/json"
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
    if key is not None:
        headers["idempotency-key"] = key
    return {**headers, **call.headers}


def page_of(name: str) -> Callable[[Answer], Page[Any]]:
    """Reads a list with what belongs to it."""

    def read(answer: Answer) -> Page[Any]:
        about = _object_of(answer)
        items = about.pop(name, None)
        return Page(items if isinstance(items, list) else [], about)

    return read


def field_of(name: str) -> Callable[[Answer], Any]:
    """Reads one field."""

    def read(answer: Answer) -> Any:
        about = _object_of(answer)
        if name not in about:
            raise _unexpected(answer)
        return about[name]

    return read


def _object_of(answer: Answer) -> dict[str, Any]:
    value = json_of(answer)
    if not isinstance(value, dict):
        raise _unexpected(answer)
    return value


def _unexpected(answer: Answer) -> ProtocolError:
    message = "The answer is not what was asked for: is there an ihuman server at this address?"
    return ProtocolError(message, code="BAD_ANSWER", status=answer.status)


_CLASSES: Mapping[int, type[IhumanError]] = {
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    410: NotFoundError,
    429: RateLimitError,
}


def error_from(answer: Answer, *, now: datetime | None = None) -> IhumanError:
    """The error that an answer other than 2xx is: Problem Details where it has them, else what the status says."""
    status = answer.status
    try:
        value = json.loads(answer.content)
    except (ValueError, RecursionError):
        value = None
    body: dict[str, Any] = value if isinstance(value, dict) else {}
    texts = [text for text in (body.get("detail"), body.get("title")) if isinstance(text, str) and text]
    code = body.get("code")
    return _class_of(status)(
        texts[0] if texts else f"The server answered {status}.",
        code=code if isinstance(code, str) else f"HTTP_{status}",
        status=status,
        problems=_problems_of(body.get("problems")),
        retry_after_ms=retry_after_ms(answer.headers, body.get("retryAfterMs"), now or datetime.now(timezone.utc)),
        request_id=answer.headers.get("x-request-id"),
    )


def _class_of(status: int) -> type[IhumanError]:
    known = _CLASSES.get(status)
    if known is not None:
        return known
    return ServerError if status >= 500 else ValidationError if status >= 400 else ProtocolError


def _problems_of(value: Any) -> list[FieldProblem]:
    found = value if isinstance(value, list) else []
    return [
        {"path": str(each.get("path", "")), "message": str(each.get("message", ""))}
        for each in found
        if isinstance(each, dict)
    ]


def retry_after_ms(headers: Headers, exact: Any, now: datetime) -> float | None:
    """When it is worth trying again. Problem Details say it to the millisecond, the header in seconds or as a date."""
    if isinstance(exact, int | float) and not isinstance(exact, bool) and exact >= 0:
        return exact
    text = (headers.get("retry-after") or "").strip()
    if re.fullmatch(r"-?[0-9]{1,9}(\.[0-9]+)?", text):
        return max(0.0, float(text) * 1000)
    at = _date_in(text)
    if at is None:
        return None
    # By the server's own clock where it tells it: the two may differ.
    return max(0, (at - (_date_in(headers.get("date") or "") or now)).total_seconds() * 1000)


def _date_in(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=timezone.utc)
