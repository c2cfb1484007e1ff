"""Tokens that name their tenant and prove themselves: API keys, sign-in sessions, wall displays."""

import hashlib
import secrets
import zlib
from typing import Literal
from uuid import UUID

from msgspec import Struct

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_TENANT_CHARS, _SECRET_CHARS, _CHECK_CHARS = 22, 32, 6
Kind = Literal["key", "session", "display"]
PREFIXES: dict[str, Kind] = {"gb_live_": "key", "gb_sess_": "session", "gb_wall_": "display"}


class Credential(Struct, frozen=True):
    """A well-formed token: whose tenant it claims, and the digest under which it would be stored."""

    kind: Kind
    tenant_id: UUID
    digest: str


def issue(prefix: str, tenant_id: UUID) -> tuple[str, Credential]:
    """A new token, to be shown once, with 190 random bits; only its digest is ever stored."""
    body = _base62(tenant_id.int, _TENANT_CHARS) + "".join(secrets.choice(_ALPHABET) for _ in range(_SECRET_CHARS))
    token = prefix + body + _checksum(prefix + body)
    credential = parse(token)
    assert credential is not None
    return token, credential


def parse(token: str) -> Credential | None:
    """What a token claims; None when it is not one of ours or mistyped (its checksum says so)."""
    prefix = token[:8]
    kind = PREFIXES.get(prefix)
    if kind is None or len(token) != 8 + _TENANT_CHARS + _SECRET_CHARS + _CHECK_CHARS or not token.isascii():
        return None
    body, check = token[8:-_CHECK_CHARS], token[-_CHECK_CHARS:]
    if _checksum(prefix + body) != check:
        return None
    number = _number(body[:_TENANT_CHARS])
    if number is None or number >= 1 << 128:
        return None
    return Credential(kind, UUID(int=number), hashlib.sha256(token.encode()).hexdigest())


def _checksum(text: str) -> str:
    return _base62(zlib.crc32(text.encode()), _CHECK_CHARS)


def _base62(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, rest = divmod(number, 62)
        digits.append(_ALPHABET[rest])
    return "".join(reversed(digits))


def _number(text: str) -> int | None:
    number = 0
    for character in text:
        digit = _ALPHABET.find(character)
        if digit < 0:
            return None
        number = number * 62 + digit
    return number
