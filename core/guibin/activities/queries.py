"""Reading activities, invitations and how they went."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct, structs

from guibin.cases.followed import FOLLOWED, Followed
from guibin.context import Act
from guibin.plan_reviews.costs import CostView, costs_of
from guibin.plan_reviews.queries import Reviewed, reviewed
from guibin.policy.activities import ActivityKind
from guibin.policy.money import Money, from_minor
from guibin.profiles.queries import called, customer_of
from guibin.web.listing import Listing, PageAsked, newest_first
from guibin.web.paging import Page
from guibin_tenants import keyring
from guibin_tenants.keyring import Place
from guibin_tenants.principals import may
from guibin_tenants.refusals import NotFound
from guibin_tenants.rows import many
from guibin_tenants.scope import fetch_one

from .tables import Activity

InvitationState = Literal["invited", "confirmed", "waiting", "declined", "attended", "absent"]


class Counted(Struct, frozen=True, kw_only=True):
    """How an activity stands."""

    id: UUID
    kind: str
    title: str
    text: str
    place: str
    starts_at: datetime
    ends_at: datetime
    answer_until: datetime
    capacity: int | None
    budget: int | None
    org_unit_id: UUID
    clause: str
    planned_by_name: str
    cancelled_at: datetime | None
    cancelled_because: str | None
    review: Reviewed | None
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


class ActivityView(Counted, frozen=True, kw_only=True):
    """An activity and how it stands, and how its `review` stands if it needs one. `places_given`, in persons, and `waiting`, in invitations, are the company's;
    everything else is counted over the customers one may see.

    `absent` are those who had a place and did not come. `feedback_avg` is 0 to 100. `cost` is by currency.
    """

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


class ActivityFilter(Struct, frozen=True, kw_only=True):
    """Which activities; `upcoming` are those that are not over and take place."""

    kind: str | None = None
    upcoming: bool = False


class InvitationFilter(Struct, frozen=True, kw_only=True):
    """Which invitations."""

    activity_id: UUID | None = None
    customer_id: UUID | None = None
    state: InvitationState | None = None


class _Spent(Counted, frozen=True, kw_only=True):
    """`spent` is in minor units, by currency."""

    spent: dict[str, int]


_PLACE = "left join activity_place p on p.tenant_id = {0}.tenant_id and p.invitation_id = {0}.id and p.left_at is null"
_ATTENDANCE = "left join activity_attendance t on t.tenant_id = {0}.tenant_id and t.invitation_id = {0}.id"
_CANCELLATION = "left join activity_cancellation z on z.tenant_id = {0}.tenant_id and z.activity_id = {1}"
_ANSWER = """left join lateral (select w.accepted from activity_answer w where w.tenant_id = {0}.tenant_id
  and w.invitation_id = {0}.id order by w.answered_at desc, w.id desc limit 1) l on true"""


class Planned(Struct, frozen=True):
    """An activity that is still to come."""

    id: UUID
    title: str
    starts_at: datetime


async def ahead(now: datetime) -> list[Planned]:
    """What begins after this moment and was not cancelled, the next first."""
    return await many(
        Planned,
        f"from (select x.id, x.title, x.starts_at from activity x {_CANCELLATION.format('x', 'x.id')}"
        " where x.starts_at > $1 and z.id is null) planned order by starts_at, id limit 50",
        now,
    )


_ACTIVITIES = Listing(
    view=_Spent,
    source=f"""activity x {_CANCELLATION.format("x", "x.id")},
lateral (select count(*)::int as invited, count(p.id)::int as accepted,
    (count(*) filter (where p.id is null and l.accepted is false))::int as declined,
    count(t.id)::int as attended, coalesce(sum(t.persons), 0)::int as persons_attended,
    (count(*) filter (where p.given_at is not null and t.id is null and x.ends_at <= $now and z.id is null))::int as absent
  from activity_invitation i {_PLACE.format("i")} {_ATTENDANCE.format("i")} {_ANSWER.format("i")}
  where i.tenant_id = x.tenant_id and i.activity_id = x.id) n,
lateral (select count(*)::int as feedback, round(avg(b.score), 1)::float8 as feedback_avg from activity_feedback b
  join activity_invitation i on i.tenant_id = b.tenant_id and i.id = b.invitation_id
  where i.tenant_id = x.tenant_id and i.activity_id = x.id) f""",
    order=newest_first("x.starts_at"),
    columns={
        "places_given": "x.given",
        "clause": "x.policy ->> 'clause'",
        "cancelled_at": "z.cancelled_at",
        "cancelled_because": "z.reason",
        **{name: f"n.{name}" for name in ("invited", "accepted", "declined", "attended", "persons_attended", "absent")},
        "review": reviewed("activity"),
        "feedback": "f.feedback",
        "feedback_avg": "f.feedback_avg",
        "spent": "coalesce((select jsonb_object_agg(currency, amount) from (select currency, sum(amount) as amount"
        " from activity_cost k where k.tenant_id = x.tenant_id and k.activity_id = x.id group by currency) s), '{}')",
    },
    filters={"upcoming": "x.ends_at > $now and z.id is null"},
)
_STATE = (
    "case when t.id is not null then 'attended'"
    " when p.given_at is not null and a.ends_at <= $now and z.id is null then 'absent'"
    " when p.given_at is not null then 'confirmed' when p.id is not null then 'waiting'"
    " when l.accepted is false then 'declined' else 'invited' end"
)
INVITATIONS = Listing(
    view=InvitationView,
    source=f"""activity_invitation x join activity a on a.tenant_id = x.tenant_id and a.id = x.activity_id
{customer_of("c", "x")} {_CANCELLATION.format("x", "x.activity_id")} {_PLACE.format("x")} {_ATTENDANCE.format("x")}
left join activity_feedback b on b.tenant_id = x.tenant_id and b.invitation_id = x.id {_ANSWER.format("x")}""",
    order=newest_first("x.invited_at"),
    columns={
        "customer_number": "c.number",
        "sent_at": "(select max(s.sent_at) from activity_sending s where s.tenant_id = x.tenant_id and s.invitation_id = x.id)",
        "state": _STATE,
        "companions": "coalesce(p.persons - 1, 0)::int",
        "persons_attended": "t.persons::int",
        "feedback_score": "b.score::int",
        "place_in_queue": "case when p.id is not null and p.given_at is null then (select count(*) from activity_place q"
        " where q.tenant_id = p.tenant_id and q.activity_id = p.activity_id and q.left_at is null and q.given_at is null"
        " and (q.asked_at, q.id) <= (p.asked_at, p.id))::int end",
    },
    filters={"state": f"{_STATE} = $value"},
)


class GuestLine(InvitationView, frozen=True, kw_only=True):
    """An invitation with its customer's name."""

    customer_name: str | None


GUESTS = INVITATIONS.wider(GuestLine, customer_name=called("x.customer_id"))


async def activity(activity_id: UUID, *, now: datetime) -> ActivityView:
    """Raises NotFound."""
    return _shown(await _ACTIVITIES.one(activity_id, now=now))


async def activities(filters: ActivityFilter, page: PageAsked, act: Act) -> Page[ActivityView]:
    """Activities, the latest to start first."""
    counted = await _ACTIVITIES.page(filters, page, act)
    return Page([_shown(activity) for activity in counted.items], counted.next)


async def invitation(invitation_id: UUID, *, now: datetime) -> InvitationView:
    """Raises NotFound."""
    return await INVITATIONS.one(invitation_id, now=now)


async def costs(activity_id: UUID) -> list[CostView]:
    """What was paid for, in the order it was spent."""
    return await costs_of("activity_cost where activity_id = $1", activity_id)


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


def kind_as_planned(row: asyncpg.Record) -> ActivityKind:
    """What the policy said of the kind when the activity was planned."""
    return msgspec.json.decode(row["policy"], type=ActivityKind)


def _shown(counted: _Spent) -> ActivityView:
    cost = [from_minor(amount, currency) for currency, amount in sorted(counted.spent.items())]
    return msgspec.convert(structs.asdict(counted) | {"cost": cost}, ActivityView)


FOLLOWED.give("activity", Followed(may("activities:read"), Activity))
