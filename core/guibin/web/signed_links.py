"""A link by which one customer answers once without signing in: it names its tenant and proves itself.

`tenant · invitation · expiry · signature`, 56 bytes as base64. Nothing of it is stored; the key is the tenant's, and a link
made for one purpose holds for no other.
"""

import base64
import binascii
import hmac
from datetime import UTC, datetime
from uuid import UUID

from msgspec import Struct

from guibin_tenants import keyring
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import current_tenant

CHARS = 75
_SIGNED_BYTES, _MOMENT_BYTES = 40, 8


class UnknownLink(NotFound):
    """The link is unknown, used, expired or another company's: from outside these look the same."""

    kind = "unknown-link"
    title = "This link does not work, or has been used"


class Link(Struct, frozen=True):
    """What a well-formed link claims; `holds` says whether it is true."""

    tenant_id: UUID
    invitation_id: UUID
    expires_at: datetime
    signature: bytes


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
    claim = _claim(link.tenant_id, link.invitation_id, link.expires_at)
    expected = keyring.signature(await keyring.tenant_key(), purpose, claim)
    return (
        hmac.compare_digest(expected, link.signature) and link.tenant_id == current_tenant() and now < link.expires_at
    )


def _claim(tenant_id: UUID, invitation_id: UUID, expires_at: datetime) -> bytes:
    return tenant_id.bytes + invitation_id.bytes + int(expires_at.timestamp()).to_bytes(_MOMENT_BYTES)
