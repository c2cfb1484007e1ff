"""The dedicated team of a customer: its account manager, and members with their part (S10-4)."""

from datetime import datetime
from uuid import UUID

import asyncpg
from msgspec import Struct

from guibin.audit.actions import done, noted
from guibin.cases import Case
from guibin.context import Act
from guibin.profiles import queries
from guibin.profiles.actions import leave_team
from guibin.profiles.tables import TeamMember
from guibin_tenants.principals import Principal
from guibin_tenants.receivers import sees
from guibin_tenants.refusals import Conflict, Forbidden, Invalid, NotFound
from guibin_tenants.rows import add, given, shown
from guibin_tenants.scope import fetch, fetch_one, fetch_value, savepoint

from .requests import NewMember

# They lead the unit, and stand in for their people.
LEADERS = frozenset({"manager", "tenant_admin"})


class AlreadyInTeam(Conflict):
    """They have this part in the team already."""


class NotInTheirTeam(Forbidden):
    """This is for the customer's account manager, its team or their leader to do. Only they answer for it."""


class MemberView(Struct, frozen=True, kw_only=True):
    """A member of the team. The account manager has no row of its own and no `id`."""

    id: UUID | None
    staff_id: UUID
    staff_name: str
    part: str
    since: datetime | None


class TeamView(Struct, frozen=True, kw_only=True):
    """First and directly responsible is the account manager (S05-3)."""

    account_manager: MemberView | None
    members: list[MemberView]


async def team(customer_id: UUID, act: Act) -> TeamView:
    """Who serves the customer. Raises NotFound."""
    await queries.standing(customer_id)
    managers = await fetch(
        "select null::uuid as id, s.id as staff_id, s.name as staff_name, 'account_manager' as part, (select max(a.assigned_at) from customer_assignment a where a.tenant_id = c.tenant_id"
        " and a.customer_id = c.id and a.account_manager_id = s.id) as since"
        " from customer c join staff s on s.tenant_id = c.tenant_id and s.id = c.account_manager_id where c.id = $1",
        customer_id,
    )
    members = await fetch(
        "select id, staff_id, staff_name, part, joined_at as since from team_member"
        " where customer_id = $1 and left_at is null order by joined_at, id",
        customer_id,
    )
    await noted("team.read", act, subject="team", customer_id=customer_id)
    manager = next(iter(shown(MemberView, managers)), None)
    return TeamView(account_manager=manager, members=shown(MemberView, members))


async def join(customer_id: UUID, new: NewMember, act: Act) -> MemberView:
    """Raises NotFound, Invalid for somebody who does not see the customer, AlreadyInTeam."""
    await queries.version_of(customer_id)
    row = await fetch_one(
        f"select s.id, s.name from staff s join customer c on c.tenant_id = s.tenant_id and c.id = $2"
        f" where s.id = $1 and s.left_at is null and {sees('s', 'c.org_unit_id')}",
        new.staff_id,
        customer_id,
    )
    if row is None:
        raise Invalid.at("staff_id", "somebody who works here and sees the customer", value=str(new.staff_id))
    try:
        async with savepoint():
            member_id = await add(
                TeamMember, act, customer_id=customer_id, staff_name=row["name"], joined_at=act.now, **given(new)
            )
    except asyncpg.UniqueViolationError:
        raise AlreadyInTeam(f"{row['name']} is the {new.part} of this customer already") from None
    await done("join", Case("team", member_id, customer_id), act)
    return MemberView(id=member_id, staff_id=row["id"], staff_name=row["name"], part=new.part, since=act.now)


async def leave(customer_id: UUID, member_id: UUID, act: Act) -> None:
    """Raises NotFound, also for somebody who left already."""
    if not await leave_team(customer_id, member_id, now=act.now):
        raise NotFound(f"There is no member {member_id} in the team of customer {customer_id}")
    await done("leave", Case("team", member_id, customer_id), act)


async def refuse_unless_serving(customer_id: UUID, by: Principal) -> None:
    """Raises NotFound, and NotInTheirTeam unless it is the account manager, a member of the team, or a leader."""
    await queries.version_of(customer_id)
    serves = bool(LEADERS & set(by.roles)) or await fetch_value(
        "select true from customer where id = $1 and account_manager_id = $2"
        " union all select true from team_member where customer_id = $1 and staff_id = $2 and left_at is null limit 1",
        customer_id,
        by.id,
    )
    if not serves:
        raise NotInTheirTeam(f"{by.name} does not serve customer {customer_id}")
