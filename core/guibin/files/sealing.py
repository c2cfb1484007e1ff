"""Files sealed under their customer's key, or the company's where they are nobody's: erasing the customer destroys them."""

from uuid import UUID

from guibin.profiles.refusals import ArchiveErased
from guibin_tenants import keyring
from guibin_tenants.keyring import Place

WHOLE, THUMBNAIL = "whole", "thumbnail"


async def sealed(content: bytes, *, file_id: UUID, part: str, customer_id: UUID | None) -> bytes:
    """As it is kept, wherever that is."""
    key = await keyring.subject_key(customer_id) if customer_id is not None else await keyring.tenant_key()
    return keyring.seal_bytes(key, _place(file_id, part), content)


async def opened(content: bytes, *, file_id: UUID, part: str, customer_id: UUID | None) -> bytes:
    """The bytes again. Raises ArchiveErased, and KeyringError for what was moved or changed."""
    key: bytes = await keyring.tenant_key()
    if customer_id is not None:
        # Looked up first: asking the keyring for a destroyed key would make a new one.
        known = (await keyring.known_subject_keys([customer_id])).get(customer_id)
        if known is None:
            raise ArchiveErased(f"The archive of customer {customer_id} was erased: its files open no more")
        key = known
    return keyring.unseal_bytes(key, _place(file_id, part), content)


def _place(file_id: UUID, part: str) -> Place:
    return Place("stored_file", part, file_id)
