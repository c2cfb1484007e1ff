"""The e-card: a short-lived text, shown as a QR code, by which the company knows its own word again.

`tenant · customer · expiry · scheme/tier · signature` as base64. Nothing of it is stored; the key is the tenant's.
"""

import base64
import binascii
import hmac
from datetime import UTC, datetime, timedelta
from uuid import UUID

from msgspec import Struct

from guibin_tenants import keyring
from guibin_tenants.scope import current_tenant

GOOD_FOR = timedelta(minutes=5)
CHARS_MAX = 300
_PURPOSE = "e-card"
_FIXED_BYTES, _SIGNATURE_BYTES = 40, 16


class ECard(Struct, frozen=True):
    """What a well-formed e-card claims; `holds` says whether it is true."""

    tenant_id: UUID
    customer_id: UUID
    expires_at: datetime
    scheme: str
    tier: str
    signature: bytes


async def sign(customer_id: UUID, *, scheme: str, tier: str, expires_at: datetime) -> str:
    """The text of an e-card."""
    claim = _claim(ECard(current_tenant(), customer_id, expires_at, scheme, tier, b""))
    signature = keyring.signature(await keyring.tenant_key(), _PURPOSE, claim)
    return base64.urlsafe_b64encode(claim + signature).decode().rstrip("=")


def parse(text: str) -> ECard | None:
    """What a text claims; None when it is no e-card."""
    if len(text) > CHARS_MAX or not text.isascii():
        return None
    try:
        whole = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        moment = datetime.fromtimestamp(int.from_bytes(whole[32:_FIXED_BYTES]), UTC)
        scheme, _, tier = whole[_FIXED_BYTES:-_SIGNATURE_BYTES].decode().partition("/")
        return ECard(UUID(bytes=whole[:16]), UUID(bytes=whole[16:32]), moment, scheme, tier, whole[-_SIGNATURE_BYTES:])
    except (binascii.Error, ValueError, OverflowError, OSError):
        return None


async def holds(card: ECard) -> bool:
    """True when the company in scope signed it. Whether it has expired is another question."""
    expected = keyring.signature(await keyring.tenant_key(), _PURPOSE, _claim(card))
    return hmac.compare_digest(expected, card.signature) and card.tenant_id == current_tenant()


def _claim(card: ECard) -> bytes:
    moment = int(card.expires_at.timestamp()).to_bytes(8)
    return card.tenant_id.bytes + card.customer_id.bytes + moment + f"{card.scheme}/{card.tier}".encode()
