"""How often and how soon something is tried again. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how soon a request is repeated."""

    #: Repetitions after the first attempt.
    max_retries: int = 4
    #: Upper bound of the first wait; it doubles each time.
    base_delay_ms: float = 250
    #: Upper bound of all waits that the server did not ask for.
    max_delay_ms: float = 10_000


#: The longest wait that a server can ask for; a longer one is an error at once.
MAX_RETRY_AFTER_MS = 60_000


def retry_delay_ms(
    policy: RetryPolicy,
    random: float,
    *,
    attempt: int,
    status: int | None,
    retry_after_ms: float | None,
    idempotent: bool,
) -> float | None:
    """How long to wait before the next attempt; None when there is none.

    `attempt` counts from 1; `status` is None when there was no answer. Without an answer, and after 503, only what is idempotent is
    repeated (it reads, or has an `Idempotency-Key`); after 429 everything, as nothing was done. `random` is from 0 up to 1.
    """
    is_passing = status == 429 or (idempotent and status in (None, 503))
    if not is_passing or attempt > policy.max_retries:
        return None
    if retry_after_ms is not None and retry_after_ms > MAX_RETRY_AFTER_MS:
        return None
    return max(retry_after_ms or 0, back_off_ms(policy, random, attempt))


def back_off_ms(policy: RetryPolicy, random: float, attempt: int) -> float:
    """A random share of a bound that doubles with each attempt.

    Full jitter spreads clients that failed together: M. Brooker, "Exponential Backoff and Jitter", AWS 2015.
    """
    bound = min(policy.max_delay_ms, policy.base_delay_ms * 2.0 ** min(attempt - 1, 30))
    return round(random * bound)
