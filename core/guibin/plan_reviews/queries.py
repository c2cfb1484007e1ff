"""Where plans stand: to be reviewed, approved or not."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from guibin.cases.followed import FOLLOWED, Followed
from guibin.cases.outcomes import Outcome
from guibin.web.listing import Listing, newest_first
from guibin_tenants.principals import may

from .tables import PlanReviewed

Reviewed = Literal["waiting", "approved", "rejected", "withdrawn"]


class PlanReviewView(Struct, frozen=True, kw_only=True):
    """A plan and its review: `name` as the policy calls it; `outcome` None while it waits."""

    id: UUID
    subject: str
    subject_id: UUID
    customer_id: UUID | None
    org_unit_id: UUID | None
    name: str
    clause: str
    approval_id: UUID | None
    asked_by_name: str
    asked_at: datetime
    outcome: Outcome | None
    decided_at: datetime | None


class PlanReviewFilter(Struct, frozen=True, kw_only=True):
    """Of which plan, by which review; `open_only` those that wait."""

    subject: str | None = None
    subject_id: UUID | None = None
    name: str | None = None
    open_only: bool = False


LISTED = Listing(
    view=PlanReviewView,
    source="plan_review x",
    order=newest_first("x.asked_at"),
    filters={"open_only": "x.outcome is null"},
)


def reviewed(subject: str, row: str = "x") -> str:
    """SQL: how the review of the row stands; null where it needs none."""
    return (
        f"(select coalesce(p.outcome, 'waiting') from plan_review p where p.tenant_id = {row}.tenant_id"
        f" and p.subject = '{subject}' and p.subject_id = {row}.id)"
    )


def held_back(subject: str, tenant: str, subject_id: str) -> str:
    """SQL: whether the plan of this id may not run."""
    return (
        f"exists (select from plan_review p where p.tenant_id = {tenant} and p.subject = '{subject}'"
        f" and p.subject_id = {subject_id} and p.outcome is distinct from 'approved')"
    )


FOLLOWED.give("plan_review", Followed(may("approvals:read"), PlanReviewed))
