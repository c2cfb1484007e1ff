"""`/api/v1/activities` and `/api/v1/activity-invitations`."""

from datetime import datetime
from uuid import UUID

from litestar import Controller, get, patch, post
from litestar.status_codes import HTTP_200_OK

from guibin.context import Company
from guibin.policy.packs import Policy
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin_tenants.principals import Principal, may

from . import answering, attending, inviting, planning, queries
from .inviting import ActivityLink, Invited
from .planning import note
from .queries import ActivityView, CostView, FeedbackView, InvitationView
from .requests import (
    ActivityChange,
    NewActivity,
    NewActivityAnswer,
    NewActivitySending,
    NewAttendance,
    NewCancellation,
    NewCost,
    NewFeedback,
    NewInvitations,
)

READ, WRITE = may("activities:read"), may("activities:write")


class ActivityController(Controller):
    path = "/api/v1/activities"
    tags = ("activities",)

    @post("/", needs=WRITE, summary="Plan a lecture, seminar, round table or bespoke event")
    async def plan(self, data: NewActivity, policy: Policy, by: Principal, now: datetime) -> ActivityView:
        return await planning.plan(data, policy=policy, by=by, now=now)

    @get("/", needs=READ, summary="Activities, the latest to start first")
    async def list_activities(
        self, by: Principal, now: datetime, kind: str | None = None, limit: Limit = 50, cursor: CursorText = None
    ) -> Page[ActivityView]:
        found = await queries.activities(kind, after=decode(cursor), limit=limit + 1, now=now)
        return page_of(found, limit, lambda one: Cursor(one.starts_at, one.id))

    @get("/{activity_id:uuid}", needs=READ, summary="One activity and how it stands")
    async def show(self, activity_id: UUID, now: datetime) -> ActivityView:
        return await queries.activity(activity_id, now=now)

    @patch("/{activity_id:uuid}", needs=WRITE, summary="Change it; more capacity lets the waiting move up")
    async def change(self, activity_id: UUID, data: ActivityChange, by: Principal, now: datetime) -> ActivityView:
        return await planning.change(activity_id, data, by=by, now=now)

    @post("/{activity_id:uuid}/cancellation", needs=WRITE, summary="It does not take place")
    async def cancel(self, activity_id: UUID, data: NewCancellation, by: Principal, now: datetime) -> ActivityView:
        return await planning.cancel(activity_id, data, by=by, now=now)

    @post("/{activity_id:uuid}/invitations", needs=WRITE, summary="Invite customers by id or segment")
    async def invite(
        self,
        activity_id: UUID,
        data: NewInvitations,
        policy: Policy,
        company: Company,
        by: Principal,
        now: datetime,
    ) -> Invited:
        return await inviting.invite(activity_id, data, policy=policy, company=company, by=by, now=now)

    @post("/{activity_id:uuid}/costs", needs=WRITE, summary="Something was paid for it")
    async def add_cost(
        self, activity_id: UUID, data: NewCost, company: Company, by: Principal, now: datetime
    ) -> list[CostView]:
        return await planning.add_cost(activity_id, data, company=company, by=by, now=now)

    @get("/{activity_id:uuid}/costs", needs=READ, summary="What was paid for it")
    async def list_costs(self, activity_id: UUID, now: datetime) -> list[CostView]:
        await queries.activity(activity_id, now=now)
        return await queries.costs(activity_id)


class ActivityInvitationController(Controller):
    path = "/api/v1/activity-invitations"
    tags = ("activities",)

    @get("/", needs=READ, summary="Who is invited, and what came of it; the latest first")
    async def list_invitations(
        self,
        by: Principal,
        now: datetime,
        activity_id: UUID | None = None,
        customer_id: UUID | None = None,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[InvitationView]:
        found = await queries.invitations(
            activity_id=activity_id, customer_id=customer_id, after=decode(cursor), limit=limit + 1, now=now
        )
        page = page_of(found, limit, lambda one: Cursor(one.invited_at, one.id))
        customers = tuple(dict.fromkeys(one.customer_id for one in page.items))
        subject = activity_id or customer_id or by.id
        await note("activity.search", subject, customers=customers, shown=len(page.items), by=by, now=now)
        return page

    @get("/{invitation_id:uuid}", needs=READ, summary="One invitation")
    async def show(self, invitation_id: UUID, by: Principal, now: datetime) -> InvitationView:
        found = await queries.invitation(invitation_id, now=now)
        await note("activity.read", invitation_id, customers=(found.customer_id,), by=by, now=now)
        return found

    @post("/{invitation_id:uuid}/sendings", needs=WRITE, summary="Take the link by which the customer answers")
    async def take_link(
        self, invitation_id: UUID, data: NewActivitySending, by: Principal, now: datetime
    ) -> ActivityLink:
        return await inviting.take_link(invitation_id, data, purpose="answer", by=by, now=now)

    @post("/{invitation_id:uuid}/answers", needs=WRITE, summary="The customer told us: yes or no")
    async def answer(
        self,
        invitation_id: UUID,
        data: NewActivityAnswer,
        policy: Policy,
        company: Company,
        by: Principal,
        now: datetime,
    ) -> InvitationView:
        return await answering.answer(invitation_id, data, policy=policy, company=company, by=by, now=now)

    @post("/{invitation_id:uuid}/attendance", needs=WRITE, summary="The customer came")
    async def attend(self, invitation_id: UUID, data: NewAttendance, by: Principal, now: datetime) -> InvitationView:
        return await attending.attend(invitation_id, data, by=by, now=now)

    @post("/{invitation_id:uuid}/feedback-sendings", needs=WRITE, summary="Take the link that asks how it was")
    async def take_feedback_link(
        self, invitation_id: UUID, data: NewActivitySending, by: Principal, now: datetime
    ) -> ActivityLink:
        return await inviting.take_link(invitation_id, data, purpose="feedback", by=by, now=now)

    @post(
        "/{invitation_id:uuid}/feedback",
        needs=WRITE,
        status_code=HTTP_200_OK,
        summary="The guest told us how it was, once",
    )
    async def give_feedback(self, invitation_id: UUID, data: NewFeedback, by: Principal, now: datetime) -> FeedbackView:
        return await attending.give_feedback(invitation_id, data, by=by, now=now)

    @get("/{invitation_id:uuid}/feedback", needs=READ, summary="How it was for one guest, with the comment")
    async def show_feedback(self, invitation_id: UUID, by: Principal, now: datetime) -> FeedbackView:
        found = await queries.feedback(invitation_id)
        await note("activity.feedback_read", invitation_id, customers=(found.customer_id,), by=by, now=now)
        return found
