"""Reading requests and their steps."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from guibin.policy.approvals import ApprovalFlow
from guibin.web.paging import Cursor
from guibin_tenants.keys import hands_of, ids_of
from guibin_tenants.org_units import level_of
from guibin_tenants.principals import Signature
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import ALL_UNITS, fetch, fetch_one

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


_REQUEST = (
    "select r.id, r.subject, r.subject_id, r.customer_id, r.org_unit_id, r.flow, r.note, r.applicant_id,"
    " r.applicant_name, r.asked_at, r.step, r.outcome, r.closed_at from approval_request r"
)


async def by_id(approval_id: UUID) -> ApprovalView:
    """Raises NotFound."""
    row = await fetch_one(f"{_REQUEST} where r.id = $1", approval_id)
    if row is None:
        raise NotFound(f"There is no approval {approval_id}")
    return (await _views([row]))[0]


async def of_subject(subject: str, subject_id: UUID) -> list[ApprovalView]:
    """Every request about this subject, oldest first."""
    rows = await fetch(
        f"{_REQUEST} where r.subject = $1 and r.subject_id = $2 order by r.asked_at, r.id", subject, subject_id
    )
    return await _views(rows)


async def listed(whose: Whose, *, asks: Signature, after: Cursor | None, limit: int) -> list[ApprovalView]:
    """Oldest first: those that wait for this one's decision, those this one asked for, or every one."""
    # A key of the operator's stands for the company's own approval system: it has no role.
    by = asks.by
    rows = await fetch(
        f"{_REQUEST} where (($1 = 'asked' and r.applicant_id = any ($11::uuid[]))"
        " or ($1 = 'all' and ($5 or r.org_unit_id = any ($6::uuid[])))"
        " or ($1 = 'waiting' and r.closed_at is null and r.applicant_id <> all ($2::uuid[])"
        " and ($3 or r.awaits && $4::text[]) and ($5 or r.org_unit_id = any ($6::uuid[]))"
        " and ($3 or $10::int <= coalesce((r.flow -> 'steps' -> r.step ->> 'level')::int, $10))"
        " and not exists (select from approval_decision d where d.tenant_id = r.tenant_id"
        " and d.request_id = r.id and d.decided_by = any ($2::uuid[]))))"
        " and ($7::timestamptz is null or (r.asked_at, r.id) > ($7, $8::uuid))"
        " order by r.asked_at, r.id limit $9",
        whose,
        list(await hands_of(by, now=asks.now)),
        by.is_system,
        list(by.roles),
        by.units == ALL_UNITS,
        list(by.units) if isinstance(by.units, tuple) else [],
        after.moment if after else None,
        after.id if after else None,
        limit,
        await level_of(by.org_unit_id),
        list(await ids_of(by)),
    )
    return await _views(rows)


async def _views(rows: list[asyncpg.Record]) -> list[ApprovalView]:
    decisions = await fetch(
        "select request_id, step, role, approved, reason, decided_by, decided_by_name, decided_at"
        " from approval_decision where request_id = any ($1::uuid[])",
        [row["id"] for row in rows],
    )
    decided = {
        (d["request_id"], d["step"]): StepView(
            step=d["step"],
            role=d["role"],
            approved=d["approved"],
            reason=d["reason"],
            decided_by=d["decided_by"],
            decided_by_name=d["decided_by_name"],
            decided_at=d["decided_at"],
        )
        for d in decisions
    }
    return [_view(row, decided) for row in rows]


def _view(row: asyncpg.Record, decided: dict[tuple[UUID, int], StepView]) -> ApprovalView:
    flow = msgspec.json.decode(row["flow"], type=ApprovalFlow)
    steps = tuple(
        decided.get((row["id"], number), StepView(number, step.role, step.others))
        for number, step in enumerate(flow.steps)
    )
    return ApprovalView(
        id=row["id"],
        subject=row["subject"],
        subject_id=row["subject_id"],
        customer_id=row["customer_id"],
        org_unit_id=row["org_unit_id"],
        flow=flow.name,
        clause=flow.clause,
        note=row["note"],
        applicant_id=row["applicant_id"],
        applicant_name=row["applicant_name"],
        asked_at=row["asked_at"],
        step=None if row["closed_at"] else row["step"],
        steps=steps,
        outcome=row["outcome"],
        closed_at=row["closed_at"],
    )
