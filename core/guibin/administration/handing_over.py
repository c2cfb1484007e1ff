"""Somebody leaves or goes elsewhere, an org unit is dissolved: what they held is handed over, nothing is orphaned."""

from collections.abc import Iterable
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from guibin.assignments import actions as assignments
from guibin.assignments import handing_over
from guibin.assignments.handing_over import HandOver, OpenWork
from guibin.audit.actions import IDS_MAX, done
from guibin.cases import Case
from guibin.context import Act
from guibin.events import UnitDissolved, tell_at_once
from guibin.sla import actions as sla
from guibin_tenants import displays, keys, org_units
from guibin_tenants.org_units import OrgUnitView
from guibin_tenants.receivers import LOOKING_AFTER, at_work
from guibin_tenants.refusals import Conflict, Invalid, NotFound
from guibin_tenants.scope import execute, fetch, fetch_column, fetch_one, fetch_value, savepoint
from guibin_tenants.staff import StaffView

from .requests import NewHandOver, UnitDissolution

# Who leads an org unit, of the member of staff `m`.
LEADER = "m.left_at is null and 'manager' = any (m.roles)"


class HasOpenWork(Conflict):
    """Their customers and open work need somebody first. They would be left without anybody responsible."""


class AlreadyDissolved(Conflict):
    """The org unit was dissolved already. The unit's things are with its successor."""


class HandedOver(Struct, frozen=True):
    """How much of what went to whom."""

    to_id: UUID
    to_name: str
    work: list[OpenWork]


class HandOverPreview(Struct, frozen=True, kw_only=True):
    """What would go over from somebody, kind by kind; `to_name` is empty and nothing hinders while nobody is named.

    `hinders` says why this one cannot take it over, empty where they can.
    """

    from_id: UUID
    from_name: str
    to_id: UUID | None
    to_name: str
    work: list[OpenWork]
    hinders: str


class Dissolved(Struct, frozen=True):
    """What went to the successor. Keys that saw the unit's archives are revoked, for the successor's are others."""

    unit: OrgUnitView
    customers: int
    staff: int
    units: int
    keys_revoked: int


class DissolutionPreview(Struct, frozen=True, kw_only=True):
    """What would go over from an org unit, before it does; `hinders` says why that one cannot take it over.

    Of its customers, `unseen` have an account manager who does not see the successor: they go to the one who is named,
    else to the successor's leader, `leader_name`, and to nobody where there is none.
    """

    unit: OrgUnitView
    successor_id: UUID | None
    successor_name: str
    customers: int
    unseen: int
    leader_name: str
    staff: int
    units: int
    keys: int
    work: list[OpenWork]
    hinders: str


class Blinded(Struct, frozen=True):
    """Somebody who would not see any more what they answer for, and how much of what."""

    staff_id: UUID
    staff_name: str
    work: list[OpenWork]


class MovePreview(Struct, frozen=True, kw_only=True):
    """Who would see an org unit's archives that did not, and who would not any more, by name. It is refused while somebody is
    `blinded`; `hinders` says why it cannot come under `parent` at all."""

    unit: OrgUnitView
    parent: OrgUnitView | None
    gains: list[str]
    loses: list[str]
    blinded: list[Blinded]
    hinders: str


class _OnlySeen(Exception):
    """What was found out is told, and nothing of it done."""

    def __init__(self, blinded: list[Blinded]) -> None:
        self.blinded = blinded


async def hand_over_all(account: StaffView, new: NewHandOver, act: Act) -> HandedOver:
    """All customers and open work of somebody go to the successor. Raises Invalid for one who cannot take them."""
    successor = await _successor(account, new.successor_id)
    reason = new.reason or act.own_reason("handed_over")
    moved = HandOver(from_ids=(account.id,), to_id=successor.id, to_name=successor.name, reason=reason)
    work = await handing_over.hand_over(moved, act)
    await done("hand_over", Case("staff", account.id), act, shown=sum(w.count for w in work))
    return HandedOver(successor.id, successor.name, work)


async def preview(account: StaffView, successor_id: UUID | None) -> HandOverPreview:
    """How much of what would go to the successor, and whether they can take it. Nothing is changed."""
    successor = await at_work(successor_id) if successor_id is not None else None
    return HandOverPreview(
        from_id=account.id,
        from_name=account.name,
        to_id=successor_id,
        to_name=successor.name if successor else "",
        work=await handing_over.open_work((account.id,)),
        hinders=await _hinders(account, successor) if successor_id is not None else "",
    )


async def refuse_open_work(account: StaffView) -> None:
    """Raises HasOpenWork, saying how much of what."""
    work = await handing_over.open_work((account.id,))
    if work:
        raise HasOpenWork(f"{account.name} has {handing_over.said(work)}: name a successor_id")


async def refuse_losing_sight(account: StaffView, unit_id: UUID | None) -> None:
    """Raises HasOpenWork when somebody would go to a unit from which they do not see their customers any more."""
    units = await org_units.visible_from(unit_id)
    if isinstance(units, str):
        return
    lost = await assignments.looked_after((account.id,), outside=units)
    if lost:
        fix = f"hand them over first: POST /staff/{account.id}/hand-over"
        raise HasOpenWork(f"From there {account.name} does not see {lost} customers they look after; {fix}")


async def refuse_losing_part(account: StaffView, roles: tuple[str, ...]) -> None:
    """Raises HasOpenWork when somebody would look after customers no more by role, and still has some."""
    if set(roles) & set(LOOKING_AFTER):
        return
    left = await assignments.looked_after((account.id,))
    if left:
        fix = f"hand them over first: POST /staff/{account.id}/hand-over"
        raise HasOpenWork(f"{account.name} looks after {left} customers, which these roles do not; {fix}")


async def dissolve(unit_id: UUID, new: UnitDissolution, act: Act) -> Dissolved:
    """Customers, staff, lower units and open requests of the unit go to its successor; the walls move with them.

    Raises NotFound, AlreadyDissolved, Invalid for a successor under the unit, and NobodyTakesOver.
    """
    unit = await standing(unit_id)
    successor = await _unit_successor(unit, new.successor_id)
    # `dissolve` of the unit says that access changed.
    people = await execute("update staff set org_unit_id = $2 where org_unit_id = $1", unit.id, successor.id)
    below = await fetch_value("select count(*) from org_unit where parent_id = $1", unit.id)
    dissolved = await org_units.dissolve(unit.id, successor_id=successor.id, now=act.now)
    gone = UnitDissolved(unit.id, successor.id)
    moved = await assignments.move_unit(gone, act, manager_id=new.account_manager_id, reason=new.reason)
    # The units below have another above them.
    await sla.keep_hours(None, act)
    await tell_at_once(gone, act)
    revoked = await keys.revoke_of_unit(unit.id, now=act.now)
    await displays.end_of_unit(unit.id, now=act.now)
    for start in range(0, max(len(moved), 1), IDS_MAX):
        part = tuple(moved[start : start + IDS_MAX])
        await done("dissolve", Case("org_unit", unit.id), act, customer_ids=part, purpose=new.reason, shown=len(part))
    return Dissolved(dissolved, len(moved), people, below, revoked)


async def preview_dissolution(unit: OrgUnitView, successor_id: UUID | None) -> DissolutionPreview:
    """What would go to the successor, and whether it can take it. Nothing is changed."""
    names = {each.id: each.name for each in await org_units.standing_units()}
    customers, unseen = await assignments.counts_of(unit.id, successor_id)
    counts = await fetch_one(
        f"select coalesce((select m.name from staff m where {LEADER} and m.org_unit_id = $2 order by m.created_at, m.id limit 1), '')"
        " as leader_name, (select count(*) from staff where org_unit_id = $1) as staff,"
        " (select count(*) from org_unit where parent_id = $1) as units,"
        " (select count(*) from api_key where org_unit_id = $1 and revoked_at is null) as keys",
        unit.id,
        successor_id,
    )
    return DissolutionPreview(
        unit=unit,
        successor_id=successor_id,
        successor_name=names.get(successor_id, "") if successor_id else "",
        work=await handing_over.waiting_for(unit.id),
        hinders=await _hinders_unit(unit, successor_id),
        customers=customers,
        unseen=unseen,
        **dict(counts or {}),
    )


async def preview_move(unit: OrgUnitView, above: OrgUnitView | None) -> MovePreview:
    """Who would see it and who would not any more, if it came under the other. Nothing is changed."""
    seen, sees_it = set(await _above(unit.parent_id)), set(await _above(above.id)) if above else set()
    hinders = _hinders_move(unit, above, await org_units.visible_from(unit.id)) if above else ""
    gains = seen if not above else sees_it
    preview = MovePreview(
        unit=unit,
        parent=above,
        gains=await _people_of(gains - seen),
        loses=await _people_of(seen - gains),
        blinded=[],
        hinders=hinders,
    )
    if above is None or hinders:
        return preview
    try:
        async with savepoint():
            await org_units.change(replace(unit, parent_id=above.id))
            raise _OnlySeen(await _blinded(seen - sees_it))
    except _OnlySeen as found:
        return replace(preview, blinded=found.blinded)


async def move(unit: OrgUnitView, above: OrgUnitView | None, act: Act) -> OrgUnitView:
    """The unit and all under it come under another. Raises Invalid, and HasOpenWork where somebody would lose sight of what
    they answer for."""
    rule = _hinders_move(unit, above, await org_units.visible_from(unit.id))
    if rule or above is None:
        raise Invalid.at("parent", rule, value=above.code if above else "")
    if above.id == unit.parent_id:
        return unit
    names = {each.id: each.name for each in await org_units.all_units()}
    over = set(await _above(unit.parent_id)) - set(await _above(above.id))
    moved = await org_units.change(replace(unit, parent_id=above.id))
    if blinded := await _blinded(over):
        said = "; ".join(f"{each.staff_name}: {handing_over.said(each.work)}" for each in blinded)
        raise HasOpenWork(f"They would not see what they answer for any more. {said}")
    # Hours of its own may be those of the unit above.
    await sla.keep_hours(None, act)
    said = f"{names.get(unit.parent_id, '')} → {above.name}" if unit.parent_id else above.name
    await done("move", Case("org_unit", unit.id), act, shown=0, purpose=said)
    return moved


def _hinders_move(unit: OrgUnitView, above: OrgUnitView | None, inside: str | tuple[UUID, ...]) -> str:
    """The rule that keeps it from coming under the other; empty where none does."""
    if unit.parent_id is None:
        return "not the head office"
    if above is None or above.dissolved_at is not None or above.id in inside:
        return "an org unit that stands and is not below it"
    return ""


async def _above(unit_id: UUID | None) -> list[UUID]:
    """The unit and those above it."""
    parents = {each.id: each.parent_id for each in await org_units.all_units()}
    found: list[UUID] = []
    while unit_id is not None and unit_id not in found:
        found.append(unit_id)
        unit_id = parents.get(unit_id)
    return found


async def _people_of(units: Iterable[UUID]) -> list[str]:
    sql = "select name from staff where left_at is null and org_unit_id = any ($1) order by name"
    return await fetch_column(sql, list(units))


async def _blinded(units: Iterable[UUID]) -> list[Blinded]:
    """Whoever works in these units and answers for what they do not see now."""
    sql = "select id, name from staff where left_at is null and org_unit_id = any ($1) order by name"
    found = []
    for row in await fetch(sql, list(units)):
        customers = await assignments.hidden_from(row["id"], of=row["id"])
        work = [OpenWork("customers", customers)] if customers else []
        work += await handing_over.hidden_work((row["id"],), row["id"])
        if work:
            found.append(Blinded(row["id"], row["name"], work))
    return found


async def _successor(account: StaffView, successor_id: UUID) -> StaffView:
    successor = await at_work(successor_id)
    rule = await _hinders(account, successor)
    if rule or successor is None:
        raise Invalid.at("successor_id", rule, value=str(successor_id))
    return successor


async def _hinders(account: StaffView, successor: StaffView | None) -> str:
    """The rule that keeps this one from taking it all over; empty where none does."""
    if successor is None or successor.id == account.id:
        return "somebody else who works here"
    unseen = await assignments.hidden_from(successor.id, of=account.id)
    if unseen:
        return f"somebody who sees all their customers; {unseen} of them are elsewhere"
    hidden = await handing_over.hidden_work((account.id,), successor.id)
    if hidden:
        return f"somebody who sees whose it is; about customers elsewhere: {handing_over.said(hidden)}"
    looks_after = await assignments.looked_after((account.id,), erased_too=True)
    if looks_after and not set(successor.roles) & set(LOOKING_AFTER):
        return "an account manager or a leader"
    return ""


async def standing(unit_id: UUID) -> OrgUnitView:
    """The org unit, the whole tree kept as it is meanwhile. Raises NotFound, AlreadyDissolved."""
    # Two who dissolve it at the same moment, or into each other, meet here.
    await fetch("select id from org_unit order by id for update")
    unit = next((each for each in await org_units.all_units() if each.id == unit_id), None)
    if unit is None:
        raise NotFound(f"There is no org unit {unit_id}")
    if unit.dissolved_at is not None:
        raise AlreadyDissolved(f"{unit.name} was dissolved; its things are with org unit {unit.successor_id}")
    return unit


async def _unit_successor(unit: OrgUnitView, successor_id: UUID) -> OrgUnitView:
    if unit.parent_id is None:
        raise Invalid.at("org_unit_id", "not the head office", value=str(unit.id))
    if rule := await _hinders_unit(unit, successor_id):
        raise Invalid.at("successor_id", rule, value=str(successor_id))
    return next(each for each in await org_units.standing_units() if each.id == successor_id)


async def _hinders_unit(unit: OrgUnitView, successor_id: UUID | None) -> str:
    """The rule that keeps this one from being dissolved into the other; empty where none does, or none is named yet."""
    if unit.parent_id is None:
        return "not the head office"
    if successor_id is None:
        return ""
    known = {each.id for each in await org_units.standing_units()} - set(await org_units.visible_from(unit.id))
    return "" if successor_id in known else "another org unit, not below the one that is dissolved"
