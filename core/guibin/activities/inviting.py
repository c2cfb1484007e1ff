"""Inviting customers, by id or by segment, as far as they want to be invited."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from guibin.care.waivers import refusal
from guibin.context import Act
from guibin.periods.days import local_day
from guibin.tiers import segments
from guibin_tenants.refusals import FieldError, Invalid, NotFound
from guibin_tenants.scope import execute, fetch, fetch_one
from guibin_tenants.tables import new_id

from . import links
from .actions import locked, note
from .refusals import ActivityBegun, ActivityCancelled, NotAttended, TooLateToAnswer
from .requests import INVITED_MAX, NewActivitySending, NewInvitations

# Whoever has said no to this purpose, or to any contact, is not invited.
PURPOSE = "activities"
FEEDBACK_DAYS = 30

_WANTED = f"""
select c.id, coalesce(nullif(c.preferences ->> 'contact', ''), $2) as channel, {refusal("c", PURPOSE)} as refused,
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


class ActivityLink(Struct, frozen=True):
    """The address to pass on to this customer, and until when it may be used."""

    path: str
    expires_at: datetime


async def invite(activity_id: UUID, new: NewInvitations, act: Act) -> Invited:
    """Invite customers, each once, through the means they prefer; who wants none is named and not invited.

    Raises NotFound for an activity or customer not visible, Invalid, ActivityCancelled, ActivityBegun.
    """
    row = await locked(activity_id)
    if row["starts_at"] <= act.now:
        raise ActivityBegun(f"It began at {row['starts_at']}")
    chosen = await _chosen(new, act)
    found = await fetch(_WANTED, chosen, new.channel, activity_id)
    missing = set(new.customer_ids) - {one["id"] for one in found}
    if missing:
        raise NotFound(f"There is no customer {min(missing)} with an open archive")
    wanted = [one for one in found if not one["already"] and one["refused"] is None]
    await _write(activity_id, [(one["id"], one["channel"]) for one in wanted], act)
    await note("activity.invite", activity_id, act, customers=tuple(one["id"] for one in wanted), shown=len(wanted))
    return Invited(
        invited=len(wanted),
        already=sum(one["already"] for one in found),
        not_invited=[
            NotInvited(one["id"], one["refused"]) for one in found if one["refused"] is not None and not one["already"]
        ],
    )


async def take_link(invitation_id: UUID, new: NewActivitySending, act: Act, *, purpose: links.Purpose) -> ActivityLink:
    """The customer's own link, to pass on, and a record of who took it.

    Raises NotFound, ActivityCancelled, TooLateToAnswer, and NotAttended for feedback of somebody who was not there.
    """
    row = await fetch_one(
        "select i.customer_id, a.answer_until, a.ends_at, x.id as cancelled, t.id as attended,"
        " exists (select from activity_answer w where w.tenant_id = i.tenant_id and w.invitation_id = i.id and w.by_link)"
        " as answered, exists (select from activity_feedback f where f.tenant_id = i.tenant_id and f.invitation_id = i.id)"
        " as judged from activity_invitation i join activity a on a.tenant_id = i.tenant_id and a.id = i.activity_id"
        " left join activity_cancellation x on x.tenant_id = a.tenant_id and x.activity_id = a.id"
        " left join activity_attendance t on t.tenant_id = i.tenant_id and t.invitation_id = i.id where i.id = $1",
        invitation_id,
    )
    if row is None:
        raise NotFound(f"There is no invitation {invitation_id}")
    if row["cancelled"] is not None:
        raise ActivityCancelled()
    if purpose == "feedback" and row["attended"] is None:
        raise NotAttended()
    expires_at = row["answer_until"] if purpose == "answer" else row["ends_at"] + timedelta(days=FEEDBACK_DAYS)
    if expires_at <= act.now or row["answered" if purpose == "answer" else "judged"]:
        raise TooLateToAnswer("The link was used, or its time is over")
    await execute(
        "insert into activity_sending (id, invitation_id, purpose, channel, sent_by, sent_by_name, sent_at)"
        " values ($1, $2, $3, $4, $5, $6, $7)",
        new_id(),
        invitation_id,
        purpose,
        new.channel,
        act.by.id,
        act.by.name,
        act.now,
    )
    await note("activity.send", invitation_id, act, customers=(row["customer_id"],))
    return ActivityLink(await links.path(invitation_id, expires_at, purpose), expires_at)


async def _chosen(new: NewInvitations, act: Act) -> list[UUID]:
    if not new.customer_ids and new.segment is None:
        raise Invalid(fields=(FieldError("customer_ids", "at least one customer, or a segment"),))
    chosen = set(new.customer_ids)
    if new.segment is not None:
        today = local_day(act.now, act.company.time_zone)
        chosen.update(
            await segments.members(new.segment, policy=act.policy, as_of=today, known_at=act.now, limit=INVITED_MAX + 1)
        )
    if len(chosen) > INVITED_MAX:
        rule = f"at most {INVITED_MAX:,} customers at once"
        raise Invalid(fields=(FieldError("segment", rule, "narrow the segment, or invite in several steps"),))
    return sorted(chosen)


async def _write(activity_id: UUID, wanted: Sequence[tuple[UUID, str]], act: Act) -> None:
    await execute(
        "insert into activity_invitation (id, activity_id, customer_id, channel, invited_by, invited_by_name, invited_at)"
        " select i, $1, c, h, $5, $6, $7 from unnest($2::uuid[], $3::uuid[], $4::text[]) as v (i, c, h)",
        activity_id,
        [new_id() for _ in wanted],
        [customer for customer, _ in wanted],
        [channel[:40] for _, channel in wanted],
        act.by.id,
        act.by.name,
        act.now,
    )
