"""Servers that are none, and networks that are bad. Both clients."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import Callable
from typing import Any

import pytest

from ihuman import (
    AuthenticationError,
    ConnectionFailedError,
    DeadlineError,
    IhumanError,
    ProtocolError,
    RateLimitError,
    RetryPolicy,
    ServerError,
)

from .support import client_of, json_answer, request_in, tcp_server

both = pytest.mark.parametrize("kind", ["async", "blocking"])
USER = {"id": "user_1", "email": "a@example.com"}
ONCE = RetryPolicy(max_retries=0)


class Answers:
    """A server that gives one answer after the other, the last one again and again."""

    def __init__(self, *answers: bytes, hangs_up: bool = False) -> None:
        self.answers = list(answers)
        self.hangs_up = hangs_up
        self.requests: list[str] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            self.requests.append(await request_in(reader))
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            writer.write(answer)
            await writer.drain()
            if self.hangs_up or b"content-length" not in answer:
                return


async def call(kind: str, handle: Any, name: str = "get_current_user", *args: Any, **options: Any) -> Any:
    async with tcp_server(handle) as port:
        client = client_of(kind, f"http://127.0.0.1:{port}", **options)
        try:
            return await client(name, *args)
        finally:
            await client.close()


async def refusal(kind: str, handle: Any, *args: Any, **options: Any) -> IhumanError:
    with pytest.raises(IhumanError) as caught:
        await call(kind, handle, *args, **options)
    return caught.value


HTML = b"HTTP/1.1 %d X\r\ncontent-type: text/html\r\ncontent-length: 13\r\n\r\n<html></html>"


@both
@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [
        (HTML % 200, ProtocolError, "BAD_ANSWER"),
        (HTML % 404, IhumanError, "HTTP_404"),
        (HTML % 502, ServerError, "HTTP_502"),
        (json_answer(301, {}, "location: http://127.0.0.1:1/"), ProtocolError, "HTTP_301"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", ConnectionFailedError, "CONNECTION_FAILED"),
        (b"\x00\xff" * 5000, ConnectionFailedError, "CONNECTION_FAILED"),
        (b"", ConnectionFailedError, "CONNECTION_FAILED"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{", ConnectionFailedError, "CONNECTION_FAILED"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n{}", ConnectionFailedError, "CONNECTION_FAILED"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", ConnectionFailedError, "CONNECTION_FAILED"),
        (b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}", ProtocolError, "BAD_ANSWER"),
    ],
    ids=lambda value: value[:40].decode("latin-1") if isinstance(value, bytes) else str(value),
)
async def test_an_answer_of_something_else_is_an_error_that_says_so(
    kind: str, answer: bytes, error: type[Exception], code: str
) -> None:
    caught = await refusal(kind, Answers(answer, hangs_up=True), retry=ONCE)
    assert isinstance(caught, error)
    assert caught.code == code


@both
async def test_who_hangs_up_is_asked_again_and_a_skill_runs_once_all_the_same(kind: str) -> None:
    answers = Answers(b"", b"HTTP/1.1 202 OK\r\n", json_answer(202, {"executionId": "x"}))
    assert await call(kind, answers, "execute_skill", "noop") == {"executionId": "x"}
    keys = {
        line for each in answers.requests for line in each.split("\r\n") if line.lower().startswith("idempotency-key")
    }
    assert (len(answers.requests), len(keys)) == (3, 1)


@both
async def test_a_change_that_may_have_been_made_is_not_made_again(kind: str) -> None:
    answers = Answers(b"")
    caught = await refusal(kind, answers, "webhooks.update", "hook_1", {"url": "https://example.com"})
    assert isinstance(caught, ConnectionFailedError)
    assert len(answers.requests) == 1


@both
async def test_a_server_that_is_busy_is_asked_again(kind: str) -> None:
    busy = json_answer(503, {"code": "BUSY", "retryAfterMs": 1})
    slow = json_answer(429, {"code": "RATE_LIMITED"}, "retry-after: 0")
    assert await call(kind, Answers(busy, slow, busy, slow, json_answer(200, USER))) == USER


@both
async def test_a_wait_that_is_too_long_is_an_error_at_once(kind: str) -> None:
    caught = await refusal(kind, Answers(json_answer(429, {"code": "SIGN_IN_DELAYED"}, "retry-after: 3600")))
    assert isinstance(caught, RateLimitError)
    assert caught.retry_after_ms == 3_600_000


@both
async def test_nobody_at_home_is_an_error_after_some_attempts(kind: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    client = client_of(kind, f"http://127.0.0.1:{port}")
    with pytest.raises(ConnectionError, match="could not be reached"):
        await client("list_skills")
    await client.close()


@both
async def test_a_server_that_says_nothing_is_given_up_in_time(kind: str) -> None:
    async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    assert isinstance(await refusal(kind, silent, timeout=0.2, retry=ONCE), DeadlineError)


@both
async def test_an_answer_that_trickles_for_ever_is_given_up_in_time(kind: str) -> None:
    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_in(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.01)

    assert isinstance(await refusal(kind, trickle, timeout=0.5, retry=ONCE), DeadlineError)


@both
async def test_an_answer_that_never_ends_is_given_up_before_it_fills_the_memory(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ihuman._attempts.MAX_ANSWER_BYTES", 1_000_000)

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_in(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"[" * 65_536)
            await writer.drain()

    caught = await refusal(kind, endless)
    assert isinstance(caught, ProtocolError)
    assert "longer than" in caught.message


@both
async def test_an_answer_that_unpacks_to_too_much_is_given_up(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ihuman._attempts.MAX_ANSWER_BYTES", 1_000_000)
    packed = gzip.compress(b"0" * 2_000_000)
    head = f"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {len(packed)}\r\n\r\n"
    assert isinstance(await refusal(kind, Answers(head.encode() + packed)), ProtocolError)


def plain_or_async(kind: str, give: Callable[[], str]) -> Any:
    async def later() -> str:
        await asyncio.sleep(0)
        return give()

    return later if kind == "async" else give


@both
async def test_an_expired_token_is_replaced_once_for_all_that_were_sent_with_it(kind: str) -> None:
    asked = 0

    def give() -> str:
        nonlocal asked
        asked += 1
        return f"token-{asked}"

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            request = await request_in(reader)
            await asyncio.sleep(0.05)
            writer.write(
                json_answer(200, USER) if "token-2" in request else json_answer(401, {"code": "UNAUTHENTICATED"})
            )

    async with tcp_server(handle) as port:
        client = client_of(kind, f"http://127.0.0.1:{port}", token=plain_or_async(kind, give))
        users = await asyncio.gather(*(client("get_current_user") for _ in range(5)))
        await client.close()
    assert users == [USER] * 5
    assert asked == 2


@both
async def test_a_new_token_that_is_not_taken_either_is_an_error(kind: str) -> None:
    answers = Answers(json_answer(401, {"code": "UNAUTHENTICATED"}))
    caught = await refusal(kind, answers, token=plain_or_async(kind, lambda: "bad"))
    assert isinstance(caught, AuthenticationError)
    assert len(answers.requests) == 2


@both
async def test_what_a_source_of_tokens_raises_is_raised(kind: str) -> None:
    def give() -> str:
        raise LookupError("no token today")

    with pytest.raises(LookupError, match="today"):
        await call(kind, Answers(json_answer(200, USER)), token=plain_or_async(kind, give))


@both
async def test_a_token_that_cannot_be_sent_is_refused(kind: str) -> None:
    for token in ("ü", "a\r\nb: c"):
        caught = await refusal(kind, Answers(json_answer(200, USER)), token=token)
        assert caught.code == "VALIDATION_FAILED"


@both
async def test_a_client_that_was_closed_can_be_used_again(kind: str) -> None:
    async with tcp_server(Answers(json_answer(200, USER))) as port:
        client = client_of(kind, f"http://127.0.0.1:{port}/", api_key="k", token=None)
        assert await client("get_current_user") == USER
        await client.close()
        assert await client("get_current_user") == USER
        await client.close()


async def test_requests_that_wait_for_their_turn_are_not_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ihuman._http.MAX_AT_ONCE", 1)
    under_way: list[int] = []

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await request_in(reader)
            under_way.append(1)
            assert len(under_way) == 1
            await asyncio.sleep(1.5)
            under_way.clear()
            writer.write(json_answer(200, USER))

    # Together they take longer than each of them may.
    async with tcp_server(slow) as port:
        client = client_of("async", f"http://127.0.0.1:{port}", timeout=4, retry=ONCE)
        assert await asyncio.gather(*(client("get_current_user") for _ in range(3))) == [USER] * 3
        await client.close()
