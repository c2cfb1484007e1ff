"""When staff are away, and who stands in: without anybody whatever goes up a ladder passes them over meanwhile."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct
from piccolo.columns import UUID as UuidColumn
from piccolo.columns import Array, Boolean, Text, Timestamptz, Varchar

from .principals import Principal
from .receivers import colleague, sees
from .refusals import Invalid, NotFound
from .rows import read
from .scope import execute, fetch_value
from .tables import Index, Keys, RowOf, TenantTable, new_id


class StaffAbsence(TenantTable, tablename="staff_absence"):
    """Somebody is away from `from_at` until before `until_at`. Taking the row away says that they are not.

    `deputy_id` stands in meanwhile: hears what they would, and decides what waits for them, of these approval flows
    (`matters`, of all where none is named), of none with `notices_only`.
    """

    staff_id = UuidColumn(default=None)
    from_at = Timestamptz(default=None, null=True)
    until_at = Timestamptz(default=None, null=True)
    noted_by = UuidColumn(default=None)
    noted_by_name = Varchar(length=200)
    noted_at = Timestamptz(default=None, null=True)
    deputy_id = RowOf("staff", null=True)
    notices_only = Boolean(default=False)
    matters = Array(base_column=Text(), default=list)

    keys = Keys(
        references={"staff_id": "staff"},
        indexes=(
            Index(("staff_id", "until_at")),
            Index(("deputy_id", "until_at"), where="deputy_id is not null", name="staff_absence_deputy_idx"),
        ),
        checks={"has_both_ends": "from_at is not null and until_at is not null and until_at > from_at"},
    )


class StandIn(Struct, frozen=True, kw_only=True):
    """Who stands in for somebody who is away, and how far: see StaffAbsence."""

    deputy_id: UUID | None = None
    notices_only: bool = False
    matters: tuple[str, ...] = ()


class AbsenceView(Struct, frozen=True):
    """When somebody is away, who said so, and who stands in."""

    id: UUID
    staff_id: UUID
    from_at: datetime
    until_at: datetime
    noted_by_name: str
    deputy_id: UUID | None = None
    deputy_name: str = ""
    notices_only: bool = False
    matters: tuple[str, ...] = ()


def away(person: str, at: str) -> str:
    """SQL: the member of staff `person`, a row of staff, is away at `at`."""
    return (
        f"exists (select from staff_absence gone where gone.tenant_id = {person}.tenant_id and gone.staff_id = {person}.id"
        f" and gone.from_at <= {at} and gone.until_at > {at})"
    )


async def note(staff_id: UUID, span: tuple[datetime, datetime], by: Principal, *, now: datetime) -> UUID:
    """Raises Invalid for an absence that ends before it begins, or is over."""
    from_at, until_at = span
    if until_at <= max(from_at, now):
        raise Invalid.at("until_at", "later than its beginning and than now", value=until_at.isoformat())
    absence_id = new_id()
    await execute(
        "insert into staff_absence (id, staff_id, from_at, until_at, noted_by, noted_by_name, noted_at, notices_only,"
        " matters) values ($1, $2, $3, $4, $5, $6, $7, false, '{}')",
        absence_id,
        staff_id,
        from_at,
        until_at,
        by.id,
        by.name,
        now,
    )
    return absence_id


async def put(absence_id: UUID, staff_id: UUID, by: StandIn) -> None:
    """This one stands in from now on; nobody where none is named. Raises NotFound, Invalid for the one who is away, for
    somebody who does not work here or does not see what they answer for."""
    if by.deputy_id is not None:
        await _refuse_unfit(by.deputy_id, staff_id)
    found = await fetch_value(
        "update staff_absence set deputy_id = $3, notices_only = $4, matters = $5 where id = $1 and staff_id = $2 returning id",
        absence_id,
        staff_id,
        by.deputy_id,
        by.notices_only,
        list(by.matters),
    )
    if found is None:
        raise NotFound(f"There is no absence {absence_id} of {staff_id}")


async def _refuse_unfit(deputy_id: UUID, staff_id: UUID) -> None:
    await colleague(deputy_id, field="deputy_id")
    seeing = await fetch_value(
        f"select d.id <> s.id and {sees('d', 's.org_unit_id')} from staff s join staff d on d.tenant_id = s.tenant_id"
        " and d.id = $1 where s.id = $2",
        deputy_id,
        staff_id,
    )
    if not seeing:
        rule, fix = "somebody else who sees their org unit", "name somebody of the org unit, or of one above it"
        raise Invalid.at("deputy_id", rule, fix, str(deputy_id))


async def of(staff_id: UUID) -> list[AbsenceView]:
    """All of somebody's, the latest first."""
    return await read(
        AbsenceView,
        "select a.id, a.staff_id, a.from_at, a.until_at, a.noted_by_name, a.deputy_id, coalesce(d.name, '') as deputy_name,"
        " a.notices_only, a.matters from staff_absence a left join staff d on d.tenant_id = a.tenant_id"
        " and d.id = a.deputy_id where a.staff_id = $1 order by a.from_at desc, a.id desc",
        staff_id,
    )


async def without(deputy_id: UUID) -> None:
    """Nobody stands in where this one did."""
    await execute("update staff_absence set deputy_id = null where deputy_id = $1", deputy_id)


async def take_back(staff_id: UUID, absence_id: UUID) -> None:
    """They are back, or never went. Raises NotFound."""
    found = await fetch_value(
        "delete from staff_absence where id = $1 and staff_id = $2 returning id", absence_id, staff_id
    )
    if found is None:
        raise NotFound(f"There is no absence {absence_id} of {staff_id}")
