"""When staff are away: whatever goes up a ladder passes them over meanwhile."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct
from piccolo.columns import UUID as UuidColumn
from piccolo.columns import Timestamptz, Varchar

from .principals import Principal
from .refusals import Invalid, NotFound
from .rows import read
from .scope import execute, fetch_value
from .tables import Index, Keys, TenantTable, new_id


class StaffAbsence(TenantTable, tablename="staff_absence"):
    """Somebody is away from `from_at` until before `until_at`. Taking the row away says that they are not."""

    staff_id = UuidColumn(default=None)
    from_at = Timestamptz(default=None, null=True)
    until_at = Timestamptz(default=None, null=True)
    noted_by = UuidColumn(default=None)
    noted_by_name = Varchar(length=200)
    noted_at = Timestamptz(default=None, null=True)

    keys = Keys(
        references={"staff_id": "staff"},
        indexes=(Index(("staff_id", "until_at")),),
        checks={"has_both_ends": "from_at is not null and until_at is not null and until_at > from_at"},
    )


class AbsenceView(Struct, frozen=True):
    """When somebody is away, and who said so."""

    id: UUID
    staff_id: UUID
    from_at: datetime
    until_at: datetime
    noted_by_name: str


async def note(staff_id: UUID, *, from_at: datetime, until_at: datetime, by: Principal, now: datetime) -> AbsenceView:
    """Raises Invalid for an absence that ends before it begins, or is over."""
    if until_at <= max(from_at, now):
        raise Invalid.at("until_at", "later than its beginning and than now", value=until_at.isoformat())
    absence = AbsenceView(new_id(), staff_id, from_at, until_at, by.name)
    await execute(
        "insert into staff_absence (id, staff_id, from_at, until_at, noted_by, noted_by_name, noted_at)"
        " values ($1, $2, $3, $4, $5, $6, $7)",
        absence.id,
        staff_id,
        from_at,
        until_at,
        by.id,
        by.name,
        now,
    )
    return absence


async def of(staff_id: UUID) -> list[AbsenceView]:
    """All of somebody's, the latest first."""
    return await read(
        AbsenceView,
        "select id, staff_id, from_at, until_at, noted_by_name from staff_absence where staff_id = $1"
        " order by from_at desc, id desc",
        staff_id,
    )


async def take_back(staff_id: UUID, absence_id: UUID) -> None:
    """They are back, or never went. Raises NotFound."""
    found = await fetch_value(
        "delete from staff_absence where id = $1 and staff_id = $2 returning id", absence_id, staff_id
    )
    if found is None:
        raise NotFound(f"There is no absence {absence_id} of {staff_id}")
