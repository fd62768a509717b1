"""Runs skills on an ihuman server and follows them live."""

from ._retry import RetryPolicy
from ._version import __version__
from .blocking import Client
from .client import IhumanClient
from .errors import (
    AuthenticationError,
    ConflictError,
    ConnectionFailedError,
    DeadlineError,
    ExecutionFailedError,
    IhumanError,
    NotFoundError,
    PermissionDeniedError,
    ProtocolError,
    RateLimitError,
    ServerError,
    ValidationError,
    WebhookVerificationError,
)
from .webhooks import verify_webhook

__all__ = [
    "AuthenticationError",
    "Client",
    "ConflictError",
    "ConnectionFailedError",
    "DeadlineError",
    "ExecutionFailedError",
    "IhumanClient",
    "IhumanError",
    "NotFoundError",
    "PermissionDeniedError",
    "ProtocolError",
    "RateLimitError",
    "RetryPolicy",
    "ServerError",
    "ValidationError",
    "WebhookVerificationError",
    "__version__",
    "verify_webhook",
]
