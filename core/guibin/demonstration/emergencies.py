"""An emergency access of a demonstration company's: used the day before, ended by hand, and waiting for its review."""

from datetime import timedelta
from uuid import UUID

from msgspec.structs import replace

from guibin.emergencies import actions
from guibin.emergencies.queries import OPENS, purpose_of
from guibin.emergencies.requests import NewEmergencyAccess
from guibin.overview import panels
from guibin.profiles.queries import OPEN
from guibin_tenants.authentication import working
from guibin_tenants.principals import Principal, sees_all
from guibin_tenants.scope import fetch_column, fetch_value, lend, tenant_scope

from .days import Scene

_BEGUN_BEFORE, _LOOKED_AFTER, _ENDED_AFTER = timedelta(hours=26), timedelta(minutes=3), timedelta(minutes=11)
_REASON = "客户在本网点突发疾病，需联系家属和客户经理"


async def look_in_an_emergency(scene: Scene) -> None:
    """In scopes of its own, with the sight of whoever opened it alone: as requests see it. Nothing where nobody may open one, or there
    is no customer out of their sight.
    """
    company = scene.act.company.id
    async with tenant_scope(company):
        found = await _who_and_whom()
    if found is None:
        return
    person, customer_id = found
    begun = scene.act.now - _BEGUN_BEFORE
    act = replace(scene.act, by=person)
    async with tenant_scope(company, units=person.units):
        new = NewEmergencyAccess(customer_id=customer_id, reason=_REASON)
        access = await actions.open_access(new, act.at(begun))
    looked_at = begun + _LOOKED_AFTER
    async with tenant_scope(company, units=person.units):
        await lend(access.id, person.id, now=looked_at, purpose=purpose_of(access.id))
        await panels.overview(customer_id, act.at(looked_at))
    async with tenant_scope(company, units=person.units):
        await actions.end(access.id, act.at(begun + _ENDED_AFTER))


async def _who_and_whom() -> tuple[Principal, UUID] | None:
    """The last by login who may open one and does not see everybody, and the first customer out of their sight."""
    for staff_id in await fetch_column("select id from staff where left_at is null order by login desc"):
        person = await working(staff_id)
        if person is not None and OPENS(person) and not sees_all(person):
            customer_id = await fetch_value(
                f"select c.id from {OPEN} and c.account_manager_id is not null and not c.org_unit_id = any ($1)"
                " order by c.number limit 1",
                list(person.units),
            )
            return (person, customer_id) if customer_id is not None else None
    return None
