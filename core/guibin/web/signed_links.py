"""A link by which one customer answers once without signing in: it names its tenant and proves itself.

`tenant · invitation · expiry · signature`, 56 bytes as base64. Nothing of it is stored; the key is the tenant's, and a link
made for one purpose holds for no other.
"""

import base64
import binascii
import hmac
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

import asyncpg
from msgspec import Struct

from guibin_tenants import keyring
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import current_tenant, fetch_one

CHARS = 75
_SIGNED_BYTES, _MOMENT_BYTES = 40, 8
Because = Literal["used", "over", "cancelled"]


class UnknownLink(NotFound):
    """This link does not work, or has been used. Unknown, used, expired or another company's: from outside these look the same."""


class SpentLink(UnknownLink):
    """This link does not work, or has been used. It is truly this person's, and nothing more can be done by it: it was `used`,
    its time is `over`, or what it is about was `cancelled`. Only whoever holds the link learns that."""

    def __init__(self, because: Because) -> None:
        super().__init__()
        self.because = because


class Link(Struct, frozen=True):
    """What a well-formed link claims; `holds` says whether it is true."""

    tenant_id: UUID
    invitation_id: UUID
    expires_at: datetime
    signature: bytes


class LinkTaken(Struct, frozen=True):
    """The address to pass on to this customer, and until when it may be used."""

    path: str
    expires_at: datetime


async def issue(invitation_id: UUID, expires_at: datetime, *, purpose: str) -> str:
    """The token of an invitation, the same each time."""
    claim = _claim(current_tenant(), invitation_id, expires_at)
    signature = keyring.signature(await keyring.tenant_key(), purpose, claim)
    return base64.urlsafe_b64encode(claim + signature).decode().rstrip("=")


def parse(token: str) -> Link | None:
    """What a token claims; None when it is not one of ours."""
    if len(token) != CHARS or not token.isascii():
        return None
    try:
        whole = base64.b64decode(token + "=", altchars=b"-_", validate=True)
        moment = datetime.fromtimestamp(int.from_bytes(whole[32:_SIGNED_BYTES]), UTC)
    except (binascii.Error, ValueError, OverflowError, OSError):
        return None
    return Link(UUID(bytes=whole[:16]), UUID(bytes=whole[16:32]), moment, whole[_SIGNED_BYTES:])


async def holds(link: Link, *, purpose: str, now: datetime) -> bool:
    """True when the company in scope signed it for this purpose and it has not expired."""
    return await is_signed(link, purpose=purpose) and now < link.expires_at


async def is_signed(link: Link, *, purpose: str) -> bool:
    """True when the company in scope signed it for this purpose, expired or not."""
    claim = _claim(link.tenant_id, link.invitation_id, link.expires_at)
    expected = keyring.signature(await keyring.tenant_key(), purpose, claim)
    return hmac.compare_digest(expected, link.signature) and link.tenant_id == current_tenant()


async def behind(link: Link, statement: str, *, purpose: str, now: datetime) -> asyncpg.Record:
    """What the statement says of the link's invitation, its `$1`; its `cancelled`, `used` and `until_at` say whether anything
    can be done by the link. Raises UnknownLink, and SpentLink to whoever truly holds it."""
    row = await fetch_one(statement, link.invitation_id) if await is_signed(link, purpose=purpose) else None
    if row is None:
        raise UnknownLink()
    if row["cancelled"]:
        raise SpentLink("cancelled")
    if row["used"]:
        raise SpentLink("used")
    if min(link.expires_at, row["until_at"] or link.expires_at) <= now:
        raise SpentLink("over")
    return row


def _claim(tenant_id: UUID, invitation_id: UUID, expires_at: datetime) -> bytes:
    return tenant_id.bytes + invitation_id.bytes + int(expires_at.timestamp()).to_bytes(_MOMENT_BYTES)
