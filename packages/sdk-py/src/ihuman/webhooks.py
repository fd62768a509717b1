"""Is a delivery what it claims to be? Pure, but for the clock."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

from .errors import WebhookVerificationError
from .types import WebhookPayload

__all__ = ["verify_webhook"]


def verify_webhook(
    payload: bytes | str | Mapping[str, Any],
    headers: Mapping[str, str],
    secret: str,
    *,
    tolerance: float = 300,
    now: float | None = None,
) -> WebhookPayload:
    """The payload of a delivery that was signed with this secret; raises WebhookVerificationError.

    Give the raw body (bytes or text). Where there is only the parsed one, its JSON is what was signed.

    With `webhook-signature` (Standard Webhooks 1.0.0) the time is checked too, so that an old delivery cannot be sent again: it may be
    `tolerance` seconds old or new, by the clock `now` (seconds since 1970). With `x-webhook-signature` alone it cannot be.
    """
    body = _bytes_of(payload)
    named = {name.lower(): value for name, value in headers.items()}
    standard, plain = named.get("webhook-signature"), named.get("x-webhook-signature")
    delivery, timestamp = named.get("webhook-id"), named.get("webhook-timestamp")
    if standard is not None and delivery is not None and timestamp is not None:
        _check_time(timestamp, time.time() if now is None else now, tolerance)
        digest = _digest(_key_of(secret), _utf8(f"{delivery}.{timestamp}.") + body)
        wanted = base64.b64encode(digest).decode()
        is_signed = any(_equal(each, f"v1,{wanted}") for each in standard.split(" "))
    elif plain is not None:
        is_signed = _equal(plain.lower(), _digest(_utf8(secret), body).hex())
    else:
        raise _refused("SIGNATURE_MISSING", "The headers hold no signature.")
    if not is_signed:
        raise _refused("SIGNATURE_INVALID", "The signature is not of this secret and body.")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as cause:
        raise _refused("PAYLOAD_INVALID", "The body is no JSON.") from cause
    if not isinstance(found, dict):
        raise _refused("PAYLOAD_INVALID", "The body is no JSON object.")
    return cast(WebhookPayload, found)


def _refused(code: str, message: str) -> WebhookVerificationError:
    return WebhookVerificationError(message, code=code)


def _bytes_of(payload: bytes | str | Mapping[str, Any]) -> bytes:
    if isinstance(payload, bytes | bytearray | memoryview):
        return bytes(payload)
    if isinstance(payload, str):
        return _utf8(payload)
    return _utf8(_json_of(payload))


def _json_of(value: Any) -> str:
    """What JSON.stringify makes of it: the server signed that. Python writes small numbers and broken characters in another way."""
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{_json_of(str(name))}:{_json_of(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_json_of, value)) + "]"
    if isinstance(value, float):
        return _number_of(value)
    text = json.dumps(value, ensure_ascii=False)
    return re.sub("[\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", text)


def _number_of(value: float) -> str:
    if value == 0:
        return "0"
    if 1e-6 <= abs(value) < 1e21:
        return format(Decimal(repr(value)), "f").removesuffix(".0")
    return re.sub(r"e([+-])0", r"e\1", repr(value))


def _check_time(timestamp: str, now: float, tolerance: float) -> None:
    if not re.fullmatch(r"[0-9]{1,12}", timestamp) or abs(now - int(timestamp)) > tolerance:
        raise _refused("TIMESTAMP_OUT_OF_RANGE", "The delivery is too old, or its clock is wrong.")


def _key_of(secret: str) -> bytes:
    """A `whsec_` secret is bytes in base64, any other one its own text."""
    if secret.startswith("whsec_"):
        try:
            return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except (binascii.Error, ValueError):
            pass
    return _utf8(secret)


def _digest(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, hashlib.sha256).digest()


def _equal(given: str, wanted: str) -> bool:
    """Takes as long whatever differs."""
    return hmac.compare_digest(_utf8(given), _utf8(wanted))


def _utf8(text: str) -> bytes:
    """Whatever it is: what cannot be text on the wire was not signed either."""
    return text.encode(errors="surrogatepass")
