"""How one description of a call becomes a method that awaits and one that blocks."""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from ._calls import Call
from ._http import AsyncHttp, SyncHttp

P = ParamSpec("P")
T = TypeVar("T")
H = TypeVar("H", AsyncHttp, SyncHttp)


class Endpoints(Generic[H]):
    """Methods that are one call each; `endpoint` makes them."""

    def __init__(self, http: H) -> None:
        self._http: H = http


class endpoint(Generic[P, T]):  # noqa: N801 - a decorator
    """A method that describes a call becomes one that makes it: it awaits over AsyncHttp, and blocks over SyncHttp."""

    def __init__(self, describe: Callable[Concatenate[Any, P], Call[T]]) -> None:
        self._describe = describe
        functools.update_wrapper(self, describe)  # type: ignore[arg-type]

    @overload
    def __get__(self, owner: None, kind: type[Any], /) -> Callable[Concatenate[Any, P], Call[T]]: ...

    @overload
    def __get__(
        self, owner: Endpoints[AsyncHttp], kind: type[Any] | None = None, /
    ) -> Callable[P, Coroutine[Any, Any, T]]: ...

    @overload
    def __get__(self, owner: Endpoints[SyncHttp], kind: type[Any] | None = None, /) -> Callable[P, T]: ...

    def __get__(self, owner: Any, kind: Any = None, /) -> Any:
        if owner is None:
            return self._describe
        describe, http = self._describe, owner._http

        @functools.wraps(describe)
        def method(*args: Any, **options: Any) -> Any:
            return http.run(describe(owner, *args, **options))

        return method
