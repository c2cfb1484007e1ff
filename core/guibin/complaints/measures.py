"""What departments are to change because of a period's complaints (S07-28)."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.context import Act
from guibin.notation.plausible import Plausible
from guibin.notices.actions import Notice, notify
from guibin.policy.words import CodeIfAny, Words, up_to
from guibin.profiles.handing_over import on_dissolution
from guibin.web.paging import Cursor
from guibin_tenants.principals import Principal
from guibin_tenants.refusals import Conflict, FieldError, Invalid, NotFound
from guibin_tenants.scope import execute, fetch, fetch_one, fetch_value
from guibin_tenants.tables import new_id


class MeasureDone(Conflict):
    """It has ended."""

    kind = "measure-done"
    title = "The improvement measure is done already"


class NewMeasure(Plausible, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a department is to change by `due_on`, and which cause of the period's complaints it answers."""

    period: Annotated[str, up_to(10, 4)]
    org_unit_id: UUID
    text: Words
    due_on: date
    cause: CodeIfAny = ""


class MeasureResult(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was changed."""

    note: Words


class MeasureView(Struct, frozen=True, kw_only=True):
    """An improvement measure; `done_at` None while it is owed."""

    id: UUID
    period: str
    org_unit_id: UUID
    cause: str
    text: str
    due_on: date
    proposed_by_name: str
    proposed_at: datetime
    done_at: datetime | None
    done_by_name: str
    done_note: str


_MEASURE = "select " + ", ".join(MeasureView.__struct_fields__) + " from improvement_measure"


async def propose(new: NewMeasure, act: Act) -> MeasureView:
    """The department's manager is told. Raises Invalid."""
    if not await fetch_value("select true from org_unit where id = $1", new.org_unit_id):
        raise Invalid(fields=(FieldError("org_unit_id", "one of the company's org units", value=str(new.org_unit_id)),))
    measure_id = new_id()
    await execute(
        "insert into improvement_measure (id, period, org_unit_id, cause, text, due_on, proposed_by, proposed_by_name,"
        " proposed_at, done_by_name, done_note, version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', '', 1)",
        measure_id,
        new.period,
        new.org_unit_id,
        new.cause,
        new.text,
        new.due_on,
        act.by.id,
        act.by.name,
        act.now,
    )
    await _tell("measure_proposed", measure_id, new.org_unit_id, new.due_on, now=act.now)
    return await by_id(measure_id)


async def finish(measure_id: UUID, result: MeasureResult, act: Act) -> MeasureView:
    """The department has done it. Raises NotFound, as for another department's, and MeasureDone."""
    row = await fetch_one("select done_at from improvement_measure where id = $1 for update", measure_id)
    if row is None:
        raise NotFound(f"There is no improvement measure {measure_id}")
    if row["done_at"] is not None:
        raise MeasureDone()
    await execute(
        "update improvement_measure set done_at = $2, done_by = $3, done_by_name = $4, done_note = $5,"
        " version = version + 1 where id = $1",
        measure_id,
        act.now,
        act.by.id,
        act.by.name,
        result.note,
    )
    return await by_id(measure_id)


async def by_id(measure_id: UUID) -> MeasureView:
    """Raises NotFound."""
    row = await fetch_one(f"{_MEASURE} where id = $1", measure_id)
    if row is None:
        raise NotFound(f"There is no improvement measure {measure_id}")
    return msgspec.convert(dict(row), MeasureView)


async def listed(*, period: str | None, by: Principal, after: Cursor | None, limit: int) -> list[MeasureView]:
    """Those of one's own departments, what is owed first, the first due first, at most `limit`."""
    rows = await fetch(
        f"{_MEASURE} where ($1::text is null or period = $1) and ($2::uuid[] is null or org_unit_id = any ($2::uuid[]))"
        " and ($3::int is null or ((done_at is not null)::int, due_on, id) > ($3, $4::date, $5::uuid))"
        " order by (done_at is not null)::int, due_on, id limit $6",
        period,
        None if isinstance(by.units, str) else list(by.units),
        after.group if after else None,
        after.moment.date() if after else None,
        after.id if after else None,
        limit,
    )
    return [msgspec.convert(dict(row), MeasureView) for row in rows]


async def tell_overdue(today: date, *, now: datetime) -> None:
    """Each measure that is late is told to its department's manager once."""
    rows = await fetch(
        "select id, org_unit_id, due_on from improvement_measure where done_at is null and due_on < $1", today
    )
    for row in rows:
        await _tell("measure_overdue", row["id"], row["org_unit_id"], row["due_on"], now=now)


@on_dissolution
async def follow_unit(unit_id: UUID, successor_id: UUID, act: Act) -> None:
    """What a dissolved department owed, its successor owes."""
    await execute(
        "update improvement_measure set org_unit_id = $2, version = version + 1"
        " where org_unit_id = $1 and done_at is null",
        unit_id,
        successor_id,
    )


async def _tell(kind: str, measure_id: UUID, org_unit_id: UUID, due_on: date, *, now: datetime) -> None:
    notice = Notice(
        kind=kind,
        subject="improvement_measure",
        subject_id=measure_id,
        org_unit_id=org_unit_id,
        roles=("manager",),
        details={"on": due_on.isoformat()},
    )
    await notify(notice, key=f"{kind}/{measure_id}", now=now)
