"""Reading reviews: what was found about a customer, and what is still to follow."""

from datetime import date, datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.web.paging import Cursor
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import fetch, fetch_one


class ReviewView(Struct, frozen=True, kw_only=True):
    """A customer was gone through. `request_id` is the department request or upward report it was escalated to."""

    id: UUID
    customer_id: UUID
    rhythm: str
    span: str
    situation: str
    needs: str
    follow_up: str
    follow_up_on: date | None
    outcome: str | None
    outcome_at: datetime | None
    request_id: UUID | None
    reviewed_by: UUID
    reviewed_by_name: str
    reviewed_at: datetime


class ReviewFilter(Struct, frozen=True, kw_only=True):
    """Which reviews: None does not filter. `due_by` asks for follow-ups that are open and due by that day."""

    customer_id: UUID | None = None
    reviewed_by: UUID | None = None
    span: str | None = None
    due_by: date | None = None


class FollowUpsDue(Struct, frozen=True):
    """How many follow-ups of an account manager's customers are due."""

    account_manager_id: UUID
    count: int


_VIEW = (
    "select r.id, r.customer_id, r.duty as rhythm, r.span, r.situation, r.needs, r.follow_up, r.follow_up_on,"
    " o.text as outcome, o.done_at as outcome_at, r.request_id, r.reviewed_by, r.reviewed_by_name, r.reviewed_at"
    " from customer_review r left join review_outcome o on o.tenant_id = r.tenant_id and o.review_id = r.id"
)


async def review(review_id: UUID) -> ReviewView:
    """Raises NotFound."""
    row = await fetch_one(f"{_VIEW} where r.id = $1", review_id)
    if row is None:
        raise NotFound(f"There is no review {review_id}")
    return msgspec.convert(dict(row), ReviewView)


async def reviews(wanted: ReviewFilter, *, after: Cursor | None, limit: int) -> list[ReviewView]:
    """Newest first, at most `limit`."""
    rows = await fetch(
        f"{_VIEW} where ($1::uuid is null or r.customer_id = $1) and ($2::uuid is null or r.reviewed_by = $2)"
        " and ($3::text is null or r.span = $3)"
        " and ($4::date is null or (r.follow_up_on <= $4 and o.id is null))"
        " and ($5::timestamptz is null or (r.reviewed_at, r.id) < ($5, $6::uuid))"
        " order by r.reviewed_at desc, r.id desc limit $7",
        wanted.customer_id,
        wanted.reviewed_by,
        wanted.span,
        wanted.due_by,
        after.moment if after else None,
        after.id if after else None,
        limit,
    )
    return [msgspec.convert(dict(row), ReviewView) for row in rows]


async def follow_ups_due(on: date) -> list[FollowUpsDue]:
    """Open follow-ups due by the day, per account manager of today."""
    rows = await fetch(
        "select c.account_manager_id, count(*)::int as count from customer_review r"
        " join customer c on c.tenant_id = r.tenant_id and c.id = r.customer_id and c.erased_at is null"
        " where r.follow_up_on <= $1 and c.account_manager_id is not null and not exists (select from review_outcome o"
        "  where o.tenant_id = r.tenant_id and o.review_id = r.id) group by 1 order by 1",
        on,
    )
    return [msgspec.convert(dict(row), FollowUpsDue) for row in rows]
