"""Inviting customers, by id or by segment, as far as they want to be invited."""

from datetime import timedelta
from uuid import UUID

import asyncpg
from msgspec import Struct

from guibin.care.consents import refusal
from guibin.cases.requests import NewSending
from guibin.context import Act
from guibin.plan_reviews.actions import refuse_unreviewed
from guibin.profiles.queries import preferred_channel
from guibin.profiles.subjects import refuse_unless_served
from guibin.tiers import segments
from guibin.web.signed_links import LinkTaken
from guibin_tenants.refusals import Invalid, NotFound
from guibin_tenants.rows import add, add_all, row_of
from guibin_tenants.scope import fetch

from . import links
from .actions import locked, note, refuse_begun
from .posting import announce
from .refusals import ActivityCancelled, NotAttended, TooLateToAnswer
from .requests import INVITED_MAX, NewInvitations
from .tables import ActivityInvitation, ActivitySending

# Whoever has said no to this purpose, or to any contact, is not invited.
PURPOSE = "activities"
FEEDBACK_DAYS = 30

# A kind of event may be declined by itself (S02-9).
KIND = "select 'activity:' || a.kind from activity a where a.id = {activity}"
_WANTED = f"""
select c.id, {preferred_channel("c", "$2")} as channel, {refusal("c", PURPOSE, wish=KIND.format(activity="$3"))} as refused,
  exists (select from activity_invitation i where i.tenant_id = c.tenant_id and i.activity_id = $3
    and i.customer_id = c.id) as already
from customer c where c.id = any ($1::uuid[]) and c.closed_at is null order by c.id
"""


class NotInvited(Struct, frozen=True):
    """A customer who is not invited, and what they said, such as `activities: refused`."""

    customer_id: UUID
    because: str


class Invited(Struct, frozen=True):
    """What came of it: newly invited, invited before, and those who want no invitation."""

    invited: int
    already: int
    not_invited: list[NotInvited]


async def invite(activity_id: UUID, new: NewInvitations, act: Act) -> Invited:
    """Invite customers, each once, through the means they prefer; who wants none is named and not invited. They hear of it, and
    whoever looks after them (S10-6).

    Raises NotFound for an activity or customer not visible, Invalid, ActivityCancelled, ActivityBegun, NotReviewed.
    """
    activity = await locked(activity_id)
    refuse_begun(activity, act)
    await refuse_unreviewed("activity", activity_id)
    chosen = await fetch(_WANTED, await _chosen(new, act), new.channel, activity_id)
    unknown = set(new.customer_ids) - {customer["id"] for customer in chosen}
    if unknown:
        raise NotFound(f"There is no customer {min(unknown)} with an open archive")
    invitations = [
        {"activity_id": activity_id, "customer_id": customer["id"], "channel": customer["channel"][:40]}
        for customer in chosen
        if not customer["already"] and customer["refused"] is None
    ]
    await add_all(ActivityInvitation, act, invitations)
    customers = tuple(invitation["customer_id"] for invitation in invitations)
    await announce(activity, customers, act)
    await note("activity.invite", activity_id, act, customers=customers)
    return Invited(
        invited=len(invitations),
        already=sum(customer["already"] for customer in chosen),
        not_invited=[
            NotInvited(customer["id"], customer["refused"])
            for customer in chosen
            if customer["refused"] is not None and not customer["already"]
        ],
    )


async def take_link(invitation_id: UUID, new: NewSending, act: Act) -> LinkTaken:
    """The link by which the customer answers, to pass on, and a record of who took it.

    Raises NotFound, ActivityCancelled, TooLateToAnswer.
    """
    invitation = await _invited(invitation_id)
    return await _send(invitation, new, act, purpose="answer")


async def take_feedback_link(invitation_id: UUID, new: NewSending, act: Act) -> LinkTaken:
    """As `take_link`, for the link that asks how it was. Raises NotAttended too, of somebody who was not there."""
    invitation = await _invited(invitation_id)
    if invitation["attended"] is None:
        raise NotAttended()
    return await _send(invitation, new, act, purpose="feedback")


async def _invited(invitation_id: UUID) -> asyncpg.Record:
    invitation = await row_of(
        ActivityInvitation,
        invitation_id,
        "select i.id, i.customer_id, a.answer_until, a.ends_at, x.id as cancelled, t.id as attended,"
        " exists (select from activity_answer w where w.tenant_id = i.tenant_id and w.invitation_id = i.id and w.by_link)"
        " as answered, exists (select from activity_feedback f where f.tenant_id = i.tenant_id and f.invitation_id = i.id)"
        " as judged from activity_invitation i join activity a on a.tenant_id = i.tenant_id and a.id = i.activity_id"
        " left join activity_cancellation x on x.tenant_id = a.tenant_id and x.activity_id = a.id"
        " left join activity_attendance t on t.tenant_id = i.tenant_id and t.invitation_id = i.id where i.id = $1",
    )
    if invitation["cancelled"] is not None:
        raise ActivityCancelled()
    return invitation


async def _send(invitation: asyncpg.Record, new: NewSending, act: Act, *, purpose: links.Purpose) -> LinkTaken:
    feedback_until = invitation["ends_at"] + timedelta(days=FEEDBACK_DAYS)
    expires_at = invitation["answer_until"] if purpose == "answer" else feedback_until
    if expires_at <= act.now or invitation["answered" if purpose == "answer" else "judged"]:
        raise TooLateToAnswer("The link was used, or its time is over")
    if purpose == "answer":
        await refuse_unless_served(invitation["customer_id"])
    await add(ActivitySending, act, invitation_id=invitation["id"], purpose=purpose, channel=new.channel)
    await note("activity.send", invitation["id"], act, customers=(invitation["customer_id"],))
    return LinkTaken(await links.path(invitation["id"], expires_at, purpose), expires_at)


async def _chosen(new: NewInvitations, act: Act) -> list[UUID]:
    if not new.customer_ids and new.segment is None:
        raise Invalid.at("customer_ids", "at least one customer, or a segment")
    chosen = set(new.customer_ids)
    if new.segment is not None:
        today = act.today
        chosen.update(
            await segments.members(new.segment, policy=act.policy, as_of=today, known_at=act.now, limit=INVITED_MAX + 1)
        )
    if len(chosen) > INVITED_MAX:
        rule = f"at most {INVITED_MAX:,} customers at once"
        raise Invalid.at("segment", rule, "narrow the segment, or invite in several steps")
    return sorted(chosen)
