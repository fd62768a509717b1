"""`asyncio.timeout`, which Python 3.10 does not have."""

from __future__ import annotations

import asyncio
import sys

__all__ = ["deadline"]

if sys.version_info >= (3, 11):
    from asyncio import timeout as deadline
else:  # pragma: no cover

    class deadline:  # noqa: N801 - it takes the place of a function
        """Cancels what is inside after `seconds`, and raises TimeoutError then. None: never."""

        def __init__(self, seconds: float | None) -> None:
            self._seconds = seconds
            self._timer: asyncio.TimerHandle | None = None
            self._expired = False

        async def __aenter__(self) -> None:
            task = asyncio.current_task()
            if self._seconds is None or task is None:
                return

            def expire(task: asyncio.Task[object] = task) -> None:
                self._expired = True
                task.cancel()

            self._timer = asyncio.get_running_loop().call_later(max(0, self._seconds), expire)

        async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
            if self._timer is not None:
                self._timer.cancel()
            if self._expired and kind is asyncio.CancelledError:
                raise TimeoutError from error
