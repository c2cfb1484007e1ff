"""Whom an activity's pages find: customers who may be invited, and a guest who stands at the door."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from guibin.care.consents import refusal
from guibin.context import Act
from guibin.entitlements import actions as entitlements
from guibin.periods.days import local_day
from guibin.profiles import queries as profiles
from guibin.profiles.queries import CustomerFilter, CustomerView, Narrowing
from guibin.tiers.queries import member
from guibin.web.listing import PageAsked
from guibin.web.paging import Page
from guibin_tenants.refusals import NotFound
from guibin_tenants.scope import fetch

from . import links, queries
from .inviting import KIND, PURPOSE
from .queries import GUESTS, ActivityView, GuestLine

CANDIDATES, AT_THE_DOOR = 30, 7


class CandidateFilter(Struct, frozen=True, kw_only=True):
    """Which customers: by what is typed, the tier held today, who looks after them, and their kind."""

    q: Annotated[str, Meta(max_length=100)] = ""
    tier: str | None = None
    account_manager_id: UUID | None = None
    kind: str | None = None


class Candidate(Struct, frozen=True):
    """A customer and whether they can be invited: `already` invited, `refused` and what they said, `left` of the service
    item that attending uses, None where it uses none."""

    customer: CustomerView
    already: bool
    refused: str
    left: str | None


async def candidates(activity: ActivityView, filters: CandidateFilter, cursor: str | None, act: Act) -> Page[Candidate]:
    """Customers in sight, a page of them, on record as any search; nobody is left out silently. Raises TooManyLookUps."""
    conditions: tuple[str, ...] = ()
    values: dict[str, object] = {}
    if filters.tier:
        conditions = (member("c", "$today::date", "m.tier = $tier"),)
        values = {"today": act.today, "tier": filters.tier}
    found = await profiles.find(
        CustomerFilter(q=filters.q, kind=filters.kind, account_manager_id=filters.account_manager_id),
        PageAsked(CANDIDATES, cursor),
        act,
        Narrowing(conditions=conditions, values=values),
    )
    said = await fetch(
        f"select c.id, {refusal('c', PURPOSE, wish=KIND.format(activity='$2'))} as refused, exists (select from activity_invitation i"
        " where i.tenant_id = c.tenant_id and i.customer_id = c.id and i.activity_id = $2) as already"
        " from customer c where c.id = any ($1)",
        [each.id for each in found.items],
        activity.id,
    )
    by_id = {row["id"]: row for row in said}
    return Page(
        [
            Candidate(
                each,
                by_id[each.id]["already"],
                by_id[each.id]["refused"] or "",
                await _left(each.id, activity, act),
            )
            for each in found.items
        ],
        found.next,
    )


async def at_the_door(activity_id: UUID, text: str, act: Act) -> Sequence[GuestLine]:
    """The guests that a scanned code, a number, a telephone or a name means; none where somebody was not invited.

    Raises NotFound for a code of another activity, TooManyLookUps.
    """
    scanned = await links.admitted(text, now=act.now)
    if scanned is not None:
        guest = await GUESTS.one(scanned, now=act.now)
        if guest.activity_id != activity_id:
            raise NotFound("The code is of another activity")
        return [guest]
    found = await profiles.find(CustomerFilter(q=text), PageAsked(AT_THE_DOOR), act)
    return await GUESTS.where(
        "x.activity_id = $activity and x.customer_id = any ($customers)",
        order="x.invited_at",
        activity=activity_id,
        customers=[each.id for each in found.items],
        now=act.now,
    )


async def _left(customer_id: UUID, activity: ActivityView, act: Act) -> str | None:
    kind = act.policy.activity(activity.kind)
    if kind is None or not kind.item:
        return None
    day = local_day(activity.starts_at, act.company.time_zone)
    given = await entitlements.offers(customer_id, act.policy, day=day, now=act.now, item=kind.item)
    left = [each.allowance.left for each in given]
    if not left:
        return "0"
    return "" if None in left else str(sum(each for each in left if each is not None))


async def arrived(activity_id: UUID, act: Act, *, most: int) -> list[GuestLine]:
    """Who came, the last first."""
    return await queries.GUESTS.where(
        "x.activity_id = $activity and t.id is not null",
        order="t.recorded_at desc, x.id limit $most",
        activity=activity_id,
        most=most,
        now=act.now,
    )
