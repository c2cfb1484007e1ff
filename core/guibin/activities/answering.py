"""Yes or no: a place while there is one, else a place in the queue. Answers of one activity come one after another."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from msgspec import Struct

from guibin.context import Act
from guibin.entitlements import actions as entitlements
from guibin.entitlements.actions import NewRedemption
from guibin.periods.days import local_day
from guibin.profiles.queries import customer_of
from guibin.web.signed_links import Link, SpentLink
from guibin_tenants.refusals import Invalid
from guibin_tenants.rows import add, given, row_of
from guibin_tenants.scope import execute, fetch_one, fetch_value

from . import links, queries
from .actions import locked, note
from .places import fill, leave
from .queries import InvitationView, kind_as_planned
from .refusals import TooLateToAnswer
from .requests import NewActivityAnswer
from .tables import ActivityAnswer, ActivityInvitation, ActivityPlace

# Attendance may be recorded so long after the end: until then what was reserved stays kept back.
RECORDED_WITHIN = timedelta(days=14)


class Guest(Struct, frozen=True):
    """An invitation that a link opens, and what the guest has to know."""

    invitation_id: UUID
    activity_id: UUID
    customer_id: UUID
    title: str
    text: str
    place: str
    starts_at: datetime
    ends_at: datetime
    companions_max: int


async def answer(invitation_id: UUID, new: NewActivityAnswer, act: Act) -> InvitationView:
    """Take the answer. A yes gets a place if one is free and nobody waits, else it waits; a no frees the place.

    A yes again with other companions is asked anew, at the end of the queue where they do not fit. Raises NotFound,
    Invalid, ActivityCancelled, TooLateToAnswer, and what entitlements refuse where the kind uses one.
    """
    return await _answer(invitation_id, new, act, by_link=False)


async def guest_of(link: Link, *, now: datetime) -> Guest:
    """Whom a link invites to what. Raises UnknownLink, and SpentLink to whoever truly holds it."""
    row = await links.behind(
        link,
        "answer",
        "select i.activity_id, i.customer_id, a.title, a.text, a.place, a.starts_at, a.ends_at, a.policy,"
        " a.answer_until as until_at,"
        " exists (select from activity_cancellation x where x.tenant_id = i.tenant_id"
        " and x.activity_id = i.activity_id) as cancelled, exists (select from activity_answer w"
        " where w.tenant_id = i.tenant_id and w.invitation_id = i.id and w.by_link) as used"
        " from activity_invitation i join activity a on a.tenant_id = i.tenant_id and a.id = i.activity_id"
        f" {customer_of('c', 'i')} and c.erased_at is null where i.id = $1",
        now=now,
    )
    return Guest(
        invitation_id=link.invitation_id,
        activity_id=row["activity_id"],
        customer_id=row["customer_id"],
        title=row["title"],
        text=row["text"],
        place=row["place"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        companions_max=kind_as_planned(row).companions_max,
    )


async def code_of(invitation_id: UUID, *, now: datetime) -> str:
    """What a guest with a place shows at the door."""
    ends_at = (await queries.activity((await queries.invitation(invitation_id, now=now)).activity_id, now=now)).ends_at
    return await links.admission(invitation_id, ends_at + RECORDED_WITHIN)


async def answer_by_link(guest: Guest, new: NewActivityAnswer, act: Act) -> InvitationView:
    """The guest's own answer, once. Raises SpentLink when the link was used meanwhile, and as `answer` does."""
    # Answers queue at the activity's row; whoever comes second finds the first one's there.
    await locked(guest.activity_id)
    if await fetch_value(
        "select exists (select from activity_answer where invitation_id = $1 and by_link)", guest.invitation_id
    ):
        raise SpentLink("used")
    return await _answer(guest.invitation_id, new, act, by_link=True)


async def _answer(invitation_id: UUID, new: NewActivityAnswer, act: Act, *, by_link: bool) -> InvitationView:
    invitation = await row_of(ActivityInvitation, invitation_id, "select * from activity_invitation where id = $1")
    activity = await locked(invitation["activity_id"])
    kind = kind_as_planned(activity)
    if new.companions > (kind.companions_max if new.accepted else 0):
        rule = f"at most {kind.companions_max}" if new.accepted else "none with a no"
        raise Invalid.at("companions", rule, "", str(new.companions))
    until = activity["answer_until"] if new.accepted else activity["starts_at"]
    if act.now >= until:
        raise TooLateToAnswer(f"It could be answered until {until}")
    await add(ActivityAnswer, act, invitation_id=invitation_id, by_link=by_link, **given(new))
    await _take(invitation, new, activity, act)
    await note("activity.answer", invitation_id, act, customers=(invitation["customer_id"],))
    return await queries.invitation(invitation_id, now=act.now)


async def _take(invitation: asyncpg.Record, new: NewActivityAnswer, activity: asyncpg.Record, act: Act) -> None:
    persons = 1 + new.companions
    present = await fetch_one(
        "select id, persons, given_at, redemption_id from activity_place where invitation_id = $1 and left_at is null",
        invitation["id"],
    )
    if present is not None and new.accepted and present["persons"] == persons:
        return
    if present is not None:
        await leave(present, activity["id"], act, reason=act.own_reason("answered_anew"))
    if new.accepted:
        reserved = await _reserve(invitation, activity, act)
        await _join(invitation, persons, reserved, now=act.now)
    await fill(activity["id"], now=act.now)


async def _join(invitation: asyncpg.Record, persons: int, reserved: UUID | None, *, now: datetime) -> None:
    """A place at once if the party fits and nobody waits. The counters decide: the queue may be behind the wall."""
    activity_id = invitation["activity_id"]
    has_place = await fetch_value(
        "update activity set given = given + $2 where id = $1 and waiting = 0"
        " and (capacity is null or given + $2 <= capacity) returning true",
        activity_id,
        persons,
    )
    if not has_place:
        await execute("update activity set waiting = waiting + 1 where id = $1", activity_id)
    await add(
        ActivityPlace,
        activity_id=activity_id,
        invitation_id=invitation["id"],
        customer_id=invitation["customer_id"],
        persons=persons,
        asked_at=now,
        given_at=now if has_place else None,
        redemption_id=reserved,
    )


async def _reserve(invitation: asyncpg.Record, activity: asyncpg.Record, act: Act) -> UUID | None:
    """One unit of the service item the kind uses, kept back until the end; companions use none of their own."""
    item = kind_as_planned(activity).item
    if not item:
        return None
    new = NewRedemption(
        customer_id=invitation["customer_id"],
        item=item,
        used_on=local_day(activity["starts_at"], act.company.time_zone),
        reserve_until=activity["ends_at"] + RECORDED_WITHIN,
        occasion=str(invitation["id"]),
    )
    return (await entitlements.redeem(new, act)).id
