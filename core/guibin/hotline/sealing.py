"""The caller's number: sealed under the company's key while nobody knows who calls, then under the customer's."""

from uuid import UUID

from guibin.policy.fields import ArchiveField
from guibin.profiles.refusals import ArchiveErased
from guibin.sealing.values import masked
from guibin_tenants import keyring
from guibin_tenants.keyring import Place

_NUMBER = ArchiveField("number", "phone", "confidential")


async def sealed(number: str, *, call_id: UUID, customer_id: UUID | None) -> bytes:
    """As it is kept, in the row of this call."""
    key = await keyring.tenant_key() if customer_id is None else await keyring.subject_key(customer_id)
    return keyring.seal(key, _place(call_id), number)


async def opened(number: bytes, *, call_id: UUID, customer_id: UUID | None) -> str:
    """The number in clear. Raises ArchiveErased, KeyringError."""
    key: bytes = await keyring.tenant_key()
    if customer_id is not None:
        # Looked up first: asking the keyring for a destroyed key would make a new one.
        known = (await keyring.known_subject_keys([customer_id])).get(customer_id)
        if known is None:
            raise ArchiveErased(f"The archive of customer {customer_id} was erased: its numbers open no more")
        key = known
    return keyring.unseal(key, _place(call_id), number)


def shown(number: str) -> str:
    """The number as anybody may see it."""
    return masked(_NUMBER, number)


def _place(call_id: UUID) -> Place:
    return Place("hotline_call", "number_sealed", call_id)
