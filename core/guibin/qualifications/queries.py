"""Who has which qualification, until when, and whose training is due."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from guibin.context import Act
from guibin.policy.packs import Policy
from guibin.policy.qualifications import StaffQualification
from guibin.web.listing import Listing, Order, newest_first
from guibin_tenants.principals import Principal
from guibin_tenants.rows import many
from guibin_tenants.staff import StaffView

State = Literal["valid", "due", "lapsed", "missing"]
# Somebody's own, and those of whom one leads: leaders see the org units under theirs.
SEEN = "(s.id = $me or ($leads and ($units::uuid[] is null or s.org_unit_id = any ($units::uuid[]))))"
# What every member of staff needs by the policy, each with the newest record of it: `wanted` are the policy's qualifications.
NEEDED = (
    "(select s.tenant_id, s.id as staff_id, s.name as staff_name, s.org_unit_id, q.name as qualification, r.id as record_id,"
    " r.obtained_on, r.valid_until, case when r.id is null then 'missing' when r.valid_until < {today} then 'lapsed'"
    " when r.valid_until <= {today} + q.remind_days then 'due' else 'valid' end as state,"
    " md5(s.id::text || q.name)::uuid as id"
    " from staff s join jsonb_to_recordset({wanted}::jsonb) as q (name text, posts jsonb, remind_days int)"
    "  on exists (select from jsonb_array_elements_text(q.posts) p where p = any (s.roles))"
    " left join lateral (select c.id, c.obtained_on, c.valid_until from qualification_record c where c.tenant_id = s.tenant_id"
    "  and c.staff_id = s.id and c.qualification = q.name and c.withdrawn_at is null"
    "  order by c.valid_until desc nulls first, c.obtained_on desc, c.id desc limit 1) r on true"
    " where s.left_at is null) x"
)


class StandingView(Struct, frozen=True, kw_only=True):
    """How somebody stands with a qualification their post needs; `due` within the days in which the policy reminds."""

    id: UUID
    staff_id: UUID
    staff_name: str
    org_unit_id: UUID | None
    qualification: str
    state: State
    obtained_on: date | None
    valid_until: date | None
    record_id: UUID | None


class StandingFilter(Struct, frozen=True, kw_only=True):
    """Whose, of which qualification, in which state; `open_only` leaves out what is valid."""

    staff_id: UUID | None = None
    qualification: str | None = None
    state: State | None = None
    open_only: bool = False


class RecordView(Struct, frozen=True, kw_only=True):
    """A qualification on record."""

    id: UUID
    staff_id: UUID
    staff_name: str
    qualification: str
    obtained_on: date
    valid_until: date | None
    certificate: str
    note: str
    recorded_by_name: str
    recorded_at: datetime
    withdrawn_at: datetime | None
    withdrawn_because: str


class RecordFilter(Struct, frozen=True, kw_only=True):
    """Whose, of which qualification."""

    staff_id: UUID | None = None
    qualification: str | None = None


class StandingCount(Struct, frozen=True, kw_only=True):
    """How many of those who need a qualification have it now, valid or about to end."""

    qualification: str
    needed: int
    held: int
    due: int
    lapsed: int
    missing: int


STANDINGS = Listing(
    view=StandingView,
    source=NEEDED.format(wanted="$wanted", today="$today::date")
    + " join staff s on s.tenant_id = x.tenant_id and s.id = x.staff_id",
    order=Order({"x.staff_name": str, "x.id": UUID}),
    filters={"open_only": "x.state <> 'valid'"},
    holds=SEEN,
)
RECORDS = Listing(
    view=RecordView,
    source="qualification_record x join staff s on s.tenant_id = x.tenant_id and s.id = x.staff_id",
    order=newest_first("x.recorded_at"),
    holds=SEEN,
)


def looking(act: Act) -> dict[str, Any]:
    """Who looks, on which day, at what the policy wants: what the names in the statements stand for."""
    return {"me": act.by.person, "leads": leads(act.by), "units": act.by.units_seen}


def asking(act: Act) -> dict[str, Any]:
    """As `looking`, with what the policy wants of posts today."""
    return looking(act) | {"wanted": wanted(act.policy), "today": act.today}


def leads(by: Principal) -> bool:
    """Whether others' qualifications are theirs to see and keep: systems act for no colleague."""
    return not by.is_person or bool({"manager", "tenant_admin"} & set(by.roles))


def kept_by(person: StaffView, by: Principal) -> bool:
    """Whether they keep what this person has obtained: whoever leads, and nobody their own."""
    return leads(by) and by.covers(person.org_unit_id) and not (by.is_person and person.id == by.person)


def qualification_of(policy: Policy, name: str) -> StaffQualification | None:
    """The qualification of this name."""
    return next((each for each in policy.qualifications if each.name == name), None)


async def standings(act: Act, *, staff_ids: Sequence[UUID] | None = None) -> list[StandingView]:
    """How everybody, or these, stand with what their posts need; for whoever acts for the company."""
    if not act.policy.qualifications:
        return []
    return await many(
        StandingView,
        f"from {NEEDED.format(wanted='$1', today='$2::date')}"
        " where $3::uuid[] is null or staff_id = any ($3) order by staff_name, staff_id, qualification",
        wanted(act.policy),
        act.today,
        list(staff_ids) if staff_ids is not None else None,
    )


async def counts(act: Act) -> list[StandingCount]:
    """By qualification, of those whom the reader leads."""
    found = await STANDINGS.where("true", **asking(act))
    return [
        StandingCount(
            qualification=each.name,
            needed=len(states),
            held=states.count("valid") + states.count("due"),
            due=states.count("due"),
            lapsed=states.count("lapsed"),
            missing=states.count("missing"),
        )
        for each in act.policy.qualifications
        for states in [[one.state for one in found if one.qualification == each.name]]
    ]


def wanted(policy: Policy) -> str:
    return msgspec.json.encode(
        [{"name": each.name, "posts": each.posts, "remind_days": each.remind_days} for each in policy.qualifications]
    ).decode()
