"""Somebody leaves or goes elsewhere, an org unit is dissolved: what they held is handed over, nothing is orphaned."""

from uuid import UUID

from msgspec import Struct

from guibin.approvals import actions as approvals
from guibin.audit.actions import IDS_MAX, AuditNote, record
from guibin.context import Act
from guibin.profiles import assignments, handing_over
from guibin.profiles.handing_over import HandOver, OpenWork
from guibin.profiles.teams import sees
from guibin.sla import actions as sla
from guibin_tenants import keys, org_units, staff
from guibin_tenants.org_units import OrgUnitView
from guibin_tenants.refusals import Conflict, FieldError, Invalid, NotFound
from guibin_tenants.scope import ALL_UNITS, execute, fetch, fetch_value
from guibin_tenants.staff import StaffView

from .requests import NewHandOver, UnitDissolution


class HasOpenWork(Conflict):
    """Customers, complaints and the like would be left without anybody responsible."""

    kind = "has-open-work"
    title = "Their customers and open work need somebody first"


class AlreadyDissolved(Conflict):
    """The unit's things are with its successor."""

    kind = "already-dissolved"
    title = "The org unit was dissolved already"


class HandedOver(Struct, frozen=True):
    """How much of what went to whom."""

    to_id: UUID
    to_name: str
    work: list[OpenWork]


class Dissolved(Struct, frozen=True):
    """What went to the successor. Keys that saw the unit's archives are revoked, for the successor's are others."""

    unit: OrgUnitView
    customers: int
    staff: int
    units: int
    keys_revoked: int


async def hand_over_all(account: StaffView, new: NewHandOver, act: Act) -> HandedOver:
    """All customers and open work of somebody go to the successor. Raises Invalid for one who cannot take them."""
    successor = await _successor(account, new.successor_id)
    moved = HandOver(
        from_ids=(account.id,), to_id=successor.id, to_name=successor.name, reason=new.reason or "handed over"
    )
    work = await handing_over.hand_over(moved, act)
    note = AuditNote(action="staff.hand_over", subject="staff", subject_id=account.id, shown=sum(w.count for w in work))
    await record(note, act)
    return HandedOver(successor.id, successor.name, work)


async def refuse_open_work(account: StaffView) -> None:
    """Raises HasOpenWork, saying how much of what."""
    work = await handing_over.open_work((account.id,))
    if work:
        raise HasOpenWork(f"{account.name} has {handing_over.said(work)}: name a successor_id")


async def refuse_losing_sight(account: StaffView, unit_id: UUID | None) -> None:
    """Raises HasOpenWork when somebody would go to a unit from which they do not see their customers any more."""
    units = await org_units.visible_from(unit_id)
    if units == ALL_UNITS:
        return
    lost = await fetch_value(
        "select count(*) from customer where account_manager_id = $1 and erased_at is null"
        " and org_unit_id <> all ($2::uuid[])",
        account.id,
        list(units),
    )
    if lost:
        fix = f"hand them over first: POST /staff/{account.id}/hand-over"
        raise HasOpenWork(f"From there {account.name} does not see {lost} customers they look after; {fix}")


async def refuse_losing_part(account: StaffView, roles: tuple[str, ...]) -> None:
    """Raises HasOpenWork when somebody would look after customers no more by role, and still has some."""
    if set(roles) & set(assignments.LOOKING_AFTER):
        return
    left = await fetch_value(
        "select count(*) from customer where account_manager_id = $1 and erased_at is null", account.id
    )
    if left:
        fix = f"hand them over first: POST /staff/{account.id}/hand-over"
        raise HasOpenWork(f"{account.name} looks after {left} customers, which these roles do not; {fix}")


async def dissolve(unit_id: UUID, new: UnitDissolution, act: Act) -> Dissolved:
    """Customers, staff, lower units and open requests of the unit go to its successor; the walls move with them.

    Raises NotFound, AlreadyDissolved, Invalid for a successor under the unit, and NobodyTakesOver.
    """
    unit = await _standing(unit_id)
    successor = await _unit_successor(unit, new.successor_id)
    # `dissolve` of the unit says that access changed.
    people = await execute("update staff set org_unit_id = $2 where org_unit_id = $1", unit.id, successor.id)
    below = await fetch_value("select count(*) from org_unit where parent_id = $1", unit.id)
    dissolved = await org_units.dissolve(unit.id, successor_id=successor.id, now=act.now)
    moved = await assignments.move_all(unit.id, successor.id, act)
    await assignments.refuse_unfit(new.account_manager_id, successor.id)
    await assignments.change_blind_managers(moved, successor.id, new.account_manager_id)
    await assignments.note_assigned(moved, act, because="unit_dissolved", reason=new.reason)
    await assignments.bring_work_along(moved, successor.id, act, reason=new.reason)
    # The units below have another above them.
    await sla.keep_hours(None, act)
    await approvals.follow_unit(unit.id, successor.id)
    await handing_over.move_unit(unit.id, successor.id, act)
    revoked = await keys.revoke_of_unit(unit.id, now=act.now)
    for start in range(0, max(len(moved), 1), IDS_MAX):
        part = tuple(moved[start : start + IDS_MAX])
        note = AuditNote(
            action="org_unit.dissolve",
            subject="org_unit",
            subject_id=unit.id,
            customer_ids=part,
            purpose=new.reason,
            shown=len(part),
        )
        await record(note, act)
    return Dissolved(dissolved, len(moved), people, below, revoked)


async def _successor(account: StaffView, successor_id: UUID) -> StaffView:
    try:
        successor = await staff.by_id(successor_id)
    except NotFound:
        successor = None
    rule = ""
    if successor is None or successor.left_at is not None or successor.id == account.id:
        rule = "somebody else who works here"
    else:
        unseen = await fetch_value(
            f"select count(*) from customer c join staff s on s.tenant_id = c.tenant_id and s.id = $2"
            f" where c.account_manager_id = $1 and c.erased_at is null and not {sees('s', 'c.org_unit_id')}",
            account.id,
            successor.id,
        )
        looks_after = await fetch_value("select true from customer where account_manager_id = $1 limit 1", account.id)
        if unseen:
            rule = f"somebody who sees all their customers; {unseen} of them are elsewhere"
        elif looks_after and not set(successor.roles) & set(assignments.LOOKING_AFTER):
            rule = "an account manager or a leader"
    if rule or successor is None:
        raise Invalid(fields=(FieldError("successor_id", rule, value=str(successor_id)),))
    return successor


async def _standing(unit_id: UUID) -> OrgUnitView:
    # Two who dissolve it at the same moment, or into each other, meet here.
    await fetch("select id from org_unit order by id for update")
    unit = next((each for each in await org_units.all_units() if each.id == unit_id), None)
    if unit is None:
        raise NotFound(f"There is no org unit {unit_id}")
    if unit.dissolved_at is not None:
        raise AlreadyDissolved(f"{unit.name} was dissolved; its things are with org unit {unit.successor_id}")
    if unit.parent_id is None:
        raise Invalid(fields=(FieldError("org_unit_id", "not the head office", value=str(unit_id)),))
    return unit


async def _unit_successor(unit: OrgUnitView, successor_id: UUID) -> OrgUnitView:
    standing = {each.id: each for each in await org_units.standing_units()}
    inside = await org_units.visible_from(unit.id)
    if successor_id not in standing or successor_id in inside:
        rule = "another org unit, not below the one that is dissolved"
        raise Invalid(fields=(FieldError("successor_id", rule, value=str(successor_id)),))
    return standing[successor_id]
