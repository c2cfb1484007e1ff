"""Reading requests and their steps."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import Struct, structs

from guibin.policy.approvals import ApprovalFlow
from guibin.web.listing import Listing, PageAsked, earliest_first
from guibin.web.paging import Page
from guibin_tenants.keys import hands_of, ids_of
from guibin_tenants.org_units import level_of
from guibin_tenants.principals import Signature
from guibin_tenants.rows import lines
from guibin_tenants.scope import ALL_UNITS, fetch

Outcome = Literal["approved", "rejected", "withdrawn"]
Whose = Literal["waiting", "asked", "all"]


class StepView(Struct, frozen=True, omit_defaults=True):
    """One step in its order; undecided while `approved` is None. `role` decided, or it or one of `others` may."""

    step: int
    role: str
    others: tuple[str, ...] = ()
    approved: bool | None = None
    reason: str = ""
    decided_by: UUID | None = None
    decided_by_name: str = ""
    decided_at: datetime | None = None


class ApprovalView(Struct, frozen=True):
    """A request with all its steps. `step` is the one that waits, counted from 0; None when it is closed."""

    id: UUID
    subject: str
    subject_id: UUID
    customer_id: UUID | None
    org_unit_id: UUID | None
    flow: str
    clause: str
    note: str
    applicant_id: UUID
    applicant_name: str
    asked_at: datetime
    step: int | None
    steps: tuple[StepView, ...]
    outcome: Outcome | None
    closed_at: datetime | None


class ApprovalFilter(Struct, frozen=True, kw_only=True):
    """Those that wait for this one's decision, those this one asked for, or every one of where they decide."""

    whose: Whose = "waiting"


class _Decision(Struct, frozen=True):
    step: int
    role: str
    approved: bool
    reason: str
    decided_by: UUID
    decided_by_name: str
    decided_at: datetime


class _Request(Struct, frozen=True):
    id: UUID
    subject: str
    subject_id: UUID
    customer_id: UUID | None
    org_unit_id: UUID | None
    flow: ApprovalFlow
    note: str
    applicant_id: UUID
    applicant_name: str
    asked_at: datetime
    step: int
    outcome: Outcome | None
    closed_at: datetime | None
    decisions: list[_Decision]


_IN_SIGHT = "($everywhere or x.org_unit_id = any ($units::uuid[]))"
_LISTED = Listing(
    view=_Request,
    source="approval_request x",
    order=earliest_first("x.asked_at"),
    columns={"decisions": lines(_Decision, "from approval_decision where request_id = x.id order by step")},
    filters={
        "whose": "($value = 'asked' and x.applicant_id = any ($own::uuid[]))"
        f" or ($value = 'all' and {_IN_SIGHT})"
        " or ($value = 'waiting' and x.closed_at is null and x.applicant_id <> all ($hands::uuid[])"
        f" and ($system or x.awaits && $roles::text[]) and {_IN_SIGHT}"
        " and ($system or $level::int <= coalesce((x.flow -> 'steps' -> x.step ->> 'level')::int, $level))"
        " and not exists (select from approval_decision d where d.tenant_id = x.tenant_id"
        " and d.request_id = x.id and d.decided_by = any ($hands::uuid[])))"
    },
)


async def by_id(approval_id: UUID) -> ApprovalView:
    """Raises NotFound."""
    return _view(await _LISTED.one(approval_id))


async def of_subject(subject: str, subject_id: UUID) -> list[ApprovalView]:
    """Every request about this subject, oldest first."""
    rows = await fetch(
        "select id from approval_request where subject = $1 and subject_id = $2 order by asked_at, id",
        subject,
        subject_id,
    )
    return [await by_id(row["id"]) for row in rows]


async def listed(filters: ApprovalFilter, page: PageAsked, asks: Signature) -> Page[ApprovalView]:
    """Oldest first."""
    by = asks.by
    requests = await _LISTED.page(
        filters,
        page,
        asks,
        own=list(await ids_of(by)),
        hands=list(await hands_of(by, now=asks.now)),
        # A key of the operator's stands for the company's own approval system: it has no role.
        system=by.is_system,
        roles=list(by.roles),
        everywhere=by.units == ALL_UNITS,
        units=list(by.units) if isinstance(by.units, tuple) else [],
        level=await level_of(by.org_unit_id),
    )
    return Page([_view(request) for request in requests.items], requests.next)


def _view(request: _Request) -> ApprovalView:
    decided = {decision.step: StepView(**structs.asdict(decision)) for decision in request.decisions}
    steps = tuple(
        decided.get(number, StepView(number, step.role, step.others)) for number, step in enumerate(request.flow.steps)
    )
    told = structs.asdict(request) | {
        "flow": request.flow.name,
        "clause": request.flow.clause,
        "step": None if request.closed_at else request.step,
        "steps": steps,
    }
    return msgspec.convert(told, ApprovalView)
