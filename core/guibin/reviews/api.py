"""`/api/v1/customer-reviews`: one's customers gone through, those still due, those nobody went through."""

from datetime import date
from typing import Annotated

from litestar import Controller, get
from litestar.params import Parameter

from guibin.audit.actions import noted, searched
from guibin.audit.answering import lists
from guibin.context import Act
from guibin.periods.days import local_day
from guibin.web.listing import PageAsked, from_query
from guibin.web.paging import Page
from guibin.web.routing import posts
from guibin_tenants.principals import may

from . import actions, dues
from .actions import SUBJECT
from .dues import DutyCount, DutyFilter, Owed
from .queries import LISTED, ReviewFilter
from .requests import SpanAsked

READ, WRITE = may("records:read"), may("records:write")
Day = Annotated[date | None, Parameter(query="on", default=None, description="A day of the span; today without.")]


class CustomerReviewController(Controller):
    path = "/api/v1/customer-reviews"
    tags = ("customer reviews",)
    list_reviews = lists(
        "/", LISTED, ReviewFilter, "Reviews, newest first; due_by lists open follow-ups", recorded=SUBJECT
    )
    review = posts("/", actions.review, "Go through a customer: situation, needs, what follows; escalate the rest")
    follow_up = posts("/{review_id:uuid}/outcome", actions.follow_up, "What came of the follow-up")

    @get(
        "/dues",
        needs=READ,
        summary="Customers to go through in a span: due, done, missed",
        dependencies={"filters": from_query(DutyFilter), "asked": from_query(SpanAsked)},
    )
    async def list_dues(self, asked: SpanAsked, filters: DutyFilter, page: PageAsked, act: Act) -> Page[Owed]:
        zone = act.company.time_zone
        rhythm = actions.rhythm_of(act.policy, asked.rhythm)
        (duty,) = dues.reviews_on((rhythm,), asked.on or local_day(act.now, zone), zone)
        owed = await dues.LISTED[SUBJECT].page(filters, page, act, **dues.asked(duty))
        return await searched(SUBJECT, owed, act, subject="customer", verb="dues")

    @get("/counts", needs=READ, summary="How the reviews stand, per account manager")
    async def count(self, act: Act, on_day: Day = None) -> list[DutyCount]:
        day = on_day or act.today
        duties = dues.reviews_on(act.policy.reviews, day, act.company.time_zone)
        counts = await dues.counts(SUBJECT, duties, now=act.now)
        await noted("customer_review.count", act, shown=len(counts))
        return counts
