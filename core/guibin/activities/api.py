"""`/api/v1/activities` and `/api/v1/activity-invitations`."""

from datetime import datetime
from uuid import UUID

from litestar import Controller, get, patch, post
from litestar.status_codes import HTTP_200_OK

from guibin.context import Act
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin.web.routing import gets, posts
from guibin_tenants.principals import may

from . import actions, answering, attending, inviting, queries
from .actions import note
from .inviting import ActivityLink
from .queries import ActivityView, CostView, FeedbackView, InvitationView
from .requests import (
    ActivityChange,
    NewActivityAnswer,
    NewActivitySending,
)

READ, WRITE = may("activities:read"), may("activities:write")


class ActivityController(Controller):
    path = "/api/v1/activities"
    tags = ("activities",)
    plan = posts("/", actions.plan, needs=WRITE, summary="Plan a lecture, seminar, round table or bespoke event")

    @get("/", needs=READ, summary="Activities, the latest to start first")
    async def list_activities(
        self, act: Act, kind: str | None = None, limit: Limit = 50, cursor: CursorText = None
    ) -> Page[ActivityView]:
        found = await queries.activities(kind, after=decode(cursor), limit=limit + 1, now=act.now)
        return page_of(found, limit, lambda one: Cursor(one.starts_at, one.id))

    show = gets("/{activity_id:uuid}", queries.activity, needs=READ, summary="One activity and how it stands")

    @patch("/{activity_id:uuid}", needs=WRITE, summary="Change it; more capacity lets the waiting move up")
    async def change(self, activity_id: UUID, data: ActivityChange, act: Act) -> ActivityView:
        return await actions.change(activity_id, data, act)

    cancel = posts("/{activity_id:uuid}/cancellation", actions.cancel, needs=WRITE, summary="It does not take place")
    invite = posts(
        "/{activity_id:uuid}/invitations", inviting.invite, needs=WRITE, summary="Invite customers by id or segment"
    )
    add_cost = posts("/{activity_id:uuid}/costs", actions.add_cost, needs=WRITE, summary="Something was paid for it")

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
        act: Act,
        activity_id: UUID | None = None,
        customer_id: UUID | None = None,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[InvitationView]:
        found = await queries.invitations(
            activity_id=activity_id, customer_id=customer_id, after=decode(cursor), limit=limit + 1, now=act.now
        )
        page = page_of(found, limit, lambda one: Cursor(one.invited_at, one.id))
        customers = tuple(dict.fromkeys(one.customer_id for one in page.items))
        subject = activity_id or customer_id or act.by.id
        await note("activity.search", subject, act, customers=customers, shown=len(page.items))
        return page

    @get("/{invitation_id:uuid}", needs=READ, summary="One invitation")
    async def show(self, invitation_id: UUID, act: Act) -> InvitationView:
        found = await queries.invitation(invitation_id, now=act.now)
        await note("activity.read", invitation_id, act, customers=(found.customer_id,))
        return found

    @post("/{invitation_id:uuid}/sendings", needs=WRITE, summary="Take the link by which the customer answers")
    async def take_link(self, invitation_id: UUID, data: NewActivitySending, act: Act) -> ActivityLink:
        return await inviting.take_link(invitation_id, data, act, purpose="answer")

    @post("/{invitation_id:uuid}/answers", needs=WRITE, summary="The customer told us: yes or no")
    async def answer(self, invitation_id: UUID, data: NewActivityAnswer, act: Act) -> InvitationView:
        return await answering.answer(invitation_id, data, act)

    attend = posts("/{invitation_id:uuid}/attendance", attending.attend, needs=WRITE, summary="The customer came")

    @post("/{invitation_id:uuid}/feedback-sendings", needs=WRITE, summary="Take the link that asks how it was")
    async def take_feedback_link(self, invitation_id: UUID, data: NewActivitySending, act: Act) -> ActivityLink:
        return await inviting.take_link(invitation_id, data, act, purpose="feedback")

    give_feedback = posts(
        "/{invitation_id:uuid}/feedback",
        attending.give_feedback,
        needs=WRITE,
        status_code=HTTP_200_OK,
        summary="The guest told us how it was, once",
    )

    @get("/{invitation_id:uuid}/feedback", needs=READ, summary="How it was for one guest, with the comment")
    async def show_feedback(self, invitation_id: UUID, act: Act) -> FeedbackView:
        found = await queries.feedback(invitation_id)
        await note("activity.feedback_read", invitation_id, act, customers=(found.customer_id,))
        return found
