"""What somebody gains and loses by another role, post or org unit, by coming or going: said before it is so."""

from collections.abc import Awaitable
from datetime import date
from typing import Any
from uuid import UUID

from msgspec import Struct, structs

from guibin.context import Act
from guibin.profiles.tables import Customer
from guibin_tenants import org_units, roles, staff
from guibin_tenants.field_rights import READING
from guibin_tenants.rows import name_of
from guibin_tenants.scope import ALL_UNITS, fetch_value, undone
from guibin_tenants.staff import StaffView

from . import field_rights
from .field_rights import SightChange

_CUSTOMERS = (
    f"select count(*)::int from {name_of(Customer)} c where c.closed_at is null and c.erased_at is null"
    " and ($1::uuid[] is null or c.org_unit_id = any ($1)) and ($2::uuid[] is not null and c.org_unit_id <> all ($2))"
)


# The first day and the last.
Days = tuple[date | None, date | None]


class RightsChange(Struct, frozen=True, kw_only=True):
    """Roles and posts, permissions, parts of customers' files, and org units by name whose archives they see: what is `given`
    and what is `taken`, with how many customers that are kept now they see more and less of.

    `whole_given` and `whole_taken` say that they see the whole company from then on, or no more. It is so from the day
    `from_on`, at once without, until and with `until_on`, for good without.
    """

    given: list[str]
    taken: list[str]
    permissions_given: list[str]
    permissions_taken: list[str]
    units_given: list[str]
    units_taken: list[str]
    whole_given: bool = False
    whole_taken: bool = False
    sight_given: list[SightChange] = []
    sight_taken: list[SightChange] = []
    customers_given: int = 0
    customers_taken: int = 0
    from_on: date | None = None
    until_on: date | None = None

    @property
    def is_none(self) -> bool:
        """Whether they may do and see just what they do now."""
        nothing = RightsChange(
            given=[], taken=[], permissions_given=[], permissions_taken=[], units_given=[], units_taken=[]
        )
        return structs.replace(self, from_on=None, until_on=None) == nothing


class PersonRights(Struct, frozen=True, kw_only=True):
    """What one of several gains and loses."""

    id: UUID
    name: str
    rights: RightsChange


class _Held(Struct, frozen=True, kw_only=True):
    """What an account may do and see. Of whoever left, or holds nothing, it is nothing."""

    permissions: frozenset[str]
    units: str | tuple[UUID, ...]
    sees: tuple[dict[str, Any], ...]

    @property
    def reads(self) -> bool:
        """Whether they read files at all."""
        return READING in self.permissions


async def between(before: StaffView, after: StaffView, act: Act, days: Days = (None, None)) -> RightsChange:
    """What of `after` is more and what is less than `before`, on these days."""
    held, holds = await _held(before), await _held(after)
    whole_given, whole_taken = holds.units == ALL_UNITS != held.units, held.units == ALL_UNITS != holds.units
    counted = not whole_given and not whole_taken
    more, less = (set(holds.units) - set(held.units), set(held.units) - set(holds.units)) if counted else (set(), set())
    units = await org_units.all_units() if more or less else []
    parts = field_rights.parts_of(act.policy)
    seen, unseen = field_rights.changes(
        field_rights.rights_to(held.sees, parts, reads=held.reads),
        field_rights.rights_to(holds.sees, parts, reads=holds.reads),
    )
    had, has = _roles(before), _roles(after)
    return RightsChange(
        given=[role for role in has if role not in had],
        taken=[role for role in had if role not in has],
        permissions_given=sorted(holds.permissions - held.permissions),
        permissions_taken=sorted(held.permissions - holds.permissions),
        units_given=[unit.name for unit in units if unit.id in more],
        units_taken=[unit.name for unit in units if unit.id in less],
        whole_given=whole_given,
        whole_taken=whole_taken,
        sight_given=seen,
        sight_taken=unseen,
        customers_given=await _customers(holds, held),
        customers_taken=await _customers(held, holds),
        from_on=days[0],
        until_on=days[1],
    )


async def of_all(what: Awaitable[Any], act: Act) -> list[PersonRights]:
    """Who would gain and lose what if it were done, by login. Nothing is done."""
    before = {account.id: account for account in await staff.all_staff()}
    found = []
    for account in await undone(_then(what)):
        had = before.get(account.id, structs.replace(account, roles=()))
        if (had.roles, had.org_unit_id, had.left_at) != (account.roles, account.org_unit_id, account.left_at):
            change = await between(had, account, act)
            found.append(PersonRights(id=account.id, name=account.name, rights=change))
    return found


async def _then(what: Awaitable[Any]) -> list[StaffView]:
    await what
    return await staff.all_staff()


def _roles(account: StaffView) -> tuple[str, ...]:
    return () if account.left_at is not None else account.roles


async def _held(account: StaffView) -> _Held:
    held = _roles(account)
    if not held:
        return _Held(permissions=frozenset(), units=(), sees=())
    return _Held(
        permissions=await roles.permitted(held),
        units=await org_units.visible_from(account.org_unit_id),
        sees=await roles.sees_of(held),
    )


async def _customers(sees: _Held, beside: _Held) -> int:
    """How many are seen by the one and not by the other."""
    if not sees.reads or (beside.reads and sees.units == beside.units):
        return 0
    seen = None if sees.units == ALL_UNITS else list(sees.units)
    other = (None if beside.units == ALL_UNITS else list(beside.units)) if beside.reads else []
    count: int = await fetch_value(_CUSTOMERS, seen, other)
    return count
