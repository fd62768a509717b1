"""The vectors that the SDKs of all languages run."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ihuman import WebhookVerificationError, verify_webhook
from ihuman import errors as e
from ihuman._calls import Answer, error_from
from ihuman._cursor import Cursor
from ihuman._frames import event_of, frame_in
from ihuman._retry import RetryPolicy, retry_delay_ms
from ihuman._session import fate_of

ROOT = Path(os.environ.get("IHUMAN_TEST_VECTORS", Path(__file__).parents[3] / "test/conformance/sdk"))
pytestmark = pytest.mark.skipif(not ROOT.is_dir(), reason="the vectors are in the repository only")


def cases(name: str) -> list[Any]:
    path = ROOT / f"{name}.json"
    found = json.loads(path.read_text())["cases"] if path.exists() else []
    return [pytest.param(case, id=str(case.get("name", case.get("code")))) for case in found]


KINDS = {
    "validation": e.ValidationError,
    "authentication": e.AuthenticationError,
    "permission": e.PermissionDeniedError,
    "not-found": e.NotFoundError,
    "conflict": e.ConflictError,
    "rate-limit": e.RateLimitError,
    "server": e.ServerError,
    "protocol": e.ProtocolError,
}


@pytest.mark.parametrize("case", cases("errors"))
def test_an_answer_is_the_error_that_it_says(case: Any) -> None:
    headers = {name.lower(): value for name, value in case["headers"].items()}
    error = error_from(Answer(case["status"], headers, case["text"].encode()))
    expected = case["expect"]
    assert type(error) is KINDS[expected["kind"]]
    assert error.status == case["status"]
    assert {
        "message": error.message,
        "problems": list(error.problems),
        "retryAfterMs": error.retry_after_ms,
        "requestId": error.request_id,
        "kind": expected["kind"],
        "code": error.code,
    } == expected


@pytest.mark.parametrize("case", cases("retries"))
def test_a_request_is_repeated_when_that_is_safe_and_worth_it(case: Any) -> None:
    policy, failed = case["policy"], case["failed"]
    delay = retry_delay_ms(
        RetryPolicy(policy["maxRetries"], policy["baseDelayMs"], policy["maxDelayMs"]),
        case["random"],
        attempt=failed["attempt"],
        status=failed["status"],
        retry_after_ms=failed["retryAfterMs"],
        idempotent=failed["idempotent"],
    )
    assert delay == case["delayMs"]


@pytest.mark.parametrize("case", cases("frames"))
def test_a_text_frame_is_the_event_that_it_tells(case: Any) -> None:
    frame = frame_in(case["text"])
    assert (None if frame is None else event_of(frame)) == case["expect"]


@pytest.mark.parametrize("case", cases("cursors"))
def test_a_cursor_takes_what_is_new_and_goes_on_from_there(case: Any) -> None:
    cursor = Cursor(case["since"])
    for step in case["steps"]:
        if "message" in step:
            assert (cursor.take(dict(step["message"])) is not None) == step["taken"], step
        else:
            assert cursor.since == step["since"]


@pytest.mark.parametrize("case", cases("closes"))
def test_a_close_code_says_what_comes_next(case: Any) -> None:
    fates = {can_refresh: fate_of(case["code"], can_refresh=can_refresh) for can_refresh in (True, False)}
    assert (
        fates
        == {
            "reconnect": {True: "again", False: "again"},
            "renew": {True: "refresh", False: "stop"},
            "stop": {True: "stop", False: "stop"},
        }[case["then"]]
    )


@pytest.mark.parametrize("case", cases("signatures"))
def test_a_delivery_is_taken_only_when_it_was_signed(case: Any) -> None:
    options = {"now": case["nowMs"] / 1000, "tolerance": case.get("toleranceMs", 300_000) / 1000}
    for payload in (case["payload"], case["payload"].encode()):
        if case["expect"] == "ok":
            assert verify_webhook(payload, case["headers"], case["secret"], **options) == json.loads(case["payload"])
        else:
            with pytest.raises(WebhookVerificationError) as caught:
                verify_webhook(payload, case["headers"], case["secret"], **options)
            assert caught.value.code == case["expect"]
