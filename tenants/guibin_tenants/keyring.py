"""Sealing of confidential values: root key → tenant key → subject key → AES-256-GCM.

A subject is whoever the values are about. Destroying its key makes everything sealed for it unreadable,
in backups too. Blind indexes are keyed hashes by which an exact value is found without being opened.
"""

import base64
import contextlib
import hashlib
import hmac
import os
import secrets
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from msgspec import Struct
from piccolo.columns import UUID as UuidColumn
from piccolo.columns import Bytea, Integer

from .scope import current_scope, current_tenant, execute, fetch, fetch_value
from .tables import Index, Keys, TenantTable

_NONCE_BYTES = 12
_root_key: bytes | None = None
_tenant_keys: dict[UUID, bytes] = {}


class KeyringError(Exception):
    """There is no root key, or a value does not open: damaged, moved from another place, or erased."""


class TenantKey(TenantTable, tablename="tenant_key"):
    """A tenant's key, wrapped by the root key."""

    version = Integer(default=1)
    wrapped = Bytea()

    keys = Keys(unique=(("version",),))


class SubjectKey(TenantTable, tablename="subject_key"):
    """One customer's key, wrapped by the tenant's. Deleting the row erases the customer.

    `merged_into` is whose key opens, beside what that one sealed, what this one did: two archives became one.
    """

    subject_id = UuidColumn(default=None)
    wrapped = Bytea()
    merged_into = UuidColumn(default=None, null=True)

    keys = Keys(unique=(("subject_id",),), indexes=(Index(("merged_into",), where="merged_into is not null"),))


class Unshown(StrEnum):
    """Why a sealed value may be opened without an entry in the confidentiality record: nobody sees it. Read every use."""

    COMPARED = "compared in memory with what a file or a form says; the answer tells that it differs, never what it is"
    SEALED_AGAIN = "carried over into another sealed value of the same customer"


class SubjectSecret(bytes):
    """A key in clear, which knows whose it is: a subject's own, or several subjects' joint one. What it opens must be
    on record.
    """

    subjects: frozenset[UUID]
    # Of archives that became one with this one's: what they sealed opens with it.
    merged: tuple[bytes, ...] = ()

    def __new__(cls, key: bytes, *subjects: UUID) -> "SubjectSecret":
        secret = super().__new__(cls, key)
        secret.subjects = frozenset(subjects)
        return secret

    def with_merged(self, keys: Sequence[bytes]) -> "SubjectSecret":
        """The same, which opens what these sealed too."""
        self.merged = tuple(bytes(key) for key in keys)
        return self


class Place(Struct, frozen=True):
    """Where a sealed value lives; a value moved elsewhere does not open."""

    table: str
    column: str
    row: UUID


def load_root_key(home: Path | None = None) -> None:
    """Take the root key from GUIBIN_ROOT_KEY (base64), GUIBIN_ROOT_KEY_FILE, or `home`, where it is made once.

    Raises KeyringError when there is none or it is not 32 bytes.
    """
    text = os.environ.get("GUIBIN_ROOT_KEY")
    file = os.environ.get("GUIBIN_ROOT_KEY_FILE")
    if text is None and file is not None:
        text = Path(file).read_text()
    if text is None and home is not None:
        text = _own_root_key(home / "root.key")
    if text is None:
        raise KeyringError("no root key: set GUIBIN_ROOT_KEY_FILE to a file with 32 random bytes in base64")
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        raise KeyringError("the root key is not base64: GUIBIN_ROOT_KEY has 32 random bytes in base64") from None
    use_root_key(key)


def use_root_key(key: bytes) -> None:
    """Composition roots only. Raises KeyringError unless it has 32 bytes."""
    global _root_key
    if len(key) != 32:
        raise KeyringError(f"the root key has {len(key)} bytes, not 32")
    _root_key = key
    _tenant_keys.clear()
    _field_key.cache_clear()


async def tenant_key() -> bytes:
    """The current tenant's key, made at its first use."""
    tenant = current_tenant()
    key = _tenant_keys.get(tenant)
    if key is not None:
        return key
    wrapped = await fetch_value("select wrapped from tenant_key where version = 1")
    if wrapped is None:
        fresh = secrets.token_bytes(32)
        wrapped = await fetch_value(
            "insert into tenant_key (id, version, wrapped) values (gen_random_uuid(), 1, $1)"
            " on conflict (tenant_id, version) do update set version = 1 returning wrapped",
            _wrap(_root(), fresh, tenant.bytes),
        )
        # Not cached: this transaction may still roll back.
        return _unwrap(_root(), bytes(wrapped), tenant.bytes)
    key = _unwrap(_root(), bytes(wrapped), tenant.bytes)
    _tenant_keys[tenant] = key
    return key


async def subject_key(subject: UUID) -> SubjectSecret:
    """One subject's key, made at its first use."""
    known = (await known_subject_keys((subject,))).get(subject)
    return known or (await subject_keys((subject,)))[subject]


async def subject_keys(subjects: Collection[UUID]) -> dict[UUID, SubjectSecret]:
    """As `subject_key`, for several with at most two statements."""
    if not subjects:
        return {}
    above = await tenant_key()
    made = {subject: SubjectSecret(secrets.token_bytes(32), subject) for subject in subjects}
    written = await fetch(
        "insert into subject_key (id, subject_id, wrapped) select gen_random_uuid(), s, w"
        " from unnest($1::uuid[], $2::bytea[]) as k (s, w) on conflict (tenant_id, subject_id) do nothing"
        " returning subject_id",
        list(made),
        [_wrap(above, key, subject.bytes) for subject, key in made.items()],
    )
    keys = {row["subject_id"]: made[row["subject_id"]] for row in written}
    there = [subject for subject in made if subject not in keys]
    return keys | await known_subject_keys(there)


async def known_subject_keys(subjects: Collection[UUID]) -> dict[UUID, SubjectSecret]:
    """The keys there are; none is made."""
    if not subjects:
        return {}
    above = await tenant_key()
    stored = await fetch(
        "select subject_id, merged_into, wrapped from subject_key where subject_id = any ($1) or merged_into = any ($1)",
        list(subjects),
    )
    keys = {row["subject_id"]: unwrap_subject_key(above, row["subject_id"], bytes(row["wrapped"])) for row in stored}
    merged: dict[UUID, list[bytes]] = {}
    for row in stored:
        if row["merged_into"] is not None:
            merged.setdefault(row["merged_into"], []).append(keys[row["subject_id"]])
    return {
        subject: key.with_merged(merged.get(subject, [])) for subject, key in keys.items() if subject in set(subjects)
    }


async def merge(subject: UUID, into: UUID) -> None:
    """What `subject` sealed, and what opens with its key, opens with `into`'s from now on, until `part`."""
    await subject_key(into)
    await execute("update subject_key set merged_into = $2 where subject_id = $1 or merged_into = $1", subject, into)


async def part(subject: UUID, others: Collection[UUID]) -> None:
    """The key of `subject` is its own again; those of `others` open with it again."""
    await execute("update subject_key set merged_into = null where subject_id = $1", subject)
    await execute("update subject_key set merged_into = $1 where subject_id = any ($2)", subject, list(others))


async def joint_key(keys: Mapping[UUID, SubjectSecret]) -> SubjectSecret:
    """One key that takes all of these: when one subject's is destroyed, what it sealed does not open any more."""
    above = await tenant_key()
    together = b"".join(keys[subject] for subject in sorted(keys))
    return SubjectSecret(hmac.digest(above, b"joint" + together, hashlib.sha256), *keys)


async def forget(subject: UUID) -> bool:
    """Destroy a subject's key, and those merged into it: nothing sealed for it opens again. Whether there was one."""
    gone = "delete from subject_key where subject_id = $1 or merged_into = $1"
    return bool(await execute(gone, subject))


def unwrap_subject_key(tenant_key: bytes, subject: UUID, wrapped: bytes) -> SubjectSecret:
    """A subject's key from its stored form. Raises KeyringError."""
    return SubjectSecret(_unwrap(tenant_key, wrapped, subject.bytes), subject)


def seal(key: bytes, place: Place, text: str) -> bytes:
    """The sealed form of `text`, bound to the tenant and the place."""
    return seal_bytes(key, place, text.encode())


def seal_bytes(key: bytes, place: Place, content: bytes) -> bytes:
    """As `seal`, for what is no text."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, _bound_to(place))


def unseal(key: bytes, place: Place, sealed: bytes, *, unshown: Unshown | None = None) -> str:
    """The text again. Raises KeyringError when it was moved, changed, or its key is another.

    A subject's value must be on record by the end of the scope, or the scope fails, unless it is `unshown`.
    """
    return unseal_bytes(key, place, sealed, unshown=unshown).decode()


def unseal_bytes(key: bytes, place: Place, sealed: bytes, *, unshown: Unshown | None = None) -> bytes:
    """As `unseal`, for what is no text."""
    if unshown is None and isinstance(key, SubjectSecret):
        current_scope().opened.update(key.subjects)
    for each in (key, *(key.merged if isinstance(key, SubjectSecret) else ())):
        with contextlib.suppress(InvalidTag):
            return AESGCM(each).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bound_to(place))
    raise KeyringError(f"the sealed value of {place.table}.{place.column} does not open")


def blind_index(tenant_key: bytes, field: str, normalised: str) -> bytes:
    """16 bytes by which equal values of one field of one tenant are found, and nothing else is learnt."""
    return hmac.digest(_field_key(tenant_key, field), normalised.encode(), hashlib.sha256)[:16]


def signature(tenant_key: bytes, purpose: str, message: bytes) -> bytes:
    """16 bytes that only this tenant's key makes of this message for this purpose. Compare with `hmac.compare_digest`."""
    purpose_key = HKDFExpand(algorithm=SHA256(), length=32, info=b"sign:" + purpose.encode()).derive(tenant_key)
    return hmac.new(purpose_key, message, hashlib.sha256).digest()[:16]


@lru_cache(maxsize=4_096)
def _field_key(tenant_key: bytes, field: str) -> bytes:
    return HKDFExpand(algorithm=SHA256(), length=32, info=b"blind:" + field.encode()).derive(tenant_key)


def _bound_to(place: Place) -> bytes:
    return f"{current_tenant()}|{place.table}|{place.column}|{place.row}|1".encode()


def _wrap(above: bytes, key: bytes, owner: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(above).encrypt(nonce, key, owner)


def _unwrap(above: bytes, wrapped: bytes, owner: bytes) -> bytes:
    try:
        return AESGCM(above).decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], owner)
    except InvalidTag:
        raise KeyringError("a key does not unwrap: was the root key exchanged?") from None


def _root() -> bytes:
    if _root_key is None:
        raise KeyringError("no root key is loaded")
    return _root_key


def _own_root_key(file: Path) -> str:
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(base64.b64encode(secrets.token_bytes(32)).decode())
    return file.read_text()
