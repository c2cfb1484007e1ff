"""What departments are to change because of a period's complaints (S07-28)."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from msgspec import Struct

from guibin.assignments.handing_over import Rows, follow_unit
from guibin.cases import Case
from guibin.context import Act
from guibin.notation.plausible import Plausible
from guibin.notices.actions import Notice, notify
from guibin.policy.words import CodeIfAny, Words, up_to
from guibin.web.listing import Listing, Order
from guibin_tenants.receivers import standing_unit
from guibin_tenants.refusals import Conflict
from guibin_tenants.rows import add, change, given, locked
from guibin_tenants.scope import fetch

from .tables import ImprovementMeasure


class MeasureDone(Conflict):
    """The improvement measure is done already."""


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


class MeasureFilter(Struct, frozen=True):
    """Which measures."""

    period: str | None = None


# Those of one's own departments, what is owed first, the first due first.
LISTED = Listing(
    view=MeasureView,
    source="improvement_measure x",
    order=Order({"(x.done_at is not null)::int": int, "x.due_on": date, "x.id": UUID}),
    holds="$units::uuid[] is null or x.org_unit_id = any ($units::uuid[])",
)


async def propose(new: NewMeasure, act: Act) -> MeasureView:
    """The department's manager is told. Raises Invalid."""
    await standing_unit(new.org_unit_id)
    measure_id = await add(ImprovementMeasure, act, **given(new))
    await _tell("measure_proposed", measure_id, new.org_unit_id, new.due_on, now=act.now)
    return await LISTED.one(measure_id, units=None)


async def finish(measure_id: UUID, new: MeasureResult, act: Act) -> MeasureView:
    """The department has done it. Raises NotFound, as for another department's, and MeasureDone."""
    if (await locked(ImprovementMeasure, measure_id))["done_at"] is not None:
        raise MeasureDone()
    await change(ImprovementMeasure, measure_id, act, done_note=new.note)
    return await LISTED.one(measure_id, units=None)


async def tell_overdue(today: date, *, now: datetime) -> None:
    """Each measure that is late is told to its department's manager once."""
    rows = await fetch(
        "select id, org_unit_id, due_on from improvement_measure where done_at is null and due_on < $1", today
    )
    for row in rows:
        await _tell("measure_overdue", row["id"], row["org_unit_id"], row["due_on"], now=now)


# What a dissolved department owed, its successor owes.
follow_unit(Rows(what="measures", table=ImprovementMeasure, owners=(), open="done_at is null", units=("org_unit_id",)))


async def _tell(kind: str, measure_id: UUID, org_unit_id: UUID, due_on: date, *, now: datetime) -> None:
    notice = Notice(
        kind,
        Case("improvement_measure", measure_id),
        org_unit_id=org_unit_id,
        to_department=True,
        roles=("manager",),
        details={"on": due_on.isoformat()},
    )
    await notify(notice, key=f"{kind}/{measure_id}", now=now)
