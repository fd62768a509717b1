"""What this package raises.

    IhumanError                        everything below; has code, status, problems, retry_after_ms, request_id
    ├── ValidationError                400, 413, 415, 422 …: the request cannot be taken as it is
    ├── AuthenticationError            401: the token or key is missing, wrong or expired
    ├── PermissionDeniedError          403: the token or key does not allow it
    ├── NotFoundError                  404, 410
    ├── ConflictError                  409: it contradicts how things stand
    ├── RateLimitError                 429: too many requests
    ├── ServerError                    5xx
    ├── ConnectionFailedError          the server could not be reached, or the connection was lost for good
    │                                  (also a builtin ConnectionError)
    ├── DeadlineError                  there was no whole answer in time (also a builtin TimeoutError)
    ├── ProtocolError                  what came is not what an ihuman server says
    ├── ExecutionFailedError           the execution that was waited for did not complete; has execution
    └── WebhookVerificationError       a delivery is not what it claims to be

Tell errors apart by class, or by `code`, which keeps its meaning for ever: a code of the server's table (docs/reference/errors.md)
or one of CONNECTION_FAILED, DISCONNECTED, TIMEOUT, BAD_ANSWER, HTTP_<status>, SIGNATURE_MISSING,
SIGNATURE_INVALID, TIMESTAMP_OUT_OF_RANGE, PAYLOAD_INVALID. Of an execution that failed it is the code of the failure.
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

from .types import FailedExecution, FieldProblem

__all__ = [
    "AuthenticationError",
    "ConflictError",
    "ConnectionFailedError",
    "DeadlineError",
    "ExecutionFailedError",
    "IhumanError",
    "NotFoundError",
    "PermissionDeniedError",
    "ProtocolError",
    "RateLimitError",
    "ServerError",
    "ValidationError",
    "WebhookVerificationError",
]


class IhumanError(Exception):
    """What everything in this package raises."""

    message: str
    #: Stable; see the module's text.
    code: str
    #: HTTP status; None when there was no answer.
    status: int | None
    #: What is wrong with the request, field by field.
    problems: Sequence[FieldProblem]
    #: When it is worth trying again, if the server said so.
    retry_after_ms: float | None
    #: The server's name for the request, if it gave one.
    request_id: str | None

    def __init__(
        self,
        message: str,
        *,
        code: str,
        status: int | None = None,
        problems: Sequence[FieldProblem] = (),
        retry_after_ms: float | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status
        self.problems = problems
        self.retry_after_ms = retry_after_ms
        self.request_id = request_id

    def __str__(self) -> str:
        if len(self.problems) < 2:
            return self.message
        problems = "; ".join(f"{each['path']}: {each['message']}" for each in self.problems)
        return f"{self.message} ({problems})"

    def __reduce__(self) -> tuple[Any, ...]:
        # Made from keywords, which the usual way of copying exceptions between processes would lose.
        return (_restored, (type(self), self.args, self.__dict__))


def _restored(kind: type[IhumanError], args: tuple[Any, ...], state: dict[str, Any]) -> IhumanError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class ValidationError(IhumanError):
    """400, 413, 415, 422 and other 4xx: the request cannot be taken as it is."""


class AuthenticationError(IhumanError):
    """401: the token or key is missing, wrong or expired."""


class PermissionDeniedError(IhumanError):
    """403: the token or key does not allow it."""


class NotFoundError(IhumanError):
    """404, 410."""


class ConflictError(IhumanError):
    """409: it contradicts how things stand."""


class RateLimitError(IhumanError):
    """429: too many requests."""


class ServerError(IhumanError):
    """5xx."""


class ConnectionFailedError(IhumanError, builtins.ConnectionError):
    """The server could not be reached (`CONNECTION_FAILED`), or the connection was lost for good (`DISCONNECTED`)."""


class DeadlineError(IhumanError, builtins.TimeoutError):
    """There was no whole answer in time (`TIMEOUT`)."""


class ProtocolError(IhumanError):
    """What came is not what an ihuman server says (`BAD_ANSWER`)."""


class ExecutionFailedError(IhumanError):
    """The execution that `run` or `wait_for` waited for failed, timed out, expired or was cancelled."""

    #: Its `executionId`, `status`, `error`, `code` and `durationMs`.
    execution: FailedExecution

    def __init__(self, execution: FailedExecution) -> None:
        super().__init__(execution["error"], code=execution["code"])
        self.execution = execution


class WebhookVerificationError(IhumanError):
    """A delivery is not what it claims: `SIGNATURE_MISSING`, `SIGNATURE_INVALID`, `TIMESTAMP_OUT_OF_RANGE`, `PAYLOAD_INVALID`."""
