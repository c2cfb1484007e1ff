"""Standard Webhooks 1.0: how a message is signed. Pure."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

PREFIX = "whsec_"
SECRET_BYTES = 32
SIGNED_WITHIN = timedelta(minutes=5)


def new_secret() -> str:
    """A signing secret as receivers' libraries take it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def headers(message_id: str, body: bytes, *, signed_with: Iterable[str], now: datetime) -> dict[str, str]:
    """The three headers. Several secrets give several signatures: whoever knows one of them can verify."""
    moment = int(now.timestamp())
    signed = f"{message_id}.{moment}.".encode() + body
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(moment),
        "webhook-signature": " ".join(f"v1,{_signature(secret, signed)}" for secret in signed_with),
    }


def is_signed(headers: Mapping[str, str], body: bytes, *, secret: str, now: datetime) -> bool:
    """Whether these headers sign the body with the secret, at most SIGNED_WITHIN ago: an older one may be a copy."""
    message_id, moment = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not message_id or not (moment.isascii() and moment.isdigit() and len(moment) <= 12):
        return False
    if abs(now.timestamp() - int(moment)) > SIGNED_WITHIN.total_seconds():
        return False
    right = f"v1,{_signature(secret, f'{message_id}.{moment}.'.encode() + body)}".encode()
    given = headers.get("webhook-signature", "").split()
    return any(hmac.compare_digest(each.encode("utf-8", "replace"), right) for each in given)


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
