"""What signs a company's checkpoints, and what opens its commitments: neither leaves the process in clear."""

import hashlib
import hmac
import secrets
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import asyncpg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from guibin.profiles.tables import Customer
from guibin_tenants import keyring
from guibin_tenants.keyring import Place
from guibin_tenants.rows import add, name_of
from guibin_tenants.scope import current_tenant, fetch_column, fetch_one
from guibin_tenants.tables import new_id

from .tables import EvidenceKey
from .verify import ED25519, Key


def origin() -> str:
    """What the company's log is called, for ever."""
    return f"guibin/{current_tenant()}"


async def public_keys() -> list[Key]:
    """What its checkpoints are verified with, from the first to the one that signs now; none before the first checkpoint."""
    return [Key.of(each) for each in await fetch_column("select public from evidence_key order by made_at, id")]


async def signing_key(now: datetime) -> tuple[Key, Ed25519PrivateKey]:
    """Both halves of the latest, made at the first use. Raises KeyringError."""
    row = await fetch_one("select id, public, sealed from evidence_key order by made_at desc, id desc limit 1")
    if row is not None:
        return await _opened(row)
    return await add_signing_key(now)


async def private_half(key: Key) -> Ed25519PrivateKey:
    """Of a key of the log's, also of a former one. Raises KeyringError."""
    row = await fetch_one("select id, public, sealed from evidence_key where public = $1", str(key))
    assert row is not None
    return (await _opened(row))[1]


async def add_signing_key(now: datetime) -> tuple[Key, Ed25519PrivateKey]:
    """A new one, which signs from now on. Raises KeyringError."""
    made, row_id = Ed25519PrivateKey.generate(), new_id()
    key = Key(origin(), ED25519, made.public_key().public_bytes_raw())
    sealed = keyring.seal_bytes(await keyring.tenant_key(), _place(row_id), made.private_bytes_raw())
    await add(EvidenceKey, None, id=row_id, public=str(key), sealed=sealed, made_at=now)
    return key, made


class Salts:
    """The salts of commitments: made of the customer's key, so that they go with it.

    Where nobody, or more than one, is concerned, the company's key makes them. Of whoever is erased there are none.
    """

    def __init__(self, own: bytes, customers: dict[UUID, bytes]) -> None:
        self.own, self.customers = own, customers

    def of(self, row_id: UUID, customer_id: UUID | None, name: str) -> bytes | None:
        """None for a customer who is erased."""
        key = self.own if customer_id is None else self.customers.get(customer_id)
        return None if key is None else hmac.digest(key, b"evidence" + row_id.bytes + name.encode(), hashlib.sha256)

    def once(self, row_id: UUID, customer_id: UUID | None, name: str) -> bytes:
        """As `of`; for somebody erased already one that nobody ever has again."""
        return self.of(row_id, customer_id, name) or secrets.token_bytes(32)


async def salts(customer_ids: Collection[UUID], *, to_write: bool = False) -> Salts:
    """Those of these customers; `to_write` makes keys for whoever has none yet and is not erased."""
    known = await keyring.known_subject_keys(customer_ids)
    missing = [each for each in customer_ids if each not in known]
    if to_write and missing:
        there = await fetch_column(
            f"select id from {name_of(Customer)} where id = any ($1) and erased_at is null", missing
        )
        known = known | await keyring.subject_keys(there)
    return Salts(keyring.hashing(await keyring.tenant_key()), {each: bytes(key) for each, key in known.items()})


async def _opened(row: asyncpg.Record) -> tuple[Key, Ed25519PrivateKey]:
    content = keyring.unseal_bytes(await keyring.tenant_key(), _place(row["id"]), bytes(row["sealed"]))
    return Key.of(row["public"]), Ed25519PrivateKey.from_private_bytes(content)


def _place(row_id: UUID) -> Place:
    return Place("evidence_key", "sealed", row_id)
