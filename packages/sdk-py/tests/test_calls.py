"""What goes out, and what its answer means."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import pickle
from datetime import datetime, timezone
from typing import Any

import httpx
import pytest
import websockets.exceptions

import ihuman
from ihuman import errors as e
from ihuman import verify_webhook
from ihuman._attempts import GetToken, Send, Sleep, Tokens, attempts
from ihuman._calls import Answer, Call, content_of, field_of, headers_of, page_of, place, retry_after_ms, target_of
from ihuman._core import is_outcome, result_of
from ihuman._foreign import FOREIGN, mapped, nearest
from ihuman._retry import RetryPolicy

NOW = datetime(2026, 2, 5, 12, tzinfo=timezone.utc)


def answer(status: int, body: Any = None, **headers: str) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, content)


class Flow:
    """Plays the loop that does what `attempts` says."""

    def __init__(self, call: Call[Any], token: Any = "t", policy: RetryPolicy | None = None) -> None:
        self.tokens = Tokens(token)
        self.steps = attempts(call, policy or RetryPolicy(), self.tokens, lambda: 0.5)
        self.step: Any = next(self.steps)
        self.result: Any = None

    def give(self, value: Any) -> Any:
        try:
            self.step = self.steps.throw(value) if isinstance(value, BaseException) else self.steps.send(value)
        except StopIteration as end:
            self.result = end.value
            self.step = None
        return self.step


def test_a_path_holds_what_it_is_given_as_one_piece() -> None:
    assert place("a/b?c#d ü") == "a%2Fb%3Fc%23d%20%C3%BC"


def test_a_query_leaves_out_what_is_none_and_writes_lists_and_truth_as_the_server_reads_them() -> None:
    call = Call[Any]("GET", "/x", query={"a": None, "b": True, "c": ["d", "e"], "f": 0, "g": "ä&b"})
    assert target_of(call) == "/x?b=true&c=d%2Ce&f=0&g=%C3%A4%26b"


def test_a_body_is_compact_json_and_a_call_without_one_sends_none() -> None:
    assert content_of(Call[Any]("POST", "/x", body={"ü": [1, None]})) == '{"ü":[1,null]}'.encode()
    assert content_of(Call[Any]("POST", "/x")) is None
    assert "content-type" not in headers_of(Call[Any]("POST", "/x"), None, None)


@pytest.mark.parametrize("body", [{"a": float("nan")}, {"a": object()}, {"a": "\ud800"}])
def test_what_cannot_be_json_is_refused_before_anything_is_sent(body: Any) -> None:
    with pytest.raises(e.ValidationError, match="JSON"):
        content_of(Call[Any]("POST", "/x", body=body))


def test_headers_carry_token_and_key_and_may_be_replaced() -> None:
    call = Call[Any]("POST", "/x", body=b"a: 1", headers={"content-type": "application/yaml"})
    assert headers_of(call, "t", "k") == {
        "accept": "application/json",
        "content-type": "application/yaml",
        "authorization": "Bearer t",
        "idempotency-key": "k",
    }


def test_a_page_is_a_list_that_knows_where_it_is_from() -> None:
    page = page_of("skills")(answer(200, {"skills": [1, 2], "total": 9, "limit": 2, "offset": 4, "nextCursor": "c"}))
    assert page == [1, 2]
    assert (page.total, page.limit, page.offset, page.next_cursor) == (9, 2, 4, "c")


@pytest.mark.parametrize("content", [b"<html>", b"[", b"\xff\xfe\x00", b"[" * 100_000, b"1" * 10_000])
def test_an_answer_that_is_no_json_is_a_protocol_error(content: bytes) -> None:
    with pytest.raises(e.ProtocolError) as caught:
        page_of("skills")(answer(200, content))
    assert caught.value.code == "BAD_ANSWER"


@pytest.mark.parametrize("body", [[], 1, "text", None])
def test_json_of_another_shape_is_a_protocol_error(body: Any) -> None:
    with pytest.raises(e.ProtocolError):
        field_of("keys")(answer(200, body))


def test_an_answer_without_content_is_none() -> None:
    assert Call[Any]("DELETE", "/x").read(answer(204, b"")) is None


def test_a_retry_after_that_is_a_date_is_told_by_the_servers_own_clock() -> None:
    an_hour_ahead = {"retry-after": "Thu, 05 Feb 2026 13:00:03 GMT", "date": "Thu, 05 Feb 2026 13:00:00 GMT"}
    assert retry_after_ms(an_hour_ahead, None, NOW) == 3000
    assert retry_after_ms({"retry-after": "Thu, 05 Feb 2026 12:00:03 GMT"}, None, NOW) == 3000


def test_a_creating_call_has_the_same_key_in_every_attempt() -> None:
    flow = Flow(Call("POST", "/x", body={}, creates=True))
    assert isinstance(flow.step, GetToken)
    first = flow.give("t")
    assert isinstance(first, Send)
    assert isinstance(flow.give(mapped(httpx.ReadError("gone"), "http://h")), Sleep)
    flow.give(None)
    again = flow.give("t")
    assert len(first.headers["idempotency-key"]) == 32
    assert again == first
    flow.give(answer(202, {"executionId": "e"}))
    assert flow.result == {"executionId": "e"}


def test_two_creating_calls_have_two_keys() -> None:
    keys = {Flow(Call("POST", "/x", creates=True)).give("t").headers["idempotency-key"] for _ in range(2)}
    assert len(keys) == 2


@pytest.mark.parametrize("call", [Call[Any]("POST", "/x"), Call[Any]("PATCH", "/x")])
def test_what_may_have_happened_and_must_not_happen_twice_is_not_repeated(call: Call[Any]) -> None:
    flow = Flow(call)
    flow.give("t")
    with pytest.raises(e.ConnectionFailedError):
        flow.give(mapped(httpx.ReadError("gone"), "http://h"))


def test_too_many_requests_are_repeated_after_what_the_server_asks_for() -> None:
    flow = Flow(Call("POST", "/x"))
    flow.give("t")
    assert flow.give(answer(429, {"retryAfterMs": 1500})) == Sleep(1.5)


def test_an_answer_that_cannot_be_read_is_not_asked_for_again() -> None:
    flow = Flow(Call("GET", "/x"))
    flow.give("t")
    with pytest.raises(e.ProtocolError):
        flow.give(answer(200, b"<html>"))


def test_a_token_that_is_not_taken_is_replaced_once_where_a_new_one_can_be_had() -> None:
    flow = Flow(Call("GET", "/x"), lambda: "new")
    flow.give("old")
    flow.tokens.current = "old"
    assert isinstance(flow.give(answer(401)), GetToken)
    assert flow.tokens.current is None
    assert flow.give("new").headers["authorization"] == "Bearer new"
    with pytest.raises(e.AuthenticationError):
        flow.give(answer(401))


def test_a_token_that_is_text_is_not_asked_for_again() -> None:
    flow = Flow(Call("GET", "/x"))
    flow.give("t")
    with pytest.raises(e.AuthenticationError):
        flow.give(answer(401))


def test_signing_in_needs_no_token_and_a_wrong_password_asks_for_none() -> None:
    flow = Flow(Call("POST", "/api/auth/login", body={}, is_open=True), lambda: "new")
    assert isinstance(flow.step, Send)
    assert "authorization" not in flow.step.headers
    with pytest.raises(e.AuthenticationError):
        flow.give(answer(401, {"code": "CREDENTIALS_INVALID"}))


def test_of_many_requests_with_an_old_token_only_the_first_makes_room_for_a_new_one() -> None:
    tokens = Tokens(lambda: "x")
    tokens.current = "new"
    tokens.forget("old")
    assert tokens.current == "new"


@pytest.mark.parametrize("error", [None, {"code": "SKILL_FAILED", "message": "no"}, "text"])
def test_a_run_that_did_not_complete_is_an_error_with_the_execution(error: Any) -> None:
    outcome = {"executionId": "x", "status": "failed", "result": None, "error": error, "durationMs": 3, "position": "p"}
    assert is_outcome(outcome)  # type: ignore[arg-type]
    with pytest.raises(e.ExecutionFailedError) as caught:
        result_of(outcome)  # type: ignore[arg-type]
    assert caught.value.execution["executionId"] == "x"
    assert caught.value.execution["durationMs"] == 3


def foreign_classes() -> list[type[BaseException]]:
    named = [*vars(httpx).values(), *vars(websockets.exceptions).values()]
    return [each for each in named if isinstance(each, type) and issubclass(each, Exception)]


@pytest.mark.parametrize("kind", foreign_classes(), ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_every_exception_of_the_libraries_is_mapped_to_one_of_ours(kind: type[BaseException]) -> None:
    # A new class below these says nothing by that: somebody is to decide what it is.
    vague = (httpx.HTTPError, httpx.RequestError, httpx.TransportError, websockets.exceptions.WebSocketException)
    assert nearest(kind) is kind or nearest(kind) not in vague


@pytest.mark.parametrize("kind", sorted(set(FOREIGN.values()), key=str))
def test_every_kind_that_foreign_exceptions_are_mapped_to_has_a_code_and_a_sentence(kind: type[e.IhumanError]) -> None:
    foreign = next(
        each
        for each in FOREIGN
        if FOREIGN[each] is kind and issubclass(each, httpx.TransportError | httpx.DecodingError)
    )
    error = mapped(foreign("what happened"), "http://h")
    assert type(error) is kind
    assert error.code in {"CONNECTION_FAILED", "TIMEOUT", "BAD_ANSWER", "VALIDATION_FAILED"}
    assert "http://h" in error.message or "what happened" in error.message


def test_the_tree_that_the_errors_open_with_is_the_tree_that_they_are() -> None:
    drawn = {line.split()[1] for line in (e.__doc__ or "").splitlines() if "── " in line}
    classes = {name for name in e.__all__ if name != "IhumanError"}
    assert drawn == classes
    assert all(issubclass(getattr(e, name), e.IhumanError) for name in classes)
    assert classes <= set(ihuman.__all__)


def test_timeouts_and_lost_connections_are_also_what_python_calls_them() -> None:
    assert isinstance(mapped(asyncio.TimeoutError(), "http://h"), TimeoutError)
    assert isinstance(mapped(ConnectionResetError(), "http://h"), ConnectionError)


def test_an_error_says_what_is_wrong_and_survives_a_change_of_process() -> None:
    problems = [{"path": "/a", "message": "is required"}, {"path": "/b", "message": "is no number"}]
    error = e.ValidationError("Bad.", code="VALIDATION_FAILED", status=400, problems=problems)  # type: ignore[arg-type]
    assert str(error) == "Bad. (/a: is required; /b: is no number)"
    for each in (error, e.DeadlineError("Late.", code="TIMEOUT")):
        copy = pickle.loads(pickle.dumps(each))
        assert (type(copy), copy.code, copy.status, str(copy)) == (type(each), each.code, each.status, str(each))


def test_a_parsed_body_is_verified_as_the_server_wrote_it() -> None:
    numbers = '"a":1e-7,"b":0.00001,"c":1.5e+21,"d":0.1,"e":12345678901234567000,"f":-0.5,"g":100'
    text = f'{{"event":"e","data":{{{numbers},"s":"\u2028\\ud800é\\n\\u001f","n":null,"t":[true,{{}}]}}}}'
    signature = hmac.new(b"s", text.encode(), hashlib.sha256).hexdigest()
    assert verify_webhook(json.loads(text), {"X-Webhook-Signature": signature}, "s")["event"] == "e"


@pytest.mark.parametrize("body", ["[]", "1", "\ud800", "{", b"\xff"])
def test_a_signed_body_that_is_no_object_is_no_delivery(body: Any) -> None:
    content = body if isinstance(body, bytes) else body.encode(errors="surrogatepass")
    signature = hmac.new(b"s", content, hashlib.sha256).hexdigest()
    with pytest.raises(e.WebhookVerificationError) as caught:
        verify_webhook(body, {"x-webhook-signature": signature}, "s")
    assert caught.value.code == "PAYLOAD_INVALID"


def test_a_client_is_not_made_for_an_address_that_is_none() -> None:
    for address in ("localhost:5173", "ftp://host", "http://"):
        with pytest.raises(ValueError, match="base_url"):
            ihuman.IhumanClient(address)
