"""Second factors: the codes of an app (RFC 6238), each good once, and recovery codes for whoever lost it."""

import hmac
import secrets
from datetime import datetime
from typing import Literal
from uuid import UUID

import pyotp
from msgspec import Struct
from piccolo.columns import UUID as UuidColumn
from piccolo.columns import BigInt, Bytea, Timestamptz

from .access import access_changed
from .keyring import Place, blind_index, seal, tenant_key, unseal
from .scope import execute, execute_many, fetch, fetch_one, fetch_value
from .tables import Index, Keys, TenantTable, new_id

STEP_S = 30
# Clocks of telephones differ: the codes before and after this moment's are taken, too.
STEPS_BESIDE = 1
RECOVERY_CODES = 10
# Without letters that look like others; ten of them are 49 bits.
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_HALF_CHARS = 5
_DIGITS = 6
Used = Literal["code", "recovery"]


class SecondFactor(TenantTable, tablename="second_factor"):
    """The app of one account: its secret, sealed, in use since `confirmed_at`, and the last step whose code was taken.

    `pending` is a secret that was shown and of which no code was told yet.
    """

    staff_id = UuidColumn(default=None)
    secret = Bytea(default=None, null=True, secret=True)
    pending = Bytea(default=None, null=True, secret=True)
    last_step = BigInt(default=0)
    confirmed_at = Timestamptz(default=None, null=True)

    keys = Keys(while_frozen=("last_step",), unique=(("staff_id",),), references={"staff_id": "staff"})


class RecoveryCode(TenantTable, tablename="recovery_code"):
    """A code that stands in for the app once: its keyed digest."""

    staff_id = UuidColumn(default=None)
    digest = Bytea(secret=True)
    used_at = Timestamptz(default=None, null=True)

    keys = Keys(
        while_frozen=("used_at",),
        unique=(("staff_id", "digest"),),
        references={"staff_id": "staff"},
        indexes=(Index(("staff_id", "used_at")),),
    )


class FactorSeen(Struct, frozen=True):
    """Since when the account has a second factor, None for never, and how many recovery codes are left."""

    since: datetime | None
    codes_left: int


async def seen(staff_id: UUID) -> FactorSeen:
    """What is known of the account's second factor."""
    row = await fetch_one(
        "select (select confirmed_at from second_factor where staff_id = $1) as since,"
        " (select count(*) from recovery_code where staff_id = $1 and used_at is null) as left",
        staff_id,
    )
    assert row is not None
    return FactorSeen(row["since"], row["left"])


async def begin(staff_id: UUID) -> str:
    """A new secret in base32, to be shown once; it counts, and one in use is replaced, when a code of it is told."""
    await execute(
        "insert into second_factor (id, staff_id, last_step) values ($1, $2, 0)"
        " on conflict (tenant_id, staff_id) do nothing",
        new_id(),
        staff_id,
    )
    row_id: UUID = await fetch_value("select id from second_factor where staff_id = $1", staff_id)
    secret = pyotp.random_base32()
    sealed = seal(await tenant_key(), Place("second_factor", "pending", row_id), secret)
    await execute("update second_factor set pending = $2 where id = $1", row_id, sealed)
    return secret


async def confirm(staff_id: UUID, code: str, *, now: datetime) -> bool:
    """Whether it is a code of the secret that was shown last, which is in use from now on."""
    row = await fetch_one(
        "select id, pending from second_factor where staff_id = $1 and pending is not null for update", staff_id
    )
    if row is None:
        return False
    key = await tenant_key()
    secret = unseal(key, Place("second_factor", "pending", row["id"]), bytes(row["pending"]))
    step = _step_of(secret, code, after=0, now=now)
    if step is None:
        return False
    sealed = seal(key, Place("second_factor", "secret", row["id"]), secret)
    await execute(
        "update second_factor set secret = $2, pending = null, last_step = $3, confirmed_at = $4 where id = $1",
        row["id"],
        sealed,
        step,
        now,
    )
    await access_changed()
    return True


async def use(staff_id: UUID, code: str, *, now: datetime) -> Used | None:
    """By what the code proves that the account's holder gave it, None for a wrong or a used one. It is used from now on."""
    given = "".join(code.split()).replace("-", "").lower()
    if given.isdigit() and len(given) == _DIGITS:
        return "code" if await _use_step(staff_id, given, now) else None
    used = await execute(
        "update recovery_code set used_at = $3 where staff_id = $1 and digest = $2 and used_at is null",
        staff_id,
        await _digest(staff_id, given),
        now,
    )
    return "recovery" if used else None


async def renew_recovery_codes(staff_id: UUID) -> tuple[str, ...]:
    """New ones, to be shown once; those before count no more."""
    await execute("delete from recovery_code where staff_id = $1", staff_id)
    codes = tuple("".join(secrets.choice(_ALPHABET) for _ in range(2 * _HALF_CHARS)) for _ in range(RECOVERY_CODES))
    await execute_many(
        "insert into recovery_code (id, staff_id, digest) values ($1, $2, $3)",
        [(new_id(), staff_id, await _digest(staff_id, code)) for code in codes],
    )
    return tuple(f"{code[:_HALF_CHARS]}-{code[_HALF_CHARS:]}" for code in codes)


async def take_away(staff_id: UUID) -> bool:
    """The account has none any more; whether it had one."""
    await access_changed()
    await execute("delete from recovery_code where staff_id = $1", staff_id)
    gone = await fetch("delete from second_factor where staff_id = $1 returning confirmed_at", staff_id)
    return any(row["confirmed_at"] is not None for row in gone)


def address_of(secret: str, *, company: str, login: str) -> str:
    """What an app reads from the code on the screen (`otpauth:`)."""
    address: str = pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=company)
    return address


async def _use_step(staff_id: UUID, code: str, now: datetime) -> bool:
    row = await fetch_one(
        "select id, secret, last_step from second_factor where staff_id = $1 and secret is not null for update",
        staff_id,
    )
    if row is None:
        return False
    secret = unseal(await tenant_key(), Place("second_factor", "secret", row["id"]), bytes(row["secret"]))
    step = _step_of(secret, code, after=row["last_step"], now=now)
    if step is None:
        return False
    await execute("update second_factor set last_step = $2 where id = $1", row["id"], step)
    return True


def _step_of(secret: str, code: str, *, after: int, now: datetime) -> int | None:
    """The step of about now whose code this is, later than the one that was taken last."""
    present, codes = int(now.timestamp()) // STEP_S, pyotp.TOTP(secret)
    near = range(present - STEPS_BESIDE, present + STEPS_BESIDE + 1)
    right = [step for step in near if hmac.compare_digest(codes.generate_otp(step).encode(), code.strip().encode())]
    return next((step for step in right if step > after), None)


async def _digest(staff_id: UUID, code: str) -> bytes:
    return blind_index(await tenant_key(), "recovery_code", f"{staff_id}:{code}")
