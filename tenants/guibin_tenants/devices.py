"""Browsers in which somebody signed in before: strangers who guess at the account elsewhere do not shut it there."""

import hashlib
import re
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from piccolo.columns import UUID as UuidColumn
from piccolo.columns import Timestamptz, Varchar

from .scope import execute, fetch_value
from .tables import Index, Keys, TenantTable, new_id

KNOWN_FOR = timedelta(days=180)
# Of one account; the one that was used least recently goes.
KNOWN_MAX = 20
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


class KnownDevice(TenantTable, tablename="known_device"):
    """A browser as it is recognised: the digest of a cookie that lets nobody in, and opens no session."""

    staff_id = UuidColumn(default=None)
    digest = Varchar(length=64, secret=True)
    used_at = Timestamptz(default=None, null=True)

    keys = Keys(
        while_frozen="*",
        unique=(("staff_id", "digest"),),
        references={"staff_id": "staff"},
        indexes=(Index(("used_at",)),),
    )


async def known(staff_id: UUID, token: str, *, now: datetime) -> UUID | None:
    """The device of this token, when this account signed in there lately."""
    if not _TOKEN.fullmatch(token):
        return None
    found: UUID | None = await fetch_value(
        "select id from known_device where staff_id = $1 and digest = $2 and used_at > $3",
        staff_id,
        _digest(token),
        now - KNOWN_FOR,
    )
    return found


async def remember(staff_id: UUID, token: str, *, now: datetime) -> str:
    """The account signed in there: the token to keep, new unless this company gave it out before."""
    mine = "select true from known_device where digest = $1"
    if not _TOKEN.fullmatch(token) or not await fetch_value(mine, _digest(token)):
        token = secrets.token_urlsafe(32)
    await execute(
        "insert into known_device (id, staff_id, digest, used_at) values ($1, $2, $3, $4)"
        " on conflict (tenant_id, staff_id, digest) do update set used_at = excluded.used_at",
        new_id(),
        staff_id,
        _digest(token),
        now,
    )
    await execute(
        "delete from known_device where id in (select id from known_device where staff_id = $1"
        " order by used_at desc, id desc offset $2)",
        staff_id,
        KNOWN_MAX,
    )
    return token


async def forget_of(staff_id: UUID) -> None:
    """The account was taken over, ended or got another password: no browser is known."""
    await execute("delete from known_device where staff_id = $1", staff_id)


async def forget(*, now: datetime) -> int:
    """Take away those not used for long; how many."""
    return await execute("delete from known_device where used_at <= $1", now - KNOWN_FOR)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
