"""Reading activities, invitations and how they went."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from guibin.policy.activities import ActivityKind
from guibin.policy.money import Money, from_minor
from guibin.web.paging import Cursor
from guibin_tenants import keyring
from guibin_tenants.keyring import Place
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import fetch, fetch_one

InvitationState = Literal["invited", "confirmed", "waiting", "declined", "attended", "absent"]


class CostView(Struct, frozen=True):
    """One thing that was paid for."""

    what: str
    amount: Money
    spent_on: date
    recorded_by_name: str


class ActivityView(Struct, frozen=True, kw_only=True):
    """An activity and how it stands. `places_given`, in persons, and `waiting`, in invitations, are the company's;
    everything else is counted over the customers one may see.

    `absent` are those who had a place and did not come. `feedback_avg` is 0 to 100. `cost` is by currency.
    """

    id: UUID
    kind: str
    title: str
    text: str
    place: str
    starts_at: datetime
    ends_at: datetime
    answer_until: datetime
    capacity: int | None
    org_unit_id: UUID
    clause: str
    planned_by_name: str
    cancelled_at: datetime | None
    cancelled_because: str | None
    invited: int
    accepted: int
    declined: int
    places_given: int
    waiting: int
    attended: int
    persons_attended: int
    absent: int
    feedback: int
    feedback_avg: float | None
    cost: list[Money]


class InvitationView(Struct, frozen=True, kw_only=True):
    """One invitation. `place_in_queue` counts from 1 among those who wait."""

    id: UUID
    activity_id: UUID
    customer_id: UUID
    customer_number: str
    channel: str
    invited_at: datetime
    sent_at: datetime | None
    state: InvitationState
    companions: int
    place_in_queue: int | None
    persons_attended: int | None
    feedback_score: int | None


class FeedbackView(Struct, frozen=True, kw_only=True):
    """How it was for one guest, the comment in clear."""

    invitation_id: UUID
    customer_id: UUID
    scores: dict[str, int]
    score: int
    comment: str
    given_at: datetime


_ACTIVITY = """
select a.id, a.kind, a.title, a.text, a.place, a.starts_at, a.ends_at, a.answer_until, a.capacity, a.org_unit_id,
  a.given as places_given, a.waiting, a.policy ->> 'clause' as clause, a.planned_by_name, x.cancelled_at, x.reason as cancelled_because, n.*, f.*,
  coalesce((select jsonb_object_agg(currency, amount) from (select currency, sum(amount) as amount from activity_cost k
    where k.tenant_id = a.tenant_id and k.activity_id = a.id group by currency) s), '{}')::text as cost
from activity a left join activity_cancellation x on x.tenant_id = a.tenant_id and x.activity_id = a.id,
lateral (select count(*)::int as invited, count(p.id)::int as accepted,
    (count(*) filter (where p.id is null and l.accepted is false))::int as declined,
    count(t.id)::int as attended, coalesce(sum(t.persons), 0)::int as persons_attended,
    (count(*) filter (where p.given_at is not null and t.id is null and a.ends_at <= $1 and x.id is null))::int as absent
  from activity_invitation i
  left join activity_place p on p.tenant_id = i.tenant_id and p.invitation_id = i.id and p.left_at is null
  left join activity_attendance t on t.tenant_id = i.tenant_id and t.invitation_id = i.id
  left join lateral (select w.accepted from activity_answer w where w.tenant_id = i.tenant_id and w.invitation_id = i.id
    order by w.answered_at desc, w.id desc limit 1) l on true
  where i.tenant_id = a.tenant_id and i.activity_id = a.id) n,
lateral (select count(*)::int as feedback, round(avg(b.score), 1)::float8 as feedback_avg from activity_feedback b
  join activity_invitation i on i.tenant_id = b.tenant_id and i.id = b.invitation_id
  where i.tenant_id = a.tenant_id and i.activity_id = a.id) f
"""
_INVITATION = """
select i.id, i.activity_id, i.customer_id, c.number as customer_number, i.channel, i.invited_at,
  (select max(s.sent_at) from activity_sending s where s.tenant_id = i.tenant_id and s.invitation_id = i.id) as sent_at,
  case when t.id is not null then 'attended' when p.given_at is not null and a.ends_at <= $1 and x.id is null then 'absent'
    when p.given_at is not null then 'confirmed' when p.id is not null then 'waiting'
    when l.accepted is false then 'declined' else 'invited' end as state,
  coalesce(p.persons - 1, 0)::int as companions, t.persons::int as persons_attended, b.score::int as feedback_score,
  case when p.id is not null and p.given_at is null then (select count(*) from activity_place q
    where q.tenant_id = p.tenant_id and q.activity_id = p.activity_id and q.left_at is null and q.given_at is null
    and (q.asked_at, q.id) <= (p.asked_at, p.id))::int end as place_in_queue
from activity_invitation i
join activity a on a.tenant_id = i.tenant_id and a.id = i.activity_id
join customer c on c.tenant_id = i.tenant_id and c.id = i.customer_id
left join activity_cancellation x on x.tenant_id = i.tenant_id and x.activity_id = i.activity_id
left join activity_place p on p.tenant_id = i.tenant_id and p.invitation_id = i.id and p.left_at is null
left join activity_attendance t on t.tenant_id = i.tenant_id and t.invitation_id = i.id
left join activity_feedback b on b.tenant_id = i.tenant_id and b.invitation_id = i.id
left join lateral (select w.accepted from activity_answer w where w.tenant_id = i.tenant_id and w.invitation_id = i.id
  order by w.answered_at desc, w.id desc limit 1) l on true
"""


async def activity(activity_id: UUID, *, now: datetime) -> ActivityView:
    """Raises NotFound."""
    row = await fetch_one(f"{_ACTIVITY} where a.id = $2", now, activity_id)
    if row is None:
        raise NotFound(f"There is no activity {activity_id}")
    return _activity(row)


async def activities(kind: str | None, *, after: Cursor | None, limit: int, now: datetime) -> list[ActivityView]:
    """Activities, the latest to start first."""
    rows = await fetch(
        f"{_ACTIVITY} where ($2::text is null or a.kind = $2)"
        " and ($3::timestamptz is null or (a.starts_at, a.id) < ($3, $4::uuid))"
        " order by a.starts_at desc, a.id desc limit $5",
        now,
        kind,
        after.moment if after else None,
        after.id if after else None,
        limit,
    )
    return [_activity(row) for row in rows]


async def invitation(invitation_id: UUID, *, now: datetime) -> InvitationView:
    """Raises NotFound."""
    row = await fetch_one(f"{_INVITATION} where i.id = $2", now, invitation_id)
    if row is None:
        raise NotFound(f"There is no invitation {invitation_id}")
    return msgspec.convert(dict(row), InvitationView)


async def invitations(
    *, activity_id: UUID | None, customer_id: UUID | None, after: Cursor | None, limit: int, now: datetime
) -> list[InvitationView]:
    """Invitations, the latest first."""
    rows = await fetch(
        f"{_INVITATION} where ($2::uuid is null or i.activity_id = $2) and ($3::uuid is null or i.customer_id = $3)"
        " and ($4::timestamptz is null or (i.invited_at, i.id) < ($4, $5::uuid))"
        " order by i.invited_at desc, i.id desc limit $6",
        now,
        activity_id,
        customer_id,
        after.moment if after else None,
        after.id if after else None,
        limit,
    )
    return [msgspec.convert(dict(row), InvitationView) for row in rows]


async def costs(activity_id: UUID) -> list[CostView]:
    """What was paid for, in the order it was spent."""
    rows = await fetch(
        "select what, amount, currency, spent_on, recorded_by_name from activity_cost where activity_id = $1"
        " order by spent_on, id",
        activity_id,
    )
    return [
        CostView(row["what"], from_minor(row["amount"], row["currency"]), row["spent_on"], row["recorded_by_name"])
        for row in rows
    ]


async def feedback(invitation_id: UUID) -> FeedbackView:
    """One guest's, opened. Raises NotFound."""
    row = await fetch_one(
        "select id, invitation_id, customer_id, scores::text as scores, score, comment_sealed, given_at"
        " from activity_feedback where invitation_id = $1",
        invitation_id,
    )
    if row is None:
        raise NotFound(f"There is no feedback to invitation {invitation_id}")
    comment = ""
    if row["comment_sealed"] is not None:
        key = await keyring.subject_key(row["customer_id"])
        comment = keyring.unseal(key, comment_place(row["id"]), row["comment_sealed"])
    scores = msgspec.json.decode(row["scores"], type=dict[str, int])
    return msgspec.convert({**row, "scores": scores, "comment": comment}, FeedbackView)


def comment_place(feedback_id: UUID) -> Place:
    """Where a comment stands sealed."""
    return Place("activity_feedback", "comment_sealed", feedback_id)


def kind_of(row: asyncpg.Record) -> ActivityKind:
    """The kind as it was when the activity was planned."""
    return msgspec.json.decode(row["policy"], type=ActivityKind)


def _activity(row: Any) -> ActivityView:
    spent = msgspec.json.decode(row["cost"], type=dict[str, int])
    cost = [from_minor(amount, currency) for currency, amount in sorted(spent.items())]
    return msgspec.convert({**row, "cost": cost}, ActivityView)
