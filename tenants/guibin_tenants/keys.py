"""API keys: scoped, expiring, bound to addresses if wished, shown once and stored as a digest."""

import ipaddress
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from piccolo.columns import UUID as UuidColumn
from piccolo.columns import Array, Text, Timestamptz, Varchar

from .access import access_changed
from .credentials import issue
from .principals import PERMISSIONS
from .refusals import FieldError, Invalid, NotFound
from .scope import current_tenant
from .tables import Keys, TenantTable


class ApiKey(TenantTable, tablename="api_key"):
    """A key as it is kept: its digest, never the key. `hint` is its last four characters."""

    name = Varchar(length=100)
    digest = Varchar(length=64)
    hint = Varchar(length=8)
    scopes = Array(base_column=Text(), default=list)
    addresses = Array(base_column=Text(), default=list)
    org_unit_id = UuidColumn(default=None, null=True)
    created_at = Timestamptz(default=None, null=True)
    expires_at = Timestamptz(default=None, null=True)
    revoked_at = Timestamptz(default=None, null=True)

    keys = Keys(unique=(("digest",),), references={"org_unit_id": "org_unit"})


class NewKey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`scopes` are permissions or `*`; `addresses` networks such as 10.1.0.0/16, none = anywhere."""

    name: str
    scopes: tuple[str, ...]
    addresses: tuple[str, ...] = ()
    expires_at: datetime | None = None
    org_unit_id: UUID | None = None


class KeyView(Struct, frozen=True):
    """A key as its owner sees it later."""

    id: UUID
    name: str
    hint: str
    scopes: tuple[str, ...]
    addresses: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


async def create(new: NewKey, *, now: datetime) -> tuple[str, KeyView]:
    """The key's text, shown this once, and its view. Raises Invalid."""
    problems = [
        FieldError("scopes", "a known permission or *", f"one of {', '.join(sorted(PERMISSIONS))}", scope)
        for scope in new.scopes
        if scope != "*" and scope not in PERMISSIONS
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
    if problems:
        raise Invalid("The key cannot be created", fields=tuple(problems))
    token, credential = issue("gb_live_", current_tenant())
    key = ApiKey(
        name=new.name,
        digest=credential.digest,
        hint=token[-4:],
        scopes=list(new.scopes),
        addresses=list(new.addresses),
        org_unit_id=new.org_unit_id,
        created_at=now,
        expires_at=new.expires_at,
    )
    await ApiKey.insert(key)
    return token, view(key.to_dict())


async def all_keys() -> list[KeyView]:
    """Every key, newest first."""
    return [view(row) for row in await ApiKey.select().order_by(ApiKey.created_at, ascending=False)]


async def revoke(key_id: UUID, *, now: datetime) -> KeyView:
    """The key stops working. Raises NotFound. Idempotent."""
    await ApiKey.update({ApiKey.revoked_at: now}).where(ApiKey.id == key_id, ApiKey.revoked_at.is_null())
    await access_changed()
    rows = await ApiKey.select().where(ApiKey.id == key_id)
    if not rows:
        raise NotFound(f"There is no API key {key_id}")
    return view(rows[0])


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
    )
