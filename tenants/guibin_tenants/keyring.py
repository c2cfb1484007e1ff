"""Sealing of confidential values: root key → tenant key → subject key → AES-256-GCM.

A subject is whoever the values are about. Destroying its key makes everything sealed for it unreadable wherever the key is gone:
a copy of the database from before still has it, and a restore by `guibin restore` destroys it again. Blind indexes are keyed hashes by which an exact value is found without being opened.
"""

import contextlib
import hashlib
import hmac
import os
import secrets
import time
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
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
from piccolo.columns import Bytea, Integer, Timestamptz

from . import root_keys
from .root_keys import NONCE_BYTES, opened_by, wrapped_by
from .root_keys import KeyringError as KeyringError
from .scope import current_scope, current_tenant, execute, fetch, fetch_value
from .tables import Index, Keys, TenantTable

# How long a process goes on with a company's keys as it read them, and when a new one seals: by then every process opens with it.
LOADED_FOR_S = 30.0
SEALS_AFTER = timedelta(seconds=60)
_VERSIONS = (
    "select version, wrapped, version = 1 or made_at <= now() - $1::interval as seals from tenant_key order by version"
)


class TenantKey(TenantTable, tablename="tenant_key"):
    """A tenant's key, wrapped by the root key. The latest seals, `SEALS_AFTER` it was made; all of them open.

    Version 1 also makes the tenant's indexes, signatures, joint keys and salts, for ever: none of them opens anything.
    """

    version = Integer(default=1)
    wrapped = Bytea(secret=True)
    made_at = Timestamptz(default=None, null=True)

    keys = Keys(while_frozen=("wrapped",), unique=(("version",),))


class SubjectKey(TenantTable, tablename="subject_key"):
    """One customer's key, wrapped by the tenant's. Deleting the row erases the customer.

    `merged_into` is whose key opens, beside what that one sealed, what this one did: two archives became one.
    """

    subject_id = UuidColumn(default=None)
    wrapped = Bytea(secret=True)
    merged_into = UuidColumn(default=None, null=True)

    keys = Keys(unique=(("subject_id",),), indexes=(Index(("merged_into",), where="merged_into is not null"),))


class Unshown(StrEnum):
    """Why a sealed value may be opened without an entry in the confidentiality record: nobody sees it. Read every use."""

    COMPARED = "compared in memory with what a file or a form says; the answer tells that it differs, never what it is"
    SEALED_AGAIN = "carried over into another sealed value of the same customer"


class TenantSecret(bytes):
    """A tenant's key in clear, the one that seals. `merged` are its others, which open what they sealed; `first` is version 1,
    `version` the newest there is."""

    merged: tuple[bytes, ...]
    first: bytes
    version: int

    def __new__(cls, keys: Sequence[bytes], seals: int = 0) -> "TenantSecret":
        """Of all versions in their order, the one at `seals` seals."""
        secret = super().__new__(cls, keys[seals])
        secret.merged = tuple(key for place, key in enumerate(keys) if place != seals)
        secret.first, secret.version = bytes(keys[0]), len(keys)
        return secret


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


class _Loaded(Struct, frozen=True):
    key: TenantSecret
    until: float


_tenant_keys: dict[UUID, _Loaded] = {}


def load_root_key(home: Path | None = None) -> None:
    """Take the root key from GUIBIN_ROOT_KEY (base64), GUIBIN_ROOT_KEY_FILE, GUIBIN_ROOT_KEY_COMMAND, or `home`, where it is made
    once.

    Raises KeyringError when there is none or it is not 32 bytes.
    """
    root_keys.load(root_keys.source_of(os.environ, home))
    forget_loaded()


def use_root_key(*keys: bytes) -> None:
    """Composition roots only: the first wraps, all open. Raises KeyringError unless each has 32 bytes."""
    root_keys.use(*keys)
    forget_loaded()


def forget_loaded() -> None:
    """The keys of companies are read anew at their next use."""
    _tenant_keys.clear()
    _field_key.cache_clear()


async def tenant_key() -> TenantSecret:
    """The current tenant's key, made at its first use."""
    tenant = current_tenant()
    loaded = _tenant_keys.get(tenant)
    if loaded is not None and time.monotonic() < loaded.until:
        return loaded.key
    rows = await fetch(_VERSIONS, SEALS_AFTER)
    if not rows:
        wrapped = await fetch_value(
            "insert into tenant_key (id, version, wrapped) values (gen_random_uuid(), 1, $1)"
            " on conflict (tenant_id, version) do update set version = 1 returning wrapped",
            root_keys.wrap(secrets.token_bytes(32), tenant.bytes),
        )
        # Not kept: this transaction may still roll back.
        return TenantSecret([root_keys.unwrap(bytes(wrapped), tenant.bytes)])
    seals = max(place for place, row in enumerate(rows) if row["seals"])
    key = TenantSecret([root_keys.unwrap(bytes(row["wrapped"]), tenant.bytes) for row in rows], seals)
    _tenant_keys[tenant] = _Loaded(key, time.monotonic() + LOADED_FOR_S)
    return key


async def add_tenant_key() -> int:
    """One more key of the tenant's, which opens at once and seals after SEALS_AFTER; its version. While the newest does not seal yet,
    that one: a rotation that was cut short goes on."""
    waiting = await fetch_value(
        "select version from tenant_key where version > 1 and made_at > now() - $1::interval order by version desc",
        SEALS_AFTER,
    )
    made = waiting or await fetch_value(
        "insert into tenant_key (id, version, wrapped, made_at)"
        " select gen_random_uuid(), max(version) + 1, $1, now() from tenant_key returning version",
        root_keys.wrap(secrets.token_bytes(32), current_tenant().bytes),
    )
    _tenant_keys.pop(current_tenant(), None)
    return int(made)


async def newest_seals() -> bool:
    """Whether the newest of the tenant's keys seals by now, in this process too."""
    rows = await fetch(_VERSIONS, SEALS_AFTER)
    if rows and rows[-1]["seals"]:
        _tenant_keys.pop(current_tenant(), None)
        return True
    return False


async def wrap_again() -> int:
    """Have the tenant's keys wrapped by the root key that comes first; how many were not. Raises KeyringError."""
    owner, again = current_tenant().bytes, 0
    for row in await fetch("select id, wrapped from tenant_key for update"):
        if not root_keys.is_wrapped_by_first(bytes(row["wrapped"]), owner):
            fresh = root_keys.wrap(root_keys.unwrap(bytes(row["wrapped"]), owner), owner)
            await execute("update tenant_key set wrapped = $2 where id = $1", row["id"], fresh)
            again += 1
    return again


async def wrapped_by_former() -> int:
    """How many of the tenant's keys a root key wrapped that does not come first. Raises KeyringError where none opens one."""
    owner, former = current_tenant().bytes, 0
    for row in await fetch("select wrapped from tenant_key"):
        root_keys.unwrap(bytes(row["wrapped"]), owner)
        former += not root_keys.is_wrapped_by_first(bytes(row["wrapped"]), owner)
    return former


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
        [wrapped_by(above, key, subject.bytes) for subject, key in made.items()],
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
    return SubjectSecret(hmac.digest(above.first, b"joint" + together, hashlib.sha256), *keys)


async def forget(subject: UUID) -> bool:
    """Destroy a subject's key, and those merged into it: nothing sealed for it opens again. Whether there was one."""
    gone = "delete from subject_key where subject_id = $1 or merged_into = $1"
    return bool(await execute(gone, subject))


def unwrap_subject_key(tenant_key: bytes, subject: UUID, wrapped: bytes) -> SubjectSecret:
    """A subject's key from its stored form. Raises KeyringError."""
    for above in (tenant_key, *_merged(tenant_key)):
        key = opened_by(above, wrapped, subject.bytes)
        if key is not None:
            return SubjectSecret(key, subject)
    raise KeyringError("a subject's key does not unwrap")


def reseal(key: TenantSecret, place: Place, sealed: bytes) -> bytes | None:
    """Sealed by the tenant's key of now; None where none of its former ones sealed it."""
    for former in key.merged:
        with contextlib.suppress(InvalidTag, ValueError):
            content = AESGCM(former).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound_to(place))
            return seal_bytes(key, place, content)
    return None


def rewrap(key: TenantSecret, subject: UUID, wrapped: bytes) -> bytes | None:
    """A subject's key wrapped by the tenant's key of now; None where none of its former ones wrapped it."""
    for former in key.merged:
        found = opened_by(former, wrapped, subject.bytes)
        if found is not None:
            return wrapped_by(key, found, subject.bytes)
    return None


def seal(key: bytes, place: Place, text: str) -> bytes:
    """The sealed form of `text`, bound to the tenant and the place."""
    return seal_bytes(key, place, text.encode())


def seal_bytes(key: bytes, place: Place, content: bytes) -> bytes:
    """As `seal`, for what is no text."""
    nonce = secrets.token_bytes(NONCE_BYTES)
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
    for each in (key, *_merged(key)):
        with contextlib.suppress(InvalidTag, ValueError):
            return AESGCM(each).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound_to(place))
    raise KeyringError(f"the sealed value of {place.table}.{place.column} does not open")


def blind_index(tenant_key: bytes, field: str, normalised: str) -> bytes:
    """16 bytes by which equal values of one field of one tenant are found, and nothing else is learnt."""
    return hmac.digest(_field_key(hashing(tenant_key), field), normalised.encode(), hashlib.sha256)[:16]


def signature(tenant_key: bytes, purpose: str, message: bytes) -> bytes:
    """16 bytes that only this tenant's key makes of this message for this purpose. Compare with `hmac.compare_digest`."""
    purpose_key = HKDFExpand(algorithm=SHA256(), length=32, info=b"sign:" + purpose.encode()).derive(
        hashing(tenant_key)
    )
    return hmac.new(purpose_key, message, hashlib.sha256).digest()[:16]


def hashing(tenant_key: bytes) -> bytes:
    """What hashes are keyed with: the first of the tenant's keys, whichever seals."""
    return tenant_key.first if isinstance(tenant_key, TenantSecret) else tenant_key


def _merged(key: bytes) -> tuple[bytes, ...]:
    return key.merged if isinstance(key, SubjectSecret | TenantSecret) else ()


@lru_cache(maxsize=4_096)
def _field_key(tenant_key: bytes, field: str) -> bytes:
    return HKDFExpand(algorithm=SHA256(), length=32, info=b"blind:" + field.encode()).derive(tenant_key)


def _bound_to(place: Place) -> bytes:
    return f"{current_tenant()}|{place.table}|{place.column}|{place.row}|1".encode()
