"""How often each customer was to be contacted in a span, and was: one statement for the whole base (S05-6, S07-2).

What is due in a span is decided by the tier held on its first day: whoever joins or changes tier in its middle comes
under the new cadence from the next span on (subtleties 52, 54). A contact counts for every cadence it fits. Attempts
that did not reach the customer never count, nor messages that the product sent by itself; the customer's own contacts only where policy says so. A customer who wants
no contact, by a consent to `contact` that was refused or withdrawn or by the preference `contact` `none`, is shown as waived and not as missed (56). Whoever
looks after the customer today answers for the whole span (55).
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.periods.spans import Window, window_of
from guibin.policy.cadence import Cadence
from guibin.profiles.queries import customer_of, kept_until, refused
from guibin.web.paging import Cursor
from guibin_tenants.rows import shown
from guibin_tenants.scope import fetch

from .messages import SOURCE
from .words import FACE_TO_FACE

# The purpose of a consent by which a customer wants to be contacted, or does not.
CONTACT = "contact"


class Obligation(Struct, frozen=True, kw_only=True):
    """One cadence in one span for one customer.

    `state` is done when enough contacts were made, due while the span runs, missed once it is over, or waived.
    """

    scheme: str
    tier: str
    window: str
    first_on: date
    after_on: date
    times: int
    made: int
    face_to_face: bool
    clause: str
    state: str


class ContactsDue(Struct, frozen=True, kw_only=True):
    """A customer with everything due in the spans that hold the day."""

    customer_id: UUID
    customer_number: str
    customer_name: str
    account_manager_id: UUID | None
    created_at: datetime
    obligations: list[Obligation]


class CadenceCount(Struct, frozen=True):
    """How an account manager's obligations stand; `account_manager_id` None for customers that have none."""

    account_manager_id: UUID | None
    account_manager_name: str
    due: int
    done: int
    missed: int
    waived: int


class CadenceFilter(Struct, frozen=True, kw_only=True):
    """Which customers. `state` asks for at least one obligation in it."""

    state: Literal["due", "done", "missed", "waived"] | None = None
    account_manager_id: UUID | None = None
    customer_id: UUID | None = None


# One row per customer and cadence. $1 to $9 are the cadences, $10 the face-to-face channels, $11 now.
_OWED = f"""
with rule as (
    select * from unnest($1::int[], $2::text[], $3::text[], $4::date[], $5::timestamptz[], $6::timestamptz[], $7::int[],
        $8::boolean[], $9::boolean[])
        as r (place, scheme, tier, first_on, starts_at, ends_at, times, face_to_face, inbound_counts)
), owed as (
    select c.tenant_id, c.id, c.number, c.name, c.account_manager_id, c.created_at, r.*,
        coalesce(c.preferences ->> 'contact' = 'none', false) as left_alone,
        (select count(*) from interaction i where i.tenant_id = c.tenant_id and i.customer_id = c.id
            and i.happened_at >= r.starts_at and i.happened_at < r.ends_at and i.outcome = 'reached'
            and (i.direction = 'out' or r.inbound_counts) and i.source is distinct from '{SOURCE}'
            and (not r.face_to_face or i.channel = any ($10::text[]))) as made
    from rule r
    join membership m on m.scheme = r.scheme and (r.tier = '' or m.tier = r.tier) and m.starts_on <= r.first_on
        and (m.ends_on is null or m.ends_on > r.first_on) and (m.expires_on is null or m.expires_on > r.first_on)
    {customer_of("c", "m")} and {kept_until("c", "r.ends_at")}
), judged as (
    select o.*, case when o.made >= o.times then 'done'
        when o.left_alone then 'waived'
        when {refused("o", "o.id", f"'{CONTACT}'", until="k.recorded_at < o.ends_at")} then 'waived'
        when o.ends_at <= $11 then 'missed' else 'due' end as state
    from owed o
)
"""


class AsOf(Struct, frozen=True):
    """The spans that hold the day `on` in this zone, as they stand at `now`."""

    on: date
    time_zone: str
    now: datetime


async def contacts_due(
    cadences: Sequence[Cadence], wanted: CadenceFilter, at: AsOf, *, after: Cursor | None, limit: int
) -> list[ContactsDue]:
    """Customers in the order of their archives, each with what is due."""
    windows = [window_of(cadence.span, at.on, at.time_zone) for cadence in cadences]
    rows = await fetch(
        f"{_OWED} select j.id as customer_id, j.number as customer_number, j.name as customer_name,"
        " j.account_manager_id, j.created_at, json_agg(json_build_object('place', j.place, 'made', j.made,"
        " 'state', j.state) order by j.place) as obligations from judged j"
        " where ($12::uuid is null or j.account_manager_id = $12) and ($13::uuid is null or j.id = $13)"
        " and ($14::timestamptz is null or (j.created_at, j.id) > ($14, $15::uuid))"
        " group by j.id, j.number, j.name, j.account_manager_id, j.created_at"
        " having $16::text is null or bool_or(j.state = $16)"
        " order by j.created_at, j.id limit $17",
        *_columns(cadences, windows),
        at.now,
        wanted.account_manager_id,
        wanted.customer_id,
        after.moment if after else None,
        after.id if after else None,
        wanted.state,
        limit,
    )
    return [
        msgspec.convert({**row, "obligations": _obligations(row["obligations"], cadences, windows)}, ContactsDue)
        for row in rows
    ]


async def cadence_counts(cadences: Sequence[Cadence], *, on: date, time_zone: str, now: datetime) -> list[CadenceCount]:
    """How the obligations of the spans that hold `on` stand, per account manager by name."""
    windows = [window_of(cadence.span, on, time_zone) for cadence in cadences]
    rows = await fetch(
        f"{_OWED} select j.account_manager_id, coalesce(s.name, '') as account_manager_name,"
        " count(*) filter (where j.state = 'due') as due, count(*) filter (where j.state = 'done') as done,"
        " count(*) filter (where j.state = 'missed') as missed, count(*) filter (where j.state = 'waived') as waived"
        " from judged j left join staff s on s.tenant_id = j.tenant_id and s.id = j.account_manager_id"
        " group by j.account_manager_id, s.name order by s.name nulls last, j.account_manager_id",
        *_columns(cadences, windows),
        now,
    )
    return shown(CadenceCount, rows)


class _Stand(Struct, frozen=True):
    place: int
    made: int
    state: str


def _obligations(text: str, cadences: Sequence[Cadence], windows: Sequence[Window]) -> list[Obligation]:
    return [
        Obligation(
            scheme=cadences[stand.place].scheme,
            tier=cadences[stand.place].tier,
            window=windows[stand.place].name,
            first_on=windows[stand.place].first_on,
            after_on=windows[stand.place].after_on,
            times=cadences[stand.place].times,
            made=stand.made,
            face_to_face=cadences[stand.place].face_to_face,
            clause=cadences[stand.place].clause,
            state=stand.state,
        )
        for stand in msgspec.json.decode(text, type=list[_Stand])
    ]


def _columns(cadences: Sequence[Cadence], windows: Sequence[Window]) -> tuple[object, ...]:
    return (
        list(range(len(cadences))),
        [cadence.scheme for cadence in cadences],
        [cadence.tier for cadence in cadences],
        [window.first_on for window in windows],
        [window.starts_at for window in windows],
        [window.ends_at for window in windows],
        [cadence.times for cadence in cadences],
        [cadence.face_to_face for cadence in cadences],
        [cadence.inbound_counts for cadence in cadences],
        list(FACE_TO_FACE),
    )
