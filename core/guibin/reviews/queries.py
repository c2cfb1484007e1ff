"""Reading reviews: what was found about a customer, and what is still to follow."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from guibin.profiles.queries import customer_of
from guibin.web.listing import Listing, newest_first
from guibin_tenants.rows import many


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
    """Which reviews. `due_by` asks for follow-ups that are open and due by that day."""

    customer_id: UUID | None = None
    reviewed_by: UUID | None = None
    span: str | None = None
    due_by: date | None = None


class FollowUpsDue(Struct, frozen=True):
    """How many follow-ups of an account manager's customers are due."""

    account_manager_id: UUID
    count: int


LISTED = Listing(
    view=ReviewView,
    source="customer_review x left join review_outcome o on o.tenant_id = x.tenant_id and o.review_id = x.id",
    order=newest_first("x.reviewed_at"),
    columns={"rhythm": "x.duty", "outcome": "o.text", "outcome_at": "o.done_at"},
    filters={"due_by": "x.follow_up_on <= $value and o.id is null"},
)
# What a customer's yearly file holds of them: of customer $1, from $2 on and before $3.
IN_FILE = (
    "select span, situation, needs, follow_up, reviewed_by_name, reviewed_at from customer_review"
    " where customer_id = $1 and reviewed_at >= $2 and reviewed_at < $3 order by reviewed_at, id"
)


async def follow_ups_due(on: date) -> list[FollowUpsDue]:
    """Open follow-ups due by the day, per account manager of today."""
    return await many(
        FollowUpsDue,
        f"from (select c.account_manager_id, count(*)::int as count from customer_review r {customer_of('c', 'r')}"
        " and c.closed_at is null"
        " where r.follow_up_on <= $1 and c.account_manager_id is not null and not exists (select from review_outcome o"
        "  where o.tenant_id = r.tenant_id and o.review_id = r.id) group by 1) due order by 1",
        on,
    )
