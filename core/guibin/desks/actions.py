"""Opening and closing desks, seating people, and sending a customer's matter to the desk."""

from datetime import datetime
from uuid import UUID

import asyncpg
from msgspec import Struct

from guibin.audit.actions import noted
from guibin.cases import Case
from guibin.cases.requests import Because
from guibin.context import Act
from guibin.notices.actions import Notice, notify
from guibin.policy.service_items import ServiceItem
from guibin_tenants.principals import Principal
from guibin_tenants.receivers import at_work, standing_unit, stranger
from guibin_tenants.refusals import Invalid, NotFound
from guibin_tenants.rows import add, change, given, locked
from guibin_tenants.scope import execute, fetch_value, savepoint

from . import queries
from .queries import DeskView
from .refusals import DeskClosed, DeskOpen, NotYourHall, SeatTaken
from .requests import NewDesk, NewSeat
from .tables import Desk, DeskSeat


class Destination(Struct, frozen=True):
    """Which desk a matter goes to, and why; `seated` is False for somebody who does not work there."""

    desk: DeskView
    because: str
    seated: bool


async def open_desk(new: NewDesk, act: Act) -> DeskView:
    """Raises Invalid for an unknown unit, DeskOpen when it has one."""
    await standing_unit(new.org_unit_id)
    try:
        async with savepoint():
            desk_id = await add(Desk, act, **given(new))
    except asyncpg.UniqueViolationError:
        raise DeskOpen("The org unit has one of this kind already: close it first") from None
    return await _done("desk.open", desk_id, act)


async def close_desk(desk_id: UUID, new: Because, act: Act) -> DeskView:
    """What it had stays with its unit; everybody gets up. Raises NotFound, DeskClosed."""
    await _open(desk_id, act.by)
    await change(Desk, desk_id, act, closing_reason=new.reason)
    await execute("update desk_seat set until_at = $2 where desk_id = $1 and until_at is null", desk_id, act.now)
    return await _done("desk.close", desk_id, act)


async def seat(desk_id: UUID, new: NewSeat, act: Act) -> DeskView:
    """Raises NotFound, DeskClosed, SeatTaken, or Invalid for nobody who works in the org units this one sees."""
    await _open(desk_id, act.by)
    person = await at_work(new.staff_id)
    if person is None or not act.by.covers(person.org_unit_id):
        raise Invalid(fields=(stranger(new.staff_id),))
    try:
        async with savepoint():
            await add(DeskSeat, desk_id=desk_id, staff_id=new.staff_id, since_at=act.now)
    except asyncpg.UniqueViolationError:
        raise SeatTaken("They work at this desk already") from None
    return await _done("desk.seat", desk_id, act)


async def unseat(desk_id: UUID, staff_id: UUID, act: Act) -> DeskView:
    """Raises NotFound for somebody who does not sit there."""
    await _own(desk_id, act.by)
    gone = await fetch_value(
        "update desk_seat set until_at = $3 where desk_id = $1 and staff_id = $2 and until_at is null returning id",
        *(desk_id, staff_id, act.now),
    )
    if gone is None:
        raise NotFound(f"{staff_id} does not work at this desk")
    return await _done("desk.unseat", desk_id, act)


async def destination(customer_id: UUID | None, item: ServiceItem | None, act: Act) -> Destination | None:
    """The desk to which a customer's matter goes that is taken in: at a hall that has one which sees the customer, if their
    tiers give the `item`."""
    if item is None or act.by.org_unit_id is None:
        return None
    desk = await queries.nearest(act.by.org_unit_id, customer_id=customer_id)
    if desk is None:
        return None
    because = f"{act.policy.title(f'service_item.{item.name}.title', act.company.language)} {item.clause}".strip()
    return Destination(desk, because, act.by.id in desk.staff_ids)


async def tell(case: Case, number: str, found: Destination, *, now: datetime) -> None:
    """Those who sit at the desk hear what came to it; without anybody there, the manager above it."""
    notice = Notice(
        "came_to_your_desk",
        case,
        org_unit_id=found.desk.org_unit_id,
        to_department=True,
        roles=() if found.desk.staff_ids else ("manager",),
        staff_ids=found.desk.staff_ids,
        details={"number": number},
    )
    await notify(notice, key=f"desk/{case.id}", now=now)


async def _own(desk_id: UUID, by: Principal) -> DeskView:
    desk = await queries.by_id(desk_id)
    if not by.covers(desk.org_unit_id):
        raise NotYourHall()
    return desk


async def _open(desk_id: UUID, by: Principal) -> None:
    await _own(desk_id, by)
    row = await locked(Desk, desk_id)
    if row["closed_at"] is not None:
        raise DeskClosed(f"It was closed at {row['closed_at']:%Y-%m-%d}: {row['closing_reason']}")


async def _done(action: str, desk_id: UUID, act: Act) -> DeskView:
    await noted(action, act, subject="desk", subject_id=desk_id, shown=0)
    return await queries.by_id(desk_id)
