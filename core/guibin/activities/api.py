"""`/api/v1/activities`, `/activity-invitations`, `/invitation-rhythms` and `/uninvited-members`."""

from datetime import datetime
from uuid import UUID

from litestar import Controller, get
from litestar.status_codes import HTTP_200_OK

from guibin.audit.actions import done
from guibin.audit.answering import reads
from guibin.cases import Case
from guibin.context import Act
from guibin.plan_reviews.costs import CostView
from guibin.web.listing import PageAsked, from_query
from guibin.web.paging import Page
from guibin.web.routing import gets, patches, posts
from guibin_tenants.principals import may

from . import actions, answering, attending, inviting, queries, regularly
from .queries import INVITATIONS, InvitationFilter, InvitationView
from .regularly import Uninvited, UninvitedFilter

READ, WRITE = may("activities:read"), may("activities:write")


class ActivityController(Controller):
    path = "/api/v1/activities"
    tags = ("activities",)
    plan = posts("/", actions.plan, "Plan a lecture, seminar, round table or bespoke event")
    list_activities = gets("/", queries.activities, "Activities, the latest to start first")
    show = gets("/{activity_id:uuid}", queries.activity, "One activity and how it stands")
    change = patches("/{activity_id:uuid}", actions.change, "Change it; more capacity lets the waiting move up")
    cancel = posts("/{activity_id:uuid}/cancellation", actions.cancel, "It does not take place")
    invite = posts("/{activity_id:uuid}/invitations", inviting.invite, "Invite customers by id or segment")
    add_cost = posts("/{activity_id:uuid}/costs", actions.add_cost, "Something was paid for it")

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
        await done(
            "search",
            Case("activity", filters.activity_id or filters.customer_id or act.by.id),
            act,
            customer_ids=tuple(dict.fromkeys(invitation.customer_id for invitation in shown.items)),
            fields=("activity",),
            shown=len(shown.items),
        )
        return shown

    show = reads("/{invitation_id:uuid}", queries.invitation, "One invitation", "activity", fields=("activity",))
    take_link = posts(
        "/{invitation_id:uuid}/sendings", inviting.take_link, "Take the link by which the customer answers"
    )
    answer = posts("/{invitation_id:uuid}/answers", answering.answer, "The customer told us: yes or no")
    attend = posts("/{invitation_id:uuid}/attendance", attending.attend, "The customer came")
    take_feedback_link = posts(
        "/{invitation_id:uuid}/feedback-sendings", inviting.take_feedback_link, "Take the link that asks how it was"
    )
    give_feedback = posts(
        "/{invitation_id:uuid}/feedback",
        attending.give_feedback,
        "The guest told us how it was, once",
        status_code=HTTP_200_OK,
    )
    show_feedback = reads(
        "/{invitation_id:uuid}/feedback",
        queries.feedback,
        "How it was for one guest, with the comment",
        "activity",
        verb="feedback_read",
        fields=("activity",),
    )


class InvitationRhythmController(Controller):
    path = "/api/v1/invitation-rhythms"
    tags = ("activities",)
    list_rhythms = gets(
        "/", regularly.listed, "Who is to be invited how often, what is planned, and who is left", needs=READ
    )


class UninvitedController(Controller):
    path = "/api/v1/uninvited-members"
    tags = ("activities",)

    @get(
        "/",
        needs=READ & may("tiers:read"),
        summary="Members who were not invited in the span",
        dependencies={"filters": from_query(UninvitedFilter)},
    )
    async def list_uninvited(self, filters: UninvitedFilter, page: PageAsked, act: Act) -> Page[Uninvited]:
        return await regularly.uninvited(filters, page, act)
