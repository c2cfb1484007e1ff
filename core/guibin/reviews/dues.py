"""What is due of every customer in a span, was done, or was missed: one statement for the whole base (S07-9, S02-5).

A customer is due from the first whole span of its archive on (subtlety 52). Whoever looks after it today answers for the
whole span: another account manager does not begin anew (55). One entry does one duty (53).
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.periods.spans import Window, window_of
from guibin.policy.cadence import Register, ReviewRhythm
from guibin.web.paging import Cursor
from guibin_tenants.scope import fetch

What = Literal["registration", "analysis", "archive"]
Done = Literal["customer_review", "register_entry", "register_archive"]


class Duty(Struct, frozen=True, kw_only=True):
    """One thing to be done of each customer in a span; empty kinds and scheme mean all."""

    name: str
    window: Window
    customer_kinds: tuple[str, ...] = ()
    scheme: str = ""
    clause: str = ""


class Owed(Struct, frozen=True, kw_only=True):
    """A customer and a duty: `state` is done, due while the span runs, or missed once it is over."""

    customer_id: UUID
    customer_number: str
    customer_name: str
    account_manager_id: UUID | None
    created_at: datetime
    duty: str
    span: str
    first_on: date
    after_on: date
    clause: str
    state: str
    done_at: datetime | None
    done_id: UUID | None


class DutyCount(Struct, frozen=True):
    """How an account manager's duties stand; `account_manager_id` None for customers that have none."""

    account_manager_id: UUID | None
    account_manager_name: str
    due: int
    done: int
    missed: int


class DutyFilter(Struct, frozen=True, kw_only=True):
    """Which: None does not filter."""

    state: str | None = None
    account_manager_id: UUID | None = None
    customer_id: UUID | None = None


_DONE_AT = {
    "customer_review": "d.reviewed_at",
    "register_entry": "d.written_at",
    "register_archive": "d.archived_at",
}
# One row per customer and duty. $1 to $7 are the duties, $8 is now. {table} and {done_at} come from _DONE_AT.
_OWED = """
with duty as (
    select * from unnest($1::text[], $2::text[], $3::date[], $4::timestamptz[], $5::timestamptz[], $6::text[],
        $7::text[]) as r (name, span, first_on, starts_at, ends_at, kinds, scheme)
), owed as (
    select c.id, c.tenant_id, c.number, c.name as customer_name, c.account_manager_id, c.created_at, r.*,
        d.id as done_id, {done_at} as done_at,
        case when d.id is not null then 'done' when r.ends_at <= $8 then 'missed' else 'due' end as state
    from duty r
    join customer c on c.erased_at is null and c.created_at < r.starts_at
        and (c.closed_at is null or c.closed_at >= r.ends_at)
        and (r.kinds = '' or c.kind = any (string_to_array(r.kinds, ',')))
        and (r.scheme = '' or exists (select from membership m where m.tenant_id = c.tenant_id
            and m.customer_id = c.id and m.scheme = r.scheme and m.starts_on <= r.first_on
            and (m.ends_on is null or m.ends_on > r.first_on) and (m.expires_on is null or m.expires_on > r.first_on)))
    left join {table} d on d.tenant_id = c.tenant_id and d.customer_id = c.id and d.duty = r.name and d.span = r.span
)
"""


def reviews_on(rhythms: Sequence[ReviewRhythm], on: date, time_zone: str) -> list[Duty]:
    """The reviews of the spans that hold the day."""
    return [
        Duty(
            name=one.name,
            window=window_of(one.span, on, time_zone),
            customer_kinds=one.customer_kinds,
            clause=one.clause,
        )
        for one in rhythms
    ]


def register_on(register: Register, what: What, on: date, time_zone: str) -> Duty:
    """The register's duty of this kind in the span that holds the day."""
    spans = {
        "registration": register.span,
        "analysis": register.analysed_every,
        "archive": register.archived_every,
    }
    return Duty(
        name=f"{register.name}/{what}",
        window=window_of(spans[what], on, time_zone),
        customer_kinds=register.customer_kinds,
        scheme=register.scheme,
        clause=register.clause,
    )


async def owed(
    done_in: Done, duty: Duty, wanted: DutyFilter, *, now: datetime, after: Cursor | None, limit: int
) -> list[Owed]:
    """Customers in the order of their archives, at most `limit`, each with how the duty stands."""
    rows = await fetch(
        f"{_statement(done_in)} select o.id as customer_id, o.number as customer_number, o.customer_name,"
        " o.account_manager_id, o.created_at, o.name as duty, o.span, o.first_on, o.state, o.done_at, o.done_id"
        " from owed o where ($9::text is null or o.state = $9)"
        " and ($10::uuid is null or o.account_manager_id = $10) and ($11::uuid is null or o.id = $11)"
        " and ($12::timestamptz is null or (o.created_at, o.id) > ($12, $13::uuid))"
        " order by o.created_at, o.id limit $14",
        *_columns((duty,)),
        now,
        wanted.state,
        wanted.account_manager_id,
        wanted.customer_id,
        after.moment if after else None,
        after.id if after else None,
        limit,
    )
    same = {"after_on": duty.window.after_on, "clause": duty.clause}
    return [msgspec.convert({**row, **same}, Owed) for row in rows]


async def counts(done_in: Done, duties: Sequence[Duty], *, now: datetime) -> list[DutyCount]:
    """How the duties stand, per account manager by name."""
    rows = await fetch(
        f"{_statement(done_in)} select o.account_manager_id, coalesce(s.name, '') as account_manager_name,"
        " count(*) filter (where o.state = 'due') as due, count(*) filter (where o.state = 'done') as done,"
        " count(*) filter (where o.state = 'missed') as missed from owed o"
        " left join staff s on s.tenant_id = o.tenant_id and s.id = o.account_manager_id"
        " group by o.account_manager_id, s.name order by s.name nulls last, o.account_manager_id",
        *_columns(duties),
        now,
    )
    return [msgspec.convert(dict(row), DutyCount) for row in rows]


def _statement(done_in: Done) -> str:
    return _OWED.format(table=done_in, done_at=_DONE_AT[done_in])


def _columns(duties: Sequence[Duty]) -> tuple[object, ...]:
    return (
        [duty.name for duty in duties],
        [duty.window.name for duty in duties],
        [duty.window.first_on for duty in duties],
        [duty.window.starts_at for duty in duties],
        [duty.window.ends_at for duty in duties],
        [",".join(duty.customer_kinds) for duty in duties],
        [duty.scheme for duty in duties],
    )
