"""Signatures in the format of Standard Webhooks, which receivers have libraries for."""

import base64
import hashlib
import hmac
import secrets as randomness
from collections.abc import Sequence
from datetime import datetime

MARK = "whsec_"
SECRET_BYTES = 32
VERSION = "v1"


def new_secret() -> str:
    return MARK + base64.b64encode(randomness.token_bytes(SECRET_BYTES)).decode()


def signed_headers(
    message_id: str, body: bytes, secrets: Sequence[str], now: datetime
) -> dict[str, str]:
    """The headers that prove who sent `body`, and when; with a signature for each secret."""
    timestamp = str(int(now.timestamp()))
    content = f"{message_id}.{timestamp}.".encode() + body
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(signature(content, secret) for secret in secrets),
    }


def signature(content: bytes, secret: str) -> str:
    key = base64.b64decode(secret.removeprefix(MARK))
    digest = hmac.new(key, content, hashlib.sha256).digest()
    return f"{VERSION},{base64.b64encode(digest).decode()}"
