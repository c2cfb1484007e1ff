"""Who is to be invited how often, and was: VIPs regularly to forums, galas and travel, and to promotions (S13-7).

Whom a span concerns is decided by the tier held on its first day, as contact cadences do. An invitation counts that went
out in the span to an event of one of the kinds that was not cancelled. Who wants no invitations is waived, not missed.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from msgspec import Struct

from guibin.audit.actions import noted, searched
from guibin.care.consents import refusal
from guibin.context import Act
from guibin.periods.counts import INVITED, INVITED_SPANS
from guibin.periods.spans import Window, window_of
from guibin.policy.activities import InvitationRhythm
from guibin.profiles.queries import customer_of, kept_until
from guibin.records.dues import AsOf
from guibin.tiers.queries import holding
from guibin.web.listing import Listing, Order, PageAsked, placed
from guibin.web.paging import Page
from guibin_tenants.rows import shown
from guibin_tenants.scope import fetch

from .inviting import PURPOSE

State = Literal["due", "done", "missed", "waived"]


class RhythmView(Struct, frozen=True, kw_only=True):
    """One rhythm in the span that holds the day: which event is planned, by when one was to be, and whom it reached.

    `planned` are the titles of events of its kinds that take place in the span. Of `members`, `invited` were, `waived`
    want no invitations, `left` are to be invited yet (or were not, once the span is over).
    """

    name: str
    title: str
    scheme: str
    tiers: tuple[str, ...]
    kinds: tuple[str, ...]
    span: str
    window: str
    first_on: date
    last_on: date
    plan_by: date
    planned: list[str]
    members: int
    invited: int
    waived: int
    left: int
    clause: str


class Uninvited(Struct, frozen=True, kw_only=True):
    """A member who was not invited in the span yet: `due` while it runs, `missed` once it is over, `waived` who wants none."""

    customer_id: UUID
    customer_number: str
    customer_name: str
    account_manager_id: UUID | None
    rhythm: str
    scheme: str
    tier: str
    window: str
    state: State


class UninvitedFilter(Struct, frozen=True, kw_only=True):
    """Of one rhythm, one scheme, one state; in the spans that hold the day `on`, today by default."""

    rhythm: str | None = None
    scheme: str | None = None
    state: State | None = None
    on: date | None = None


class ManagerCount(Struct, frozen=True):
    """How many of an account manager's customers stand how."""

    account_manager_id: UUID | None
    account_manager_name: str
    place: int
    done: int
    missed: int


# One row per member and rhythm, as `known` gives what it is asked with.
_OWED = f"""
with rule as (
    select * from unnest($places::int[], $rhythms::text[], $windows::text[], $schemes::text[], $tiers::text[],
        $kinds::text[], $first::date[], $starts::timestamptz[], $ends::timestamptz[])
        as r (place, rhythm, span_name, scheme, tier, kinds, first_on, starts_at, ends_at)
), judged as (
    select c.tenant_id, c.id, c.number, c.name, c.account_manager_id, r.place, r.rhythm, r.span_name, r.scheme, r.tier,
        case when exists (select from activity_invitation i
            join activity a on a.tenant_id = i.tenant_id and a.id = i.activity_id
            where i.tenant_id = c.tenant_id and i.customer_id = c.id and i.invited_at >= r.starts_at
            and i.invited_at < r.ends_at and a.kind = any (string_to_array(r.kinds, ','))
            and not exists (select from activity_cancellation x where x.tenant_id = a.tenant_id and x.activity_id = a.id)
          ) then 'done'
        when {refusal("c", PURPOSE)} is not null then 'waived'
        when r.ends_at <= $now then 'missed' else 'due' end as state
    from rule r
    join membership m on m.scheme = r.scheme and m.tier = r.tier and {holding("m", "r.first_on")}
    {customer_of("c", "m")} and {kept_until("c", "r.ends_at")}
)
"""
_UNINVITED = Listing(
    view=Uninvited,
    source=f"""({_OWED} select j.id as customer_id, j.number as customer_number, j.name as customer_name,
        j.account_manager_id, j.rhythm, j.scheme, j.tier, j.span_name as window, j.state, j.place from judged j
        where j.state <> 'done') x""",
    order=Order({"x.place": int, "x.customer_id": UUID}),
    columns={"window": 'x."window"'},
    filters={"on": "true"},
)


def known(rhythms: Sequence[InvitationRhythm], at: AsOf) -> dict[str, object]:
    """What the statement asks for: each rhythm once for each of its tiers, in the span that holds the day."""
    return known_in([(rhythm, window_of(rhythm.span, at.on, at.time_zone)) for rhythm in rhythms], at.now)


def known_in(spans: Sequence[tuple[InvitationRhythm, Window]], now: datetime) -> dict[str, object]:
    """The same for these spans of these rhythms, whenever they were."""
    windows = [window for _, window in spans]
    each = [(place, rhythm, tier) for place, (rhythm, _) in enumerate(spans) for tier in rhythm.tiers]
    return {
        "places": [place for place, _, _ in each],
        "rhythms": [rhythm.name for _, rhythm, _ in each],
        "windows": [windows[place].name for place, _, _ in each],
        "schemes": [rhythm.scheme for _, rhythm, _ in each],
        "tiers": [tier for _, _, tier in each],
        "kinds": [",".join(rhythm.kinds) for _, rhythm, _ in each],
        "first": [windows[place].first_on for place, _, _ in each],
        "starts": [windows[place].starts_at for place, _, _ in each],
        "ends": [windows[place].ends_at for place, _, _ in each],
        "now": now,
    }


async def uninvited(filters: UninvitedFilter, page: PageAsked, act: Act) -> Page[Uninvited]:
    """Members who were not invited in the spans that hold the day, rhythm by rhythm."""
    asked = known(act.policy.invitations, AsOf(filters.on or act.today, act.company.time_zone, act.now))
    found = await _UNINVITED.page(filters, page, act, **asked)
    return await searched("activity", found, act, verb="uninvited", fields=("activity", "tier"))


async def manager_counts(rhythms: Sequence[InvitationRhythm], at: AsOf) -> list[ManagerCount]:
    """Per account manager and rhythm, `place` in the order given: whom it reached and whom not."""
    statement, values = placed(
        f"{_OWED} select j.account_manager_id, coalesce(s.name, '') as account_manager_name, j.place,"
        " count(*) filter (where j.state = 'done') as done, count(*) filter (where j.state = 'missed') as missed"
        " from judged j left join staff s on s.tenant_id = j.tenant_id and s.id = j.account_manager_id"
        " group by j.account_manager_id, s.name, j.place order by j.place, s.name nulls last, j.account_manager_id",
        known(rhythms, at),
    )
    return shown(ManagerCount, await fetch(statement, *values))


async def rhythms(act: Act) -> list[RhythmView]:
    """Every rhythm of the policy in the span that runs: what is planned, whom it reached, who is left."""
    if not act.policy.invitations:
        return []
    statement, values = placed(
        f"{_OWED} select j.place, count(*) as members, count(*) filter (where j.state = 'done') as invited,"
        " count(*) filter (where j.state = 'waived') as waived from judged j group by j.place",
        known(act.policy.invitations, AsOf(act.today, act.company.time_zone, act.now)),
    )
    counts = {row["place"]: row for row in await fetch(statement, *values)}
    found = []
    for place, rhythm in enumerate(act.policy.invitations):
        window, count = window_of(rhythm.span, act.today, act.company.time_zone), counts.get(place)
        members, invited, waived = (count[name] if count else 0 for name in ("members", "invited", "waived"))
        found.append(
            RhythmView(
                name=rhythm.name,
                title=act.policy.title(f"invitation.{rhythm.name}", act.language),
                scheme=rhythm.scheme,
                tiers=rhythm.tiers,
                kinds=rhythm.kinds,
                span=rhythm.span,
                window=window.name,
                first_on=window.first_on,
                last_on=window.after_on - timedelta(days=1),
                plan_by=plan_by(rhythm, window),
                planned=await planned(rhythm, window),
                members=members,
                invited=invited,
                waived=waived,
                left=members - invited - waived,
                clause=rhythm.clause,
            )
        )
    return found


async def listed(act: Act) -> list[RhythmView]:
    """As `rhythms`, on record; it names nobody."""
    found = await rhythms(act)
    await noted("activity.rhythms", act, subject="activity", shown=len(found))
    return found


def plan_by(rhythm: InvitationRhythm, window: Window) -> date:
    """The last day on which an event is to be planned, within the span."""
    return min(window.first_on + timedelta(days=rhythm.plan_days - 1), window.after_on - timedelta(days=1))


async def planned(rhythm: InvitationRhythm, window: Window) -> list[str]:
    """The titles of events of its kinds that take place in the span, the first to begin first."""
    rows = await fetch(
        "select a.title from activity a where a.kind = any ($1) and a.starts_at >= $2 and a.starts_at < $3 and not exists"
        " (select from activity_cancellation x where x.tenant_id = a.tenant_id and x.activity_id = a.id)"
        " order by a.starts_at, a.id limit 20",
        list(rhythm.kinds),
        window.starts_at,
        window.ends_at,
    )
    return [row["title"] for row in rows]


async def _invited(rhythm: InvitationRhythm, on: date, time_zone: str, now: datetime) -> tuple[int, int]:
    counts = await manager_counts((rhythm,), AsOf(on, time_zone, now))
    return sum(each.done + each.missed for each in counts), sum(each.done for each in counts)


def _spans(spans: Sequence[tuple[InvitationRhythm, Window]], now: datetime) -> tuple[str, dict[str, object]]:
    return f"({_OWED} select j.*, j.span_name as span from judged j) x", known_in(spans, now)


INVITED.give(_invited)
INVITED_SPANS.give(_spans)
