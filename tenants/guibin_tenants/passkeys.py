"""Passkeys: the authenticators of an account, and the challenges that each of them signs once (W3C Web Authentication)."""

import secrets
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from msgspec import Struct
from piccolo.columns import UUID as UuidColumn
from piccolo.columns import BigInt, Boolean, Bytea, Timestamptz, Varchar

from .access import access_changed
from .refusals import Conflict, NotFound
from .rows import add
from .scope import execute, fetch, fetch_one
from .tables import Index, Keys, TenantTable

CHALLENGE_LASTS = timedelta(minutes=5)
KEPT_MAX = 10
NAME_CHARS_MAX = 60
Purpose = Literal["register", "prove", "sign_in", "confirm", "unlock"]
_CHALLENGE_BYTES = 32


class Passkey(TenantTable, tablename="passkey"):
    """One authenticator of an account: its public key, and how often it says it signed."""

    staff_id = UuidColumn(default=None)
    credential_id = Bytea()
    public_key = Bytea()
    sign_count = BigInt(default=0)
    name = Varchar(length=NAME_CHARS_MAX)
    synced = Boolean(default=False)
    created_at = Timestamptz(default=None, null=True)
    used_at = Timestamptz(default=None, null=True)

    keys = Keys(
        while_frozen=("sign_count", "synced", "used_at"),
        unique=(("credential_id",),),
        references={"staff_id": "staff"},
        indexes=(Index(("staff_id", "created_at")),),
    )


class PasskeyChallenge(TenantTable, tablename="passkey_challenge"):
    """What is to be signed, once: for what, and by whose authenticator; without anybody's, by whoever signs in."""

    challenge = Bytea(secret=True)
    purpose = Varchar(length=10)
    staff_id = UuidColumn(default=None, null=True)
    expires_at = Timestamptz(default=None, null=True)

    keys = Keys(
        while_frozen="*", unique=(("challenge",),), references={"staff_id": "staff"}, indexes=(Index(("expires_at",)),)
    )


class TooManyPasskeys(Conflict):
    """An account has at most ten passkeys. Remove one that is not used any more."""


class PasskeySeen(Struct, frozen=True, kw_only=True):
    """A passkey as its holder sees it. `synced` ones are on several devices of theirs."""

    id: UUID
    name: str
    synced: bool
    created_at: datetime
    used_at: datetime | None


async def of(staff_id: UUID) -> list[PasskeySeen]:
    """Somebody's, the oldest first."""
    rows = await fetch(
        "select id, name, synced, created_at, used_at from passkey where staff_id = $1 order by created_at, id",
        staff_id,
    )
    return [PasskeySeen(**dict(row)) for row in rows]


async def rename(passkey_id: UUID, staff_id: UUID, name: str) -> PasskeySeen:
    """Raises NotFound, also for another's."""
    row = await fetch_one(
        "update passkey set name = $3 where id = $1 and staff_id = $2 returning id, name, synced, created_at, used_at",
        passkey_id,
        staff_id,
        name,
    )
    if row is None:
        raise _unknown(passkey_id)
    return PasskeySeen(**dict(row))


async def remove(passkey_id: UUID, staff_id: UUID) -> None:
    """Raises NotFound, also for another's."""
    await access_changed()
    if not await execute("delete from passkey where id = $1 and staff_id = $2", passkey_id, staff_id):
        raise _unknown(passkey_id)


async def take_away(staff_id: UUID) -> bool:
    """The account has none any more; whether it had one."""
    await access_changed()
    return bool(await execute("delete from passkey where staff_id = $1", staff_id))


async def forget(*, now: datetime) -> int:
    """Take away challenges that nobody answered; how many."""
    return await execute("delete from passkey_challenge where expires_at <= $1", now)


async def challenge(purpose: Purpose, staff_id: UUID | None, now: datetime) -> bytes:
    """What is to be signed for this, by that account's passkey or by anybody's: once, within some minutes."""
    made = secrets.token_bytes(_CHALLENGE_BYTES)
    await add(PasskeyChallenge, challenge=made, purpose=purpose, staff_id=staff_id, expires_at=now + CHALLENGE_LASTS)
    return made


async def take(challenge: bytes, purpose: Purpose, staff_id: UUID | None, *, now: datetime) -> bool:
    """Whether it was given for this and is not over: it is used up."""
    return bool(
        await execute(
            "delete from passkey_challenge where challenge = $1 and purpose = $2 and staff_id is not distinct from $3"
            " and expires_at > $4",
            challenge,
            purpose,
            staff_id,
            now,
        )
    )


def _unknown(passkey_id: UUID) -> NotFound:
    return NotFound(f"There is no passkey {passkey_id} of yours")
