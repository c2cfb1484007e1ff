"""`/api/v1/activities` and `/api/v1/activity-invitations`."""

from datetime import datetime
from uuid import UUID

from litestar import Controller, get
from litestar.status_codes import HTTP_200_OK

from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.web.listing import PageAsked, from_query
from guibin.web.paging import Page
from guibin.web.routing import gets, patches, posts
from guibin_tenants.principals import may

from . import actions, answering, attending, inviting, queries
from .actions import note
from .queries import INVITATIONS, ActivityFilter, ActivityView, CostView, FeedbackView, InvitationFilter, InvitationView

READ, WRITE = may("activities:read"), may("activities:write")


class ActivityController(Controller):
    path = "/api/v1/activities"
    tags = ("activities",)
    plan = posts("/", actions.plan, needs=WRITE, summary="Plan a lecture, seminar, round table or bespoke event")

    @get(
        "/",
        needs=READ,
        summary="Activities, the latest to start first",
        dependencies={"filters": from_query(ActivityFilter)},
    )
    async def list_activities(self, filters: ActivityFilter, page: PageAsked, act: Act) -> Page[ActivityView]:
        return await queries.activities(filters, page, act)

    show = gets("/{activity_id:uuid}", queries.activity, needs=READ, summary="One activity and how it stands")

    change = patches(
        "/{activity_id:uuid}", actions.change, needs=WRITE, summary="Change it; more capacity lets the waiting move up"
    )
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

    @get(
        "/",
        needs=READ,
        summary="Who is invited, and what came of it; the latest first",
        dependencies={"filters": from_query(InvitationFilter)},
    )
    async def list_invitations(self, filters: InvitationFilter, page: PageAsked, act: Act) -> Page[InvitationView]:
        shown = await INVITATIONS.page(filters, page, act)
        entry = AuditNote(
            action="activity.search",
            subject="activity",
            subject_id=filters.activity_id or filters.customer_id or act.by.id,
            customer_ids=tuple(dict.fromkeys(invitation.customer_id for invitation in shown.items)),
            fields=("activity",),
            shown=len(shown.items),
        )
        await record(entry, act)
        return shown

    @get("/{invitation_id:uuid}", needs=READ, summary="One invitation")
    async def show(self, invitation_id: UUID, act: Act) -> InvitationView:
        invitation = await queries.invitation(invitation_id, now=act.now)
        await note("activity.read", invitation_id, act, customers=(invitation.customer_id,))
        return invitation

    take_link = posts(
        "/{invitation_id:uuid}/sendings",
        inviting.take_link,
        needs=WRITE,
        summary="Take the link by which the customer answers",
    )
    answer = posts(
        "/{invitation_id:uuid}/answers", answering.answer, needs=WRITE, summary="The customer told us: yes or no"
    )
    attend = posts("/{invitation_id:uuid}/attendance", attending.attend, needs=WRITE, summary="The customer came")

    take_feedback_link = posts(
        "/{invitation_id:uuid}/feedback-sendings",
        inviting.take_feedback_link,
        needs=WRITE,
        summary="Take the link that asks how it was",
    )
    give_feedback = posts(
        "/{invitation_id:uuid}/feedback",
        attending.give_feedback,
        needs=WRITE,
        status_code=HTTP_200_OK,
        summary="The guest told us how it was, once",
    )

    @get("/{invitation_id:uuid}/feedback", needs=READ, summary="How it was for one guest, with the comment")
    async def show_feedback(self, invitation_id: UUID, act: Act) -> FeedbackView:
        feedback = await queries.feedback(invitation_id)
        await note("activity.feedback_read", invitation_id, act, customers=(feedback.customer_id,))
        return feedback
