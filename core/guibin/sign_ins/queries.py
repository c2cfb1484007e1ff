"""Who works here, with what they sign in and where they are signed in now."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from guibin.context import Act
from guibin.web.listing import Listing, Order, PageAsked
from guibin.web.paging import Page
from guibin_tenants import staff
from guibin_tenants.staff import SECOND_FACTOR_ROLES

State = Literal["set", "missing", "none"]
_SINCE = "(select f.confirmed_at from second_factor f where f.tenant_id = x.tenant_id and f.staff_id = x.id)"
_ASKED = (
    "coalesce((select jsonb_exists_any(w.value, x.roles) from tenant_setting w where w.tenant_id = x.tenant_id"
    f" and w.name = '{SECOND_FACTOR_ROLES}'), false)"
)
_PASSKEYS = "(select count(*) from passkey k where k.tenant_id = x.tenant_id and k.staff_id = x.id)"
_STATE = f"case when {_SINCE} is not null or {_PASSKEYS} > 0 then 'set' when {_ASKED} then 'missing' else 'none' end"
_OPEN = "from staff_session e where e.tenant_id = x.tenant_id and e.staff_id = x.id and e.expires_at > $at"


class SignInFilter(Struct, frozen=True, kw_only=True):
    """Whose: a second factor is `set`, `missing` where the company asks one, or `none`; signed in now or not; `q` begins the
    login or stands in the name."""

    state: State | None = None
    signed_in: bool | None = None
    org_unit_id: UUID | None = None
    q: str | None = None


class SignInView(Struct, frozen=True, kw_only=True):
    """Somebody who works here: since when they have a second factor, how many recovery codes are left and passkeys they have, in how many places
    they are signed in and when they last did something there."""

    id: UUID
    login: str
    name: str
    roles: tuple[str, ...]
    unit_name: str
    state: State
    since: datetime | None
    codes_left: int
    passkeys: int
    sessions: int
    used_at: datetime | None


PEOPLE: Listing[SignInView] = Listing(
    view=SignInView,
    source="staff x left join org_unit u on u.tenant_id = x.tenant_id and u.id = x.org_unit_id",
    order=Order({"x.login": str, "x.id": UUID}),
    holds="x.left_at is null and ($units::uuid[] is null or x.org_unit_id = any($units::uuid[]))",
    columns={
        "unit_name": "coalesce(u.name, '')",
        "state": _STATE,
        "since": _SINCE,
        "codes_left": "(select count(*) from recovery_code c where c.tenant_id = x.tenant_id and c.staff_id = x.id and c.used_at is null)",
        "passkeys": _PASSKEYS,
        "sessions": f"(select count(*) {_OPEN})",
        "used_at": f"(select max(coalesce(e.used_at, e.created_at)) {_OPEN})",
    },
    filters={
        "state": f"{_STATE} = $value",
        "signed_in": f"exists (select {_OPEN}) = $value",
        "q": "(starts_with(x.login, lower($value)) or position(lower($value) in lower(x.name)) > 0)",
    },
)


class SessionSeen(Struct, frozen=True, kw_only=True):
    """One sign-in of somebody's: in what, from where, since when, when it was last used."""

    id: UUID
    device: str
    address: str
    created_at: datetime
    used_at: datetime
    expires_at: datetime


def sight(act: Act, now: datetime) -> dict[str, Any]:
    """What the list is asked with beside its filters: the org units that the reader covers, and the real moment."""
    return {"units": act.by.units_seen, "at": now}


async def people(filters: SignInFilter, asked: PageAsked, act: Act, now: datetime) -> Page[SignInView]:
    """Those of the org units under one's own, by login; `now` the real one."""
    return await PEOPLE.page(filters, asked, act, **sight(act, now))


async def person(staff_id: UUID, act: Act, now: datetime) -> SignInView:
    """One of them. Raises NotFound."""
    found = await PEOPLE.where("x.id = $id", id=staff_id, **sight(act, now))
    if not found:
        raise staff.unknown(staff_id)
    return found[0]


async def sessions(staff_id: UUID, act: Act, now: datetime) -> list[SessionSeen]:
    """Where one of them is signed in, the one used last first; `now` the real one. Raises NotFound."""
    await person(staff_id, act, now)
    return [
        SessionSeen(
            id=each.id,
            device=each.device,
            address=each.address,
            created_at=each.created_at,
            used_at=each.used_at,
            expires_at=each.expires_at,
        )
        for each in await staff.sessions_of(staff_id, now=now)
    ]
