"""`/api/v1/customer-reviews`: one's customers gone through, those still due, those nobody went through."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from litestar import Controller, get
from litestar.params import Parameter

from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.periods.days import local_day
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin.web.routing import posts
from guibin_tenants.principals import may

from . import actions, dues, queries
from .actions import SUBJECT
from .dues import DutyCount, DutyFilter, Owed
from .queries import ReviewFilter, ReviewView

READ, WRITE = may("records:read"), may("records:write")
Day = Annotated[date | None, Parameter(query="on", default=None, description="A day of the span; today without.")]
State = Annotated[Literal["due", "done", "missed"] | None, Parameter(query="state", default=None)]


class CustomerReviewController(Controller):
    path = "/api/v1/customer-reviews"
    tags = ("customer reviews",)

    @get("/", needs=READ, summary="Reviews, newest first; due_by lists open follow-ups")
    async def list_reviews(
        self,
        act: Act,
        customer_id: UUID | None = None,
        reviewed_by: UUID | None = None,
        span: str | None = None,
        due_by: date | None = None,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[ReviewView]:
        wanted = ReviewFilter(customer_id=customer_id, reviewed_by=reviewed_by, span=span, due_by=due_by)
        found = await queries.reviews(wanted, after=decode(cursor), limit=limit + 1)
        page = page_of(found, limit, lambda one: Cursor(one.reviewed_at, one.id))
        customers = tuple({one.customer_id for one in page.items})
        note = AuditNote(
            action="customer_review.search", subject=SUBJECT, customer_ids=customers, shown=len(page.items)
        )
        await record(note, act)
        return page

    review = posts(
        "/",
        actions.review,
        needs=WRITE,
        summary="Go through a customer: situation, needs, what follows; escalate the rest",
    )
    follow_up = posts("/{review_id:uuid}/outcome", actions.follow_up, needs=WRITE, summary="What came of the follow-up")

    @get("/dues", needs=READ, summary="Customers to go through in a span: due, done, missed")
    async def list_dues(
        self,
        act: Act,
        rhythm: str | None = None,
        on_day: Day = None,
        in_state: State = None,
        account_manager_id: UUID | None = None,
        customer_id: UUID | None = None,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[Owed]:
        chosen = actions.rhythm_of(act.policy, rhythm)
        (duty,) = dues.reviews_on((chosen,), on_day or local_day(act.now, act.company.time_zone), act.company.time_zone)
        wanted = DutyFilter(state=in_state, account_manager_id=account_manager_id, customer_id=customer_id)
        found = await dues.owed("customer_review", duty, wanted, now=act.now, after=decode(cursor), limit=limit + 1)
        page = page_of(found, limit, lambda one: Cursor(one.created_at, one.customer_id))
        shown = tuple(one.customer_id for one in page.items)
        note = AuditNote(action="customer_review.dues", customer_ids=shown, shown=len(shown))
        await record(note, act)
        return page

    @get("/counts", needs=READ, summary="How the reviews stand, per account manager")
    async def count(self, act: Act, on_day: Day = None) -> list[DutyCount]:
        day = on_day or local_day(act.now, act.company.time_zone)
        duties = dues.reviews_on(act.policy.reviews, day, act.company.time_zone)
        found = await dues.counts("customer_review", duties, now=act.now)
        await record(AuditNote(action="customer_review.count", shown=len(found)), act)
        return found
