"""Reading visits: what is planned, what is overdue, what was done and filed."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct, structs

from guibin.cases.followed import FOLLOWED, Followed
from guibin.records import queries
from guibin.records.queries import InteractionForm
from guibin.web.listing import Listing, newest_first
from guibin_tenants.principals import may
from guibin_tenants.rows import line, lines

from .tables import State, Visit


class VisitView(Struct, frozen=True, kw_only=True):
    """A visit as lists show it. It is `overdue` while it is planned and its day is over.

    `in_time` and `settles_problem` are None until it was carried out.
    """

    id: UUID
    customer_id: UUID
    staff_id: UUID
    staff_name: str
    planned_at: datetime
    due_at: datetime
    purpose: str
    place: str
    state: State
    overdue: bool
    moved: int
    interaction_id: UUID | None
    carried_out_at: datetime | None
    in_time: bool | None
    settles_problem: bool | None
    concerns: str | None
    manager_rating: int | None
    signed_at: datetime | None
    filed_at: datetime | None
    unsigned_because: str | None
    planned_by: UUID
    planned_by_name: str
    recorded_at: datetime
    version: int


class VisitChangeLine(Struct, frozen=True):
    """The visit was moved, or with `to_at` None cancelled."""

    from_at: datetime
    to_at: datetime | None
    reason: str
    changed_by: UUID
    changed_by_name: str
    changed_at: datetime


class SignatureLine(Struct, frozen=True):
    """That the customer signed; the signature itself is shown by a disclosure."""

    signed_by: str
    media_type: str
    bytes_count: int
    taken_by_name: str
    taken_at: datetime


class FilingLine(Struct, frozen=True):
    """Who filed the material."""

    note: str
    filed_by: UUID
    filed_by_name: str
    filed_at: datetime


class VisitForm(VisitView, frozen=True, kw_only=True):
    """A visit with its detailed record and everything that happened to it."""

    record: InteractionForm | None
    changes: list[VisitChangeLine]
    signature: SignatureLine | None
    filing: FilingLine | None


class VisitFilter(Struct, frozen=True, kw_only=True):
    """Which visits. `planned_from` is inclusive, `planned_before` exclusive."""

    customer_id: UUID | None = None
    staff_id: UUID | None = None
    state: State | None = None
    overdue: bool | None = None
    planned_from: datetime | None = None
    planned_before: datetime | None = None


_OVERDUE = "x.state = 'planned' and x.due_at < $now"
LISTED = Listing(
    view=VisitView,
    source="visit x "
    + " ".join(
        f"left join {table} {alias} on {alias}.tenant_id = x.tenant_id and {alias}.visit_id = x.id"
        for alias, table in (("r", "visit_record"), ("s", "visit_signature"), ("f", "visit_filing"))
    ),
    order=newest_first("x.planned_at"),
    columns={
        "overdue": _OVERDUE,
        "moved": "(select count(*) from visit_change h where h.tenant_id = x.tenant_id and h.visit_id = x.id"
        " and h.to_at is not null)",
        "interaction_id": "r.interaction_id",
        "carried_out_at": "r.carried_out_at",
        "in_time": "r.in_time",
        "settles_problem": "r.settles_problem",
        "concerns": "r.concerns",
        "manager_rating": "r.manager_rating",
        "signed_at": "s.taken_at",
        "filed_at": "f.filed_at",
        "unsigned_because": "f.unsigned_because",
    },
    filters={
        "overdue": f"({_OVERDUE}) = $value",
        "planned_from": "x.planned_at >= $value",
        "planned_before": "x.planned_at < $value",
    },
)
_FORM = LISTED.wider(
    VisitForm,
    record="null::jsonb",
    changes=lines(VisitChangeLine, "from visit_change where visit_id = x.id order by changed_at, id"),
    signature=line(SignatureLine, "from visit_signature where visit_id = x.id"),
    filing=line(FilingLine, "from visit_filing where visit_id = x.id"),
)
# What a customer's yearly file holds of them: of customer $1, from $2 on and before $3.
IN_FILE = (
    "select planned_at, purpose, place, state, staff_name from visit where customer_id = $1 and planned_at >= $2"
    " and planned_at < $3 order by planned_at, id"
)


queries.VISIT_ID.give(
    "(select r.visit_id from visit_record r where r.tenant_id = x.tenant_id and r.interaction_id = x.id)"
)


def is_visit(interaction: str) -> str:
    """SQL: whether the row `interaction` is the record of a visit."""
    return (
        f"exists (select from visit_record r where r.tenant_id = {interaction}.tenant_id"
        f" and r.interaction_id = {interaction}.id)"
    )


async def visit(visit_id: UUID, *, now: datetime) -> VisitForm:
    """Raises NotFound."""
    form = await _FORM.one(visit_id, now=now)
    if form.interaction_id is None:
        return form
    return structs.replace(form, record=await queries.FORM.one(form.interaction_id))


FOLLOWED.give("visit", Followed(may("records:read"), Visit, matter="purpose"))
