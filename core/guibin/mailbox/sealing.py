"""Who wrote a mail and what it refers to: sealed under the company's key while nobody knows whose it is, then the customer's."""

from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.policy.fields import ArchiveField
from guibin.profiles.refusals import ArchiveErased
from guibin.sealing.values import masked
from guibin_tenants import keyring
from guibin_tenants.keyring import Place

_EMAIL = ArchiveField("email", "email", "confidential")


class Envelope(Struct, frozen=True):
    """The sender's address, the mail's own Message-ID, and those it refers to."""

    address: str = ""
    message_id: str = ""
    references: tuple[str, ...] = ()


async def sealed(envelope: Envelope, *, mail_id: UUID, customer_id: UUID | None) -> bytes:
    """As it is kept, in the row of this mail."""
    key = await keyring.tenant_key() if customer_id is None else await keyring.subject_key(customer_id)
    return keyring.seal(key, _place(mail_id), msgspec.json.encode(envelope).decode())


async def opened(kept: bytes, *, mail_id: UUID, customer_id: UUID | None) -> Envelope:
    """In clear. Raises ArchiveErased, KeyringError. Whoever opens a customer's puts that on record."""
    key: bytes = await keyring.tenant_key()
    if customer_id is not None:
        # Looked up first: asking the keyring for a destroyed key would make a new one.
        known = (await keyring.known_subject_keys([customer_id])).get(customer_id)
        if known is None:
            raise ArchiveErased(f"The archive of customer {customer_id} was erased: its mails open no more")
        key = known
    return msgspec.json.decode(keyring.unseal(key, _place(mail_id), kept), type=Envelope)


def shown(address: str) -> str:
    """The address as anybody may see it."""
    return masked(_EMAIL, address) if address else ""


async def hashed(purpose: str, text: str) -> bytes:
    """By which equal texts of this company are known, and nothing else."""
    return keyring.blind_index(await keyring.tenant_key(), f"mail:{purpose}", text)


def _place(mail_id: UUID) -> Place:
    return Place("mail", "envelope", mail_id)
