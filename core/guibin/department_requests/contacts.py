"""Who in a department is the contact for key-account business, and who while that one is away (S07-30)."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from guibin.audit.actions import noted
from guibin.cases import Case
from guibin.cases.requests import Because
from guibin.context import Act
from guibin.notices.actions import Notice, notify
from guibin.periods.spans import window_of
from guibin_tenants.receivers import sees, standing_unit
from guibin_tenants.refusals import FieldError, NotFound, refuse
from guibin_tenants.rows import add, change, locked, read
from guibin_tenants.scope import execute, fetch, fetch_one

from .refusals import NotItsContactToName
from .requests import NewContact
from .tables import DepartmentContact

SUBJECT = "department_contact"


class ContactView(Struct, frozen=True, kw_only=True):
    """A department and its contact; `id` and the people None where it has none. `acting_id` is whom requests reach now."""

    org_unit_id: UUID
    org_unit_code: str
    org_unit_name: str
    id: UUID | None
    staff_id: UUID | None
    staff_name: str | None
    deputy_id: UUID | None
    deputy_name: str | None
    acting_id: UUID | None
    named_at: datetime | None


_AWAY = "exists (select from staff_absence a where a.tenant_id = c.tenant_id and a.staff_id = {} and a.from_at <= $1 and a.until_at > $1)"
# Every department: the org units below the head office. Without its contact, or while that one is away, the deputy.
_CONTACTS = f"""select u.id as org_unit_id, u.code as org_unit_code, u.name as org_unit_name, c.id, c.staff_id, c.staff_name,
    c.deputy_id, c.deputy_name, c.named_at, case when c.id is null then null when not {_AWAY.format("c.staff_id")} then c.staff_id
        when c.deputy_id is not null and not {_AWAY.format("c.deputy_id")} then c.deputy_id end as acting_id
    from org_unit u left join lateral (select k.* from department_contact k where k.tenant_id = u.tenant_id
        and k.org_unit_id = u.id and k.until_at is null order by k.named_at desc, k.id desc limit 1) c on true
    where u.dissolved_at is null and u.parent_id is not null"""


async def contacts(act: Act, *, missing: bool = False) -> list[ContactView]:
    """Every department by code with its contact; only those without one on demand."""
    return await read(ContactView, f"{_CONTACTS} and (not $2 or c.id is null) order by u.code", act.now, missing)


async def acting(unit_id: UUID, at: datetime) -> UUID | None:
    """Whom a request of this department reaches now: its contact, else the deputy; None where neither is there."""
    row = await fetch_one(f"{_CONTACTS} and u.id = $2", at, unit_id)
    return row["acting_id"] if row else None


async def name(new: NewContact, act: Act) -> ContactView:
    """From now on these are the department's contact and deputy, instead of who was; both are told.

    Raises Invalid with every wrong field, NotItsContactToName.
    """
    await standing_unit(new.org_unit_id)
    if not act.by.covers(new.org_unit_id):
        raise NotItsContactToName("The department is not under yours")
    names = await _fit(new)
    await execute(
        "update department_contact set until_at = $2 where org_unit_id = $1 and until_at is null",
        new.org_unit_id,
        act.now,
    )
    contact_id = await add(
        DepartmentContact,
        act,
        org_unit_id=new.org_unit_id,
        staff_id=new.staff_id,
        staff_name=names[new.staff_id],
        deputy_id=new.deputy_id,
        deputy_name=names[new.deputy_id] if new.deputy_id else "",
    )
    people = tuple(each for each in (new.staff_id, new.deputy_id) if each is not None)
    told = Notice("department_contact_named", Case(SUBJECT, contact_id), staff_ids=people)
    await notify(told, key=f"department_contact_named/{contact_id}", now=act.now)
    return await _done("name", contact_id, new.org_unit_id, act)


async def end(contact_id: UUID, new: Because, act: Act) -> ContactView:
    """The department has no contact any more, and hears of it until it names one. Raises NotFound, NotItsContactToName."""
    row = await locked(DepartmentContact, contact_id)
    if not act.by.covers(row["org_unit_id"]):
        raise NotItsContactToName("The department is not under yours")
    if row["until_at"] is not None:
        raise NotFound("They are the contact no more")
    await change(DepartmentContact, contact_id, until_at=act.now, because=new.reason)
    return await _done("end", contact_id, row["org_unit_id"], act)


async def remind(act: Act) -> int:
    """Once in the policy's span the leader nearest to a department without a contact hears; how many have none."""
    wanted = act.policy.department_contacts
    if wanted is None:
        return 0
    found = await contacts(act, missing=True)
    span = window_of(wanted.reminded_every, act.today, act.company.time_zone).name
    for each in found:
        notice = Notice(
            "department_contact_missing",
            Case("org_unit", each.org_unit_id),
            org_unit_id=each.org_unit_id,
            roles=(wanted.told,),
            details={"name": each.org_unit_name},
        )
        await notify(notice, key=f"department_contact_missing/{each.org_unit_id}/{span}", now=act.now)
    return len(found)


async def _fit(new: NewContact) -> dict[UUID, str]:
    """Raises Invalid unless both work here and see the department; their names."""
    wanted = {"staff_id": new.staff_id} | ({"deputy_id": new.deputy_id} if new.deputy_id else {})
    rows = await fetch(
        f"select s.id, s.name, {sees('s', '$2')} as seeing from staff s where s.left_at is null and s.id = any ($1)",
        list(wanted.values()),
        new.org_unit_id,
    )
    people = {row["id"]: row for row in rows}
    problems = [
        FieldError(field, "a member of staff of the department, or of one above it", value=str(staff_id))
        for field, staff_id in wanted.items()
        if staff_id not in people or not people[staff_id]["seeing"]
    ]
    if new.deputy_id == new.staff_id:
        problems.append(FieldError("deputy_id", "somebody else than the contact", value=str(new.deputy_id)))
    refuse(problems, "The contact was not named")
    return {staff_id: row["name"] for staff_id, row in people.items()}


async def _done(verb: str, contact_id: UUID, unit_id: UUID, act: Act) -> ContactView:
    await noted(f"department_contact.{verb}", act, subject=SUBJECT, subject_id=contact_id, shown=0)
    return next(each for each in await contacts(act) if each.org_unit_id == unit_id)
