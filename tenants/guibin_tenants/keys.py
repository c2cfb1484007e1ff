"""API keys: somebody's, scoped, expiring, bound to addresses if wished, shown once and stored as a digest.

A key is its owner's, for themselves or for a service they answer for: it never does what they may not do now. Without an
owner it is the operator's, made on the command line for a system of the company's: the service it names.
"""

import ipaddress
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct
from piccolo.columns import UUID as UuidColumn
from piccolo.columns import Array, Text, Timestamptz, Varchar

from guibin_tenants.refusals import refuse

from .access import access_changed
from .credentials import issue
from .principals import PERMISSIONS, Principal
from .refusals import FieldError, NotFound
from .scope import current_tenant, execute, fetch
from .tables import Keys, TenantTable

# So long somebody needs at most to notice that another signs in as them.
SET_PASSWORD_COUNTS_FOR = timedelta(days=7)
SET_PASSWORD = f"one set the other's password in the last {SET_PASSWORD_COUNTS_FOR.days} days"


class ApiKey(TenantTable, tablename="api_key"):
    """A key as it is kept: its digest, never the key. `hint` is its last four characters.

    `owner_id` is the member of staff it belongs to, None the operator; `service` what it is for, when it is not for them.
    `made_with` is the key it was made with, and with which it ends. `used_at` is when it last did something, to the minute.
    """

    name = Varchar(length=100)
    digest = Varchar(length=64, secret=True)
    hint = Varchar(length=8)
    scopes = Array(base_column=Text(), default=list)
    addresses = Array(base_column=Text(), default=list)
    org_unit_id = UuidColumn(default=None, null=True)
    owner_id = UuidColumn(default=None, null=True)
    service = Varchar(length=100, default=None, null=True)
    made_with = UuidColumn(default=None, null=True)
    created_at = Timestamptz(default=None, null=True)
    expires_at = Timestamptz(default=None, null=True)
    revoked_at = Timestamptz(default=None, null=True)
    used_at = Timestamptz(default=None, null=True)

    keys = Keys(
        while_frozen=("used_at",),
        unique=(("digest",),),
        references={"org_unit_id": "org_unit", "owner_id": "staff", "made_with": "api_key"},
    )


class NewKey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`scopes` are permissions or `*`, which is all but the audit; `addresses` networks such as 10.1.0.0/16, none = anywhere.

    `owner_id` None is the operator; `made_with` the key that makes it.
    """

    name: str
    scopes: tuple[str, ...]
    addresses: tuple[str, ...] = ()
    expires_at: datetime | None = None
    org_unit_id: UUID | None = None
    owner_id: UUID | None = None
    service: str | None = None
    made_with: UUID | None = None


class KeyView(Struct, frozen=True):
    """A key as it is seen later. `owner_id` None is the operator's; `used_at` to the minute, None for never."""

    id: UUID
    name: str
    hint: str
    scopes: tuple[str, ...]
    addresses: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    owner_id: UUID | None = None
    service: str | None = None
    org_unit_id: UUID | None = None
    used_at: datetime | None = None


async def create(new: NewKey, *, now: datetime, beside: Collection[str] = ()) -> tuple[str, KeyView]:
    """The key's text, shown this once, and its view; `beside` are permissions of the company's packs. Raises Invalid."""
    problems = [
        FieldError("scopes", "a known permission or *", f"one of {', '.join(sorted(PERMISSIONS))}", scope)
        for scope in new.scopes
        if scope != "*" and scope not in PERMISSIONS and scope not in beside
    ]
    if new.expires_at is not None and (new.expires_at.tzinfo is None or new.expires_at <= now):
        rule = "a moment to come, with an offset"
        problems.append(FieldError("expires_at", rule, "such as 2027-01-01T00:00:00+08:00", str(new.expires_at)))
    if not new.scopes:
        problems.append(FieldError("scopes", "at least one"))
    for address in new.addresses:
        try:
            ipaddress.ip_network(address)
        except ValueError:
            problems.append(FieldError("addresses", "an IP network", "such as 10.1.0.0/16", address))
    refuse(problems, "The key cannot be created")
    token, credential = issue("gb_live_", current_tenant())
    key = ApiKey(
        name=new.name,
        digest=credential.digest,
        hint=token[-4:],
        scopes=list(new.scopes),
        addresses=list(new.addresses),
        org_unit_id=new.org_unit_id,
        owner_id=new.owner_id,
        service=new.service,
        made_with=new.made_with,
        created_at=now,
        expires_at=new.expires_at,
    )
    await ApiKey.insert(key)
    return token, view(key.to_dict())


async def all_keys() -> list[KeyView]:
    """Every key, newest first."""
    return [view(row) for row in await ApiKey.select().order_by(ApiKey.created_at, ascending=False)]


async def by_id(key_id: UUID) -> KeyView:
    """Raises NotFound."""
    rows = await ApiKey.select().where(ApiKey.id == key_id)
    if not rows:
        raise NotFound(f"There is no API key {key_id}")
    return view(rows[0])


async def hands_of(by: Principal, *, now: datetime) -> frozenset[UUID]:
    """The ids of whatever may be this one's doing: their own, and for a week those of whoever they set a password for, or
    who set theirs. Whatever takes two people asks here, and never whether two ids are the same.
    """
    own = await ids_of(by)
    rows = await fetch(
        "with near as (select s.id, s.password_set_by from staff s where s.password_set_at > $2"
        "   and (s.id = any ($1::uuid[]) or s.password_set_by = any ($1::uuid[]))),"
        " people as (select id from near union select password_set_by from near)"
        " select p.id from people p union select k.id from api_key k join people p on p.id = k.owner_id",
        list(own),
        now - SET_PASSWORD_COUNTS_FOR,
    )
    return own | {row["id"] for row in rows}


async def ids_of(by: Principal) -> frozenset[UUID]:
    """The ids under which this one acts: a person's account and all their keys, or all keys of one system of the
    operator's. What one of them began is theirs.
    """
    if by.is_system:
        rows = await fetch(
            "select id from api_key where owner_id is null and service is not distinct from"
            " (select service from api_key where id = $1)",
            by.id,
        )
        return frozenset({by.id, *(row["id"] for row in rows)})
    rows = await fetch("select id from api_key where owner_id = $1", by.person)
    return frozenset({by.id, by.person, *(row["id"] for row in rows)})


async def revoke(key_id: UUID, *, now: datetime) -> KeyView:
    """The key stops working, and with it every key that was made with it. Raises NotFound. Idempotent."""
    await access_changed()
    await execute(
        "with recursive made as (select id from api_key where id = $1 union"
        " select k.id from api_key k join made m on k.made_with = m.id)"
        " update api_key set revoked_at = $2 where revoked_at is null and id in (select id from made)",
        key_id,
        now,
    )
    return await by_id(key_id)


async def ends_at(key_id: UUID, moment: datetime) -> None:
    """The key works until then, unless it ends before."""
    await access_changed()
    await execute("update api_key set expires_at = least(expires_at, $2) where id = $1", key_id, moment)


async def key_used(key_id: UUID, *, now: datetime) -> None:
    """Something was done with it. Waits for nobody: whoever else writes that down says the same."""
    await execute(
        "update api_key set used_at = $2 where id = (select id from api_key where id = $1 for no key update skip locked)",
        key_id,
        now,
    )


async def revoke_of_owner(owner_id: UUID, now: datetime) -> None:
    """Somebody left: their keys stop working, for services too."""
    await access_changed()
    await execute("update api_key set revoked_at = $2 where owner_id = $1 and revoked_at is null", owner_id, now)


async def revoke_of_unit(unit_id: UUID, *, now: datetime) -> int:
    """The keys that see this org unit's archives stop working; how many."""
    await access_changed()
    live = (ApiKey.org_unit_id == unit_id) & ApiKey.revoked_at.is_null()
    rows = await ApiKey.update({ApiKey.revoked_at: now}).where(live).returning(ApiKey.id)
    return len(rows)


def view(row: dict[str, object]) -> KeyView:
    """The view of a row."""
    return KeyView(
        row["id"],  # type: ignore[arg-type]  # Piccolo rows are untyped
        row["name"],  # type: ignore[arg-type]
        row["hint"],  # type: ignore[arg-type]
        tuple(row["scopes"]),  # type: ignore[arg-type]
        tuple(row["addresses"]),  # type: ignore[arg-type]
        row["created_at"],  # type: ignore[arg-type]
        row["expires_at"],  # type: ignore[arg-type]
        row["revoked_at"],  # type: ignore[arg-type]
        row["owner_id"],  # type: ignore[arg-type]
        row["service"],  # type: ignore[arg-type]
        row["org_unit_id"],  # type: ignore[arg-type]
        row["used_at"],  # type: ignore[arg-type]
    )
