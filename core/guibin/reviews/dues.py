"""What is due of every customer in a span, was done, or was missed: one statement for the whole base (S07-9, S02-5).

A customer is due from the first whole span of its archive on (subtlety 52). Whoever looks after it today answers for the
whole span: another account manager does not begin anew (55). One entry does one duty (53).
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from guibin.periods.spans import Window, window_of
from guibin.policy.cadence import Register, ReviewRhythm
from guibin.profiles.queries import kept_until
from guibin.tiers.queries import member
from guibin.web.listing import Listing, earliest_first
from guibin_tenants.rows import read

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
    state: Literal["due", "done", "missed"]
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
    """Of which customers, and how the duty stands."""

    state: Literal["due", "done", "missed"] | None = None
    account_manager_id: UUID | None = None
    customer_id: UUID | None = None


_DONE_AT: dict[Done, str] = {
    "customer_review": "d.reviewed_at",
    "register_entry": "d.written_at",
    "register_archive": "d.archived_at",
}
# What `_OWED` is asked with: of the duties their names, spans, first days, moments of begin and end, kinds of customers and
# schemes; and now.
_ASKED = ("names", "spans", "firsts", "starts", "ends", "kinds", "schemes", "now")
# One row per customer and duty. {table} and {done_at} come from _DONE_AT.
_OWED = """
with duty as (
    select * from unnest({names}::text[], {spans}::text[], {firsts}::date[], {starts}::timestamptz[],
        {ends}::timestamptz[], {kinds}::text[], {schemes}::text[])
        as r (name, span, first_on, starts_at, ends_at, kinds, scheme)
), owed as (
    select c.id, c.tenant_id, c.number, c.name as customer_name, c.account_manager_id, c.created_at, r.*,
        d.id as done_id, {done_at} as done_at,
        case when d.id is not null then 'done' when r.ends_at <= {now} then 'missed' else 'due' end as state
    from duty r
    join customer c on c.created_at < r.starts_at and {kept}
        and (r.kinds = '' or c.kind = any (string_to_array(r.kinds, ',')))
        and (r.scheme = '' or {member})
    left join {table} d on d.tenant_id = c.tenant_id and d.customer_id = c.id and d.duty = r.name and d.span = r.span
)
"""


def _statement(done_in: Done, places: Sequence[str]) -> str:
    asked = dict(zip(_ASKED, places, strict=True))
    return _OWED.format(
        table=done_in,
        done_at=_DONE_AT[done_in],
        member=member("c", "r.first_on", "m.scheme = r.scheme"),
        kept=kept_until("c", "r.ends_at"),
        **asked,
    )


# By what is done: customers in the order of their archives, each with how the duty stands. Asked with `asked(duty)`.
LISTED = {
    done_in: Listing(
        view=Owed,
        source=f"({_statement(done_in, [f'${name}' for name in _ASKED])} select * from owed) x",
        order=earliest_first("x.created_at"),
        columns={
            "customer_id": "x.id",
            "customer_number": "x.number",
            "duty": "x.name",
            "after_on": "$after_on::date",
            "clause": "$clause::text",
        },
        filters={"customer_id": "x.id = $value"},
    )
    for done_in in _DONE_AT
}


def reviews_on(rhythms: Sequence[ReviewRhythm], on: date, time_zone: str) -> list[Duty]:
    """The reviews of the spans that hold the day."""
    return [
        Duty(
            name=rhythm.name,
            window=window_of(rhythm.span, on, time_zone),
            customer_kinds=rhythm.customer_kinds,
            clause=rhythm.clause,
        )
        for rhythm in rhythms
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


def owed(done_in: Done, prefix: str) -> str:
    """The customers with all the duties that `asked_all` names with the same prefix, as what follows `from`, called `x`."""
    return f"({_statement(done_in, [f'${prefix}_{name}' if name != 'now' else '$now' for name in _ASKED])} select * from owed) x"


def asked_all(duties: Sequence[Duty], prefix: str) -> dict[str, object]:
    """The values of `owed`."""
    names = [f"{prefix}_{name}" for name in _ASKED[:-1]]
    return dict(zip(names, _columns(duties), strict=True))


def asked(duty: Duty) -> dict[str, Any]:
    """The values with which the list of a duty is asked."""
    names = _ASKED[:-1]
    return dict(zip(names, _columns((duty,)), strict=True)) | {
        "after_on": duty.window.after_on,
        "clause": duty.clause,
    }


async def counts(done_in: Done, duties: Sequence[Duty], *, now: datetime) -> list[DutyCount]:
    """How the duties stand, per account manager by name."""
    return await read(
        DutyCount,
        f"{_statement(done_in, [f'${place}' for place in range(1, len(_ASKED) + 1)])} select o.account_manager_id, coalesce(s.name, '') as account_manager_name,"
        " count(*) filter (where o.state = 'due') as due, count(*) filter (where o.state = 'done') as done,"
        " count(*) filter (where o.state = 'missed') as missed from owed o"
        " left join staff s on s.tenant_id = o.tenant_id and s.id = o.account_manager_id"
        " group by o.account_manager_id, s.name order by s.name nulls last, o.account_manager_id",
        *_columns(duties),
        now,
    )


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
