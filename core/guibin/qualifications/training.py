"""Training that the policy asks for once per calendar span, whatever is still valid: who had none in it, and how many had (S10-9)."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from guibin.audit.actions import searched
from guibin.context import Act
from guibin.periods.spans import Window, before, named, window_of
from guibin.policy.cadence import Span
from guibin.policy.packs import Policy
from guibin.policy.qualifications import StaffQualification
from guibin.web.listing import Listing, Order, PageAsked, placed
from guibin.web.paging import Page
from guibin_tenants.refusals import Invalid
from guibin_tenants.rows import many
from guibin_tenants.scope import fetch_one
from guibin_tenants.walls import EVERYWHERE, SEEN_UNITS

from .queries import SEEN, looking, qualification_of

# Holders of its posts who work here and did before the span began, each with the last training and whether one was in the span.
_ASKED = (
    "(select s.tenant_id, s.id, s.name as staff_name, s.org_unit_id,"
    " (select max(r.obtained_on) from {records}) as last_on,"
    " exists (select from {records} and r.obtained_on >= {first} and r.obtained_on < {after}) as trained"
    " from staff s where s.left_at is null and s.created_at < {since} and s.roles && {posts}::text[]"
    f" and ({EVERYWHERE} or s.org_unit_id = any ({SEEN_UNITS}))) x"
)
_RECORDS = (
    "qualification_record r where r.tenant_id = s.tenant_id and r.staff_id = s.id and r.qualification = {name}"
    " and r.withdrawn_at is null"
)
_NAMES = {"name": "$qualification", "first": "$first::date", "after": "$after::date", "since": "$since::timestamptz"}
_SPANS = {"name": "q.name", "first": "q.first_on", "after": "q.after_on", "since": "q.starts_at"}
_PLACES = {"name": "$1", "first": "$2::date", "after": "$3::date", "since": "$4::timestamptz", "posts": "$5"}


class UntrainedView(Struct, frozen=True, kw_only=True):
    """Somebody who had no such training in the span; `last_on` is when they had the last, None for never."""

    id: UUID
    staff_name: str
    org_unit_id: UUID | None
    last_on: date | None


class UntrainedFilter(Struct, frozen=True, kw_only=True):
    """For which qualification, and in which of its spans, such as 2026 or 2026-Q1: by default the last that ended."""

    qualification: str
    span: str = ""


UNTRAINED = Listing(
    view=UntrainedView,
    source=_ASKED.format(records=_RECORDS.format(**_NAMES), posts="$posts", **_NAMES)
    + " join staff s on s.tenant_id = x.tenant_id and s.id = x.id",
    order=Order({"x.staff_name": str, "x.id": UUID}),
    holds=f"{SEEN} and not x.trained",
)


async def list_untrained(filters: UntrainedFilter, page: PageAsked, act: Act) -> Page[UntrainedView]:
    """Oneself and those of whom one leads. Raises Invalid for what is asked of nobody by spans, and for a span there is not."""
    known = qualification_of(act.policy, filters.qualification)
    if known is None or known.asked_every is None:
        names = ", ".join(each.name for each, _ in asked(act.policy)) or "none: the policy asks for none"
        rule = "a qualification that the policy asks for once in a span"
        raise Invalid.at("qualification", rule, f"one of: {names}", filters.qualification[:60])
    window = named(known.asked_every, filters.span, act.company.time_zone) if filters.span else last(known, act)
    return await untrained(known, window, page, act)


async def untrained(each: StaffQualification, window: Window, page: PageAsked, act: Act) -> Page[UntrainedView]:
    """Who had none in it, of those whom the reader may see; the look is on record."""
    values: dict[str, Any] = dict(
        zip(("qualification", "first", "after", "since", "posts"), _values(each, window), strict=True)
    )
    return await searched("qualification", await UNTRAINED.page(None, page, act, **values, **looking(act)), act)


async def without(each: StaffQualification, window: Window) -> list[UntrainedView]:
    """Who had none in it, for whoever acts for the company."""
    source = _ASKED.format(records=_RECORDS.format(**_PLACES), **_PLACES)
    return await many(UntrainedView, f"from {source} where not trained order by staff_name, id", *_values(each, window))


# Who was to have it in each of these spans, and whether they had, as what follows `from`, called `x`. Asked with `asked_in`.
OWED = (
    "(select x.*, q.span, case when x.trained then 'done' else 'missed' end as state from unnest($trained_in::text[],"
    " $spans::text[], $firsts::date[], $afters::date[], $begins::timestamptz[], $of_posts::text[])"
    " as q (name, span, first_on, after_on, starts_at, posts) cross join lateral "
    + _ASKED.format(records=_RECORDS.format(**_SPANS), posts="string_to_array(q.posts, ',')", **_SPANS)
    + ") x"
)


def asked_in(spans: Iterable[tuple[StaffQualification, Window]]) -> dict[str, object]:
    """The values of OWED."""
    known = list(spans)
    return {
        "trained_in": [each.name for each, _ in known],
        "spans": [window.name for _, window in known],
        "firsts": [window.first_on for _, window in known],
        "afters": [window.after_on for _, window in known],
        "begins": [window.starts_at for _, window in known],
        "of_posts": [",".join(each.posts) for each, _ in known],
    }


async def figures(spans: Iterable[tuple[StaffQualification, Window]]) -> tuple[int, int]:
    """How many were to have training in these spans, and how many of those had; of the org units in sight."""
    statement = f"select count(*) as owed, count(*) filter (where x.trained) as had from {OWED}"
    statement, values = placed(statement, asked_in(spans))
    row = await fetch_one(statement, *values)
    assert row is not None  # a count always answers
    return row["owed"], row["had"]


def asked(policy: Policy) -> list[tuple[StaffQualification, Span]]:
    """What the policy asks for once in a span, and in which."""
    return [(each, each.asked_every) for each in policy.qualifications if each.asked_every is not None]


def last(each: StaffQualification, act: Act) -> Window:
    """The last of its spans that ended."""
    return before(present(each, act), act.company.time_zone)


def present(each: StaffQualification, act: Act) -> Window:
    """The one that today belongs to."""
    return window_of(each.asked_every or "year", act.today, act.company.time_zone)


def _values(each: StaffQualification, window: Window) -> tuple[str, date, date, datetime, list[str]]:
    return (each.name, window.first_on, window.after_on, window.starts_at, list(each.posts))
