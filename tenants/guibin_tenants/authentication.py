"""From a credential to a principal, inside the scope of the tenant it names."""

import ipaddress
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct, structs

from .credentials import Credential
from .field_rights import SETTING as FIELD_RIGHTS
from .field_rights import decoded
from .org_units import visible_from
from .principals import AUDITING, PERMISSIONS, SHOWS_BOARD, Principal, permissions_of
from .refusals import Suspended, Unauthenticated
from .registry import refuse_erased
from .roles import COMPOSED, READERS, permitted, sees_by, sees_of
from .scope import current_scope, fetch_one
from .staff import OWES

# The setting of a company: after how long nothing was done a session is locked.
IDLE_MINUTES = "idle_minutes"
# The setting of a company: for how long after the password or second factor was told what matters most may be done.
CONFIRM_MINUTES = "confirm_minutes"
# What whoever makes a wall display must be allowed, for as long as it shows anything.
LEADING = "team:write"


class Recognised(Struct, frozen=True):
    """Who a credential belongs to, with what the request needs to know of the tenant.

    `csrf` is set for sessions: a change must repeat it. A session was last `used_at`, and is locked once nothing was done in it
    for the company's `idle_minutes`, or since `locked_at`; a key or display was last used at `key_used_at`. The password or second factor was last told at `confirmed_at`.
    `requests_per_s` is what the operator lets the company ask, None as much as any. While it is `frozen` nothing of it is written.
    """

    principal: Principal
    slug: str
    packs: tuple[str, ...]
    time_zone: str
    language: str
    simulated: bool
    expires_at: datetime | None
    networks: tuple[str, ...] = ()
    csrf: str = ""
    used_at: datetime | None = None
    locked_at: datetime | None = None
    idle_minutes: int | None = None
    key_used_at: datetime | None = None
    confirmed_at: datetime | None = None
    confirm_minutes: int | None = None
    requests_per_s: int | None = None
    frozen: bool = False

    def locks_at(self, otherwise_minutes: float) -> datetime | None:
        """From when on the password is asked again; None for a key."""
        if self.used_at is None:
            return None
        idle = timedelta(minutes=self.idle_minutes or otherwise_minutes)
        return self.locked_at or self.used_at + idle

    def is_confirmed(self, otherwise_minutes: float, *, now: datetime) -> bool:
        """Whether what matters most may be done without telling anything again; always with a key."""
        if self.used_at is None:
            return True
        lasts = timedelta(minutes=self.confirm_minutes or otherwise_minutes)
        return self.confirmed_at is not None and now < self.confirmed_at + lasts


async def recognise(credential: Credential, *, now: datetime) -> Recognised:
    """Raises Unauthenticated for an unknown, revoked or expired credential; Suspended for a suspended tenant; CompanyErased."""
    found = await _BY_KIND[credential.kind](credential)
    if found is None:
        await refuse_erased()
    if found is None or (found.expires_at is not None and found.expires_at <= now):
        raise Unauthenticated()
    return found


def check_address(found: Recognised, address: str) -> None:
    """Raises Unauthenticated when the key may not be used from there."""
    if not found.networks:
        return
    try:
        here = ipaddress.ip_address(address)
    except ValueError:
        raise Unauthenticated("This key may be used from registered addresses only") from None
    if not any(here in ipaddress.ip_network(network) for network in found.networks):
        raise Unauthenticated("This key may be used from registered addresses only")


_TENANT = "t.slug, t.packs, t.time_zone, t.language, t.simulated, t.suspended_at, t.frozen_at, t.requests_per_s"
_FIELDS = (
    f"{READERS} as readers,"
    f" (select f.value from tenant_setting f where f.tenant_id = t.id and f.name = '{FIELD_RIGHTS}') as field_rights"
)


# A key with whoever answers for it; a revoked one, or that of somebody who has left, is none.
_KEY = (
    "select k.id, k.name, k.scopes, k.addresses, k.org_unit_id, k.expires_at, k.used_at, k.owner_id, s.roles,"
    f" s.org_unit_id as owners_unit_id, {COMPOSED} as composed, {_FIELDS}, {_TENANT}"  # constants
    " from api_key k join tenant t on t.id = k.tenant_id"
    " left join staff s on s.tenant_id = k.tenant_id and s.id = k.owner_id"
    " where k.tenant_id = $1 and k.revoked_at is null and s.left_at is null"
)


async def _by_key(credential: Credential) -> Recognised | None:
    row = await fetch_one(f"{_KEY} and k.digest = $2", credential.tenant_id, credential.digest)
    if row is None:
        return None
    _refuse_suspended(row["suspended_at"])
    found = _recognised(await _of_key(row), row, networks=tuple(row["addresses"]))
    return structs.replace(found, key_used_at=row["used_at"])


async def holding(key_id: UUID, *, now: datetime) -> Principal | None:
    """A key with what it may do now, for work that goes on in its name; None for one that is revoked or over."""
    row = await fetch_one(f"{_KEY} and k.id = $2", current_scope().tenant_id, key_id)
    if row is None or (row["expires_at"] is not None and row["expires_at"] <= now):
        return None
    return await _of_key(row)


async def _of_key(row: Mapping[str, Any]) -> Principal:
    roles, held = tuple(row["roles"] or ()), _held(row["scopes"])
    may_at_most = _permitted(roles, row["composed"]) if row["owner_id"] else PERMISSIONS
    return Principal(
        kind="key",
        id=row["id"],
        name=row["name"],
        roles=roles,
        # What is beyond the core's own is a pack's, for whoever knows the packs to allow.
        permissions=(held & may_at_most) | (held - PERMISSIONS),
        org_unit_id=row["org_unit_id"] or row["owners_unit_id"],
        units=_both(await visible_from(row["org_unit_id"]), await visible_from(row["owners_unit_id"])),
        owner_id=row["owner_id"],
        sees=sees_by(roles, row["readers"], decoded(row["field_rights"])),
    )


def _permitted(roles: tuple[str, ...], composed: Sequence[str]) -> frozenset[str]:
    return permissions_of(roles) | frozenset(composed)


def _held(scopes: Sequence[str]) -> frozenset[str]:
    named = frozenset(scopes) - {"*"}
    return named | (PERMISSIONS - AUDITING) if "*" in scopes else named


def _both(one: str | tuple[UUID, ...], other: str | tuple[UUID, ...]) -> str | tuple[UUID, ...]:
    """The org units that both see."""
    if isinstance(one, str):
        return other
    return one if isinstance(other, str) else tuple(unit for unit in one if unit in other)


def _minutes(setting: str) -> str:
    return (
        "(select nullif(value::text, 'null')::int from tenant_setting"
        f" where tenant_id = t.id and name = '{setting}') as {setting}"  # a constant
    )


async def working(staff_id: UUID) -> Principal | None:
    """A member of staff with what they may do now, for work that goes on in their name; None for somebody who has left."""
    row = await fetch_one("select id, name, roles, org_unit_id from staff where id = $1 and left_at is null", staff_id)
    if row is None:
        return None
    roles = tuple(row["roles"])
    return Principal(
        kind="staff",
        id=row["id"],
        name=row["name"],
        roles=roles,
        permissions=await permitted(roles),
        org_unit_id=row["org_unit_id"],
        units=await visible_from(row["org_unit_id"]),
        sees=await sees_of(roles),
    )


async def _by_session(credential: Credential) -> Recognised | None:
    row = await fetch_one(
        f"select s.id, s.name, s.roles, s.org_unit_id, x.expires_at, x.csrf, x.locked_at, x.confirmed_at,"
        f" coalesce(x.used_at, x.created_at) as used_at, {OWES} as owes, {COMPOSED} as composed, {_FIELDS},"
        f" {_TENANT}, {_minutes(IDLE_MINUTES)}, {_minutes(CONFIRM_MINUTES)}"  # constants
        " from staff_session x join staff s on s.tenant_id = x.tenant_id and s.id = x.staff_id"
        " join tenant t on t.id = x.tenant_id"
        " where x.tenant_id = $1 and x.digest = $2 and s.left_at is null",
        credential.tenant_id,
        credential.digest,
    )
    if row is None:
        return None
    _refuse_suspended(row["suspended_at"])
    roles = () if row["owes"] else tuple(row["roles"])
    principal = Principal(
        kind="staff",
        id=row["id"],
        name=row["name"],
        roles=roles,
        permissions=frozenset() if row["owes"] else _permitted(roles, row["composed"]),
        owes=row["owes"],
        org_unit_id=row["org_unit_id"],
        units=await visible_from(row["org_unit_id"]),
        sees=sees_by(roles, row["readers"], decoded(row["field_rights"])),
    )
    return structs.replace(
        _recognised(principal, row, csrf=row["csrf"]),
        used_at=row["used_at"],
        locked_at=row["locked_at"],
        idle_minutes=row["idle_minutes"],
        confirmed_at=row["confirmed_at"],
        confirm_minutes=row["confirm_minutes"],
    )


async def _by_display(credential: Credential) -> Recognised | None:
    """A screen shows what its maker may see, for as long as they lead and work here."""
    row = await fetch_one(
        f"select d.id, d.name, d.org_unit_id, d.expires_at, d.used_at, s.roles, s.org_unit_id as makers_unit_id, {COMPOSED} as composed,"
        f" {_TENANT} from wall_display d join staff s on s.tenant_id = d.tenant_id and s.id = d.staff_id"  # constants
        " join tenant t on t.id = d.tenant_id"
        " where d.tenant_id = $1 and d.digest = $2 and d.ended_at is null and s.left_at is null",
        credential.tenant_id,
        credential.digest,
    )
    if row is None or LEADING not in _permitted(tuple(row["roles"]), row["composed"]):
        return None
    _refuse_suspended(row["suspended_at"])
    units = _both(await visible_from(row["org_unit_id"]), await visible_from(row["makers_unit_id"]))
    if not units:
        return None
    principal = Principal(
        kind="display",
        id=row["id"],
        name=row["name"],
        permissions=frozenset({SHOWS_BOARD}),
        org_unit_id=row["org_unit_id"] or row["makers_unit_id"],
        units=units,
    )
    return structs.replace(_recognised(principal, row), key_used_at=row["used_at"])


_BY_KIND = {"key": _by_key, "session": _by_session, "display": _by_display}


def _recognised(principal: Principal, row: object, *, networks: tuple[str, ...] = (), csrf: str = "") -> Recognised:
    return Recognised(
        principal=principal,
        slug=row["slug"],  # type: ignore[index]  # an asyncpg record
        packs=tuple(row["packs"]),  # type: ignore[index]
        time_zone=row["time_zone"],  # type: ignore[index]
        language=row["language"],  # type: ignore[index]
        simulated=row["simulated"],  # type: ignore[index]
        expires_at=row["expires_at"],  # type: ignore[index]
        networks=networks,
        csrf=csrf,
        requests_per_s=row["requests_per_s"],  # type: ignore[index]
        frozen=row["frozen_at"] is not None,  # type: ignore[index]
    )


def _refuse_suspended(suspended_at: datetime | None) -> None:
    if suspended_at is not None:
        raise Suspended("This tenant is suspended: ask the operator of the service")


def system_principal(*, name: str, job_id: UUID) -> Principal:
    """The product itself, running a job for the tenant."""
    return Principal(kind="job", id=job_id, name=name, permissions=PERMISSIONS)
