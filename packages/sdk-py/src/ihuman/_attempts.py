"""How a call is tried, and tried again. Sends nothing and waits for nothing itself: it says what is to be done."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeVar

from ._calls import MAX_ANSWER_BYTES, Answer, Call, content_of, error_from, headers_of, target_of
from ._retry import RetryPolicy, retry_delay_ms
from .errors import IhumanError, ProtocolError
from .types import TokenSource

T = TypeVar("T")


@dataclass(frozen=True)
class Send:
    """To be sent; the answer is wanted, or an IhumanError where there is none."""

    method: str
    target: str
    headers: dict[str, str]
    content: bytes | None
    #: Seconds more than the usual limit.
    patience: float
    max_answer_bytes: int


@dataclass(frozen=True)
class Sleep:
    """So long nothing is to be done."""

    seconds: float


@dataclass(frozen=True)
class GetToken:
    """The present token is wanted, or None."""


Step = Send | Sleep | GetToken
_get_token = GetToken()


class Tokens:
    """The present token, and where the next one comes from."""

    def __init__(self, source: TokenSource | None) -> None:
        self.use(source)

    def use(self, source: TokenSource | None) -> None:
        """From now on."""
        self.source = source
        self.current = source if isinstance(source, str) else None

    @property
    def can_refresh(self) -> bool:
        """A new token can be had where the last one was not taken."""
        return callable(self.source)

    def forget(self, token: str | None) -> None:
        """It was not taken. Of many that were sent at once, the first one to fail makes room for a new one."""
        if self.can_refresh and self.current == token:
            self.current = None


def attempts(
    call: Call[T], policy: RetryPolicy, tokens: Tokens, random: Callable[[], float]
) -> Generator[Step, Any, T]:
    """Tries a call until it is answered, or until that makes no sense. Yields what is to be done, returns what the call means."""
    key = call.idempotency_key or (secrets.token_hex(16) if call.creates else None)
    idempotent = call.is_idempotent(key)
    content, target = content_of(call), target_of(call)
    max_bytes = call.max_answer_bytes or MAX_ANSWER_BYTES
    refreshed = False
    attempt = 1
    while True:
        token = None if call.is_open else (yield _get_token)
        headers = headers_of(call, token, key)
        try:
            answer: Answer = yield Send(call.method, target, headers, content, call.patience, max_bytes)
            if 200 <= answer.status < 300:
                return call.read(answer)
            raise error_from(answer)
        except ProtocolError:
            raise
        except IhumanError as error:
            if error.status == 401 and not call.is_open and tokens.can_refresh and not refreshed:
                refreshed = True
                tokens.forget(token)
                continue
            delay_ms = retry_delay_ms(
                policy,
                random(),
                attempt=attempt,
                status=error.status,
                retry_after_ms=error.retry_after_ms,
                idempotent=idempotent,
            )
            if delay_ms is None:
                raise
        yield Sleep(delay_ms / 1000)
        attempt += 1
