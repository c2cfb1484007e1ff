"""How often each customer was to be contacted in a span, and was: one statement for the whole base (S05-6, S07-2).

What is due in a span is decided by the tier held on its first day: whoever joins or changes tier in its middle comes
under the new cadence from the next span on (subtleties 52, 54). A contact counts for every cadence it fits. Attempts
that did not reach the customer never count, nor messages that the product sent by itself; the customer's own contacts only where policy says so. A customer who wants
no contact, by a consent to `contact` that was refused or withdrawn or by the preference `contact` `none`, is shown as waived and not as missed (56). Whoever
looks after the customer today answers for the whole span (55).
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct, structs

from guibin.context import Act
from guibin.periods.spans import Window, window_of
from guibin.policy.cadence import Cadence
from guibin.profiles.queries import customer_of, kept_until, refused
from guibin.tiers.queries import holding
from guibin.web.listing import Listing, Order, PageAsked, placed
from guibin.web.paging import Page
from guibin_tenants.rows import shown
from guibin_tenants.scope import fetch

from .actions import SOURCE
from .requests import FACE_TO_FACE

# The purpose of a consent by which a customer wants to be contacted, or does not.
CONTACT = "contact"


State = Literal["due", "done", "missed", "waived"]


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
    state: State


class ContactsDue(Struct, frozen=True, kw_only=True):
    """A customer with everything due in the spans that hold the day."""

    customer_id: UUID
    customer_number: str
    customer_name: str
    account_manager_id: UUID | None
    created_at: datetime
    obligations: list[Obligation]


class Standing(Struct, frozen=True, kw_only=True):
    """How a customer was kept in touch with: when last, what is due in the spans that run, and what was missed in those
    before without any contact since."""

    last_at: datetime | None = None
    last_channel: str = ""
    running: tuple[Obligation, ...] = ()
    missed: tuple[Obligation, ...] = ()


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

    state: State | None = None
    account_manager_id: UUID | None = None
    customer_id: UUID | None = None


# One row per customer and cadence, as `_known` gives what it is asked with; `{of}` may leave customers out.
_OWED = f"""
with rule as (
    select * from unnest($places::int[], $schemes::text[], $tiers::text[], $first::date[], $starts::timestamptz[],
        $ends::timestamptz[], $times::int[], $face::boolean[], $inbound::boolean[])
        as r (place, scheme, tier, first_on, starts_at, ends_at, times, face_to_face, inbound_counts)
), owed as (
    select c.tenant_id, c.id, c.number, c.name, c.account_manager_id, c.created_at, r.*,
        coalesce(c.preferences ->> 'contact' = 'none', false) as left_alone,
        (select count(*) from interaction i where i.tenant_id = c.tenant_id and i.customer_id = c.id
            and i.happened_at >= r.starts_at and i.happened_at < r.ends_at and i.outcome = 'reached'
            and (i.direction = 'out' or r.inbound_counts) and i.source is distinct from '{SOURCE}'
            and (not r.face_to_face or i.channel = any ($channels::text[]))) as made
    from rule r
    join membership m on m.scheme = r.scheme and (r.tier = '' or m.tier = r.tier)
        and {holding("m", "r.first_on")}
    {customer_of("c", "m")} and {kept_until("c", "r.ends_at")} {{of}}
), judged as (
    select o.*, case when o.made >= o.times then 'done'
        when o.left_alone then 'waived'
        when {refused("o", "o.id", f"'{CONTACT}'", until="k.recorded_at < o.ends_at")} then 'waived'
        when o.ends_at <= $now then 'missed' else 'due' end as state
    from owed o
)
"""


class AsOf(Struct, frozen=True):
    """The spans that hold the day `on` in this zone, as they stand at `now`."""

    on: date
    time_zone: str
    now: datetime


# What is owed in the spans that hold the day, as what follows `from`, called `x`. Asked with `asked_now`.
OWED_NOW = f"({_OWED.format(of='')} select j.*, ($contact_spans::text[])[j.place + 1] as span from judged j) x"


def asked_now(cadences: Sequence[Cadence], at: AsOf) -> dict[str, object]:
    """The values of OWED_NOW."""
    return _known(cadences, _windows(cadences, at), at.now) | {"contact_spans": [cadence.span for cadence in cadences]}


def asked_in(spans: Sequence[tuple[Cadence, Window]], now: datetime) -> dict[str, object]:
    """The values of OWED_NOW for these spans of these cadences, whenever they were."""
    cadences, windows = [cadence for cadence, _ in spans], [window for _, window in spans]
    return _known(cadences, windows, now) | {"contact_spans": [window.name for window in windows]}


def reached(customer: str) -> str:
    """SQL: the contacts `i` that reached the customer `customer`; a condition or an order may follow."""
    return (
        f"from interaction i where i.tenant_id = {customer}.tenant_id and i.customer_id = {customer}.id"
        f" and i.outcome = 'reached' and i.source is distinct from '{SOURCE}'"
    )


# SQL: when the customer `c` was last reached; long ago for one who never was.
LAST_REACHED = f"coalesce((select i.happened_at {reached('c')} order by i.happened_at desc limit 1), timestamptz '1900-01-01 00:00Z')"


def not_reached_since(moment: str) -> str:
    """SQL: the customer `c` was not reached from that moment on."""
    return f"not exists (select {reached('c')} and i.happened_at >= {moment})"


def missing_contact(
    cadences: Sequence[Cadence], at: AsOf, *, known_before: bool = False
) -> tuple[str, dict[str, object]]:
    """SQL with its values: the customer `c` was contacted too rarely in the last span that is over, and not since; with
    `known_before`, in a span before which the archive was there."""
    of = "and c.created_at < r.starts_at" if known_before else ""
    since = reached("j").replace("from interaction i where", "from interaction i where i.happened_at >= j.ends_at and")
    missed = f"{_OWED.format(of=of)} select j.id from judged j where j.state = 'missed' and not exists (select {since})"
    return f"c.id = any (array({missed}))", _known(cadences, _last_windows(cadences, at), at.now)


async def standings(customer_ids: Sequence[UUID], cadences: Sequence[Cadence], at: AsOf) -> dict[UUID, Standing]:
    """How each of these customers was kept in touch with."""
    rows = await fetch(
        "select c.id, i.happened_at, i.channel from customer c"
        f" cross join lateral (select i.happened_at, i.channel {reached('c')} order by i.happened_at desc limit 1) i"
        " where c.id = any ($1)",
        list(customer_ids),
    )
    last = {row["id"]: (row["happened_at"], row["channel"]) for row in rows}
    # The spans that run first, then those before.
    windows, doubled = _windows(cadences, at) + _last_windows(cadences, at), [*cadences, *cadences]
    statement, values = placed(
        f"{_OWED.format(of='and c.id = any ($ids)')} select j.id, {_STANDS} as obligations from judged j group by j.id",
        _known(doubled, windows, at.now) | {"ids": list(customer_ids)},
    )
    owed = {
        row["id"]: _obligations(msgspec.json.decode(row["obligations"], type=list[_Stand]), doubled, windows)
        for row in await fetch(statement, *values)
    }
    return {each: _standing(last.get(each), owed.get(each, []), at) for each in customer_ids}


async def contacts_due(filters: CadenceFilter, page: PageAsked, act: Act, *, on: date) -> Page[ContactsDue]:
    """Customers in the order of their archives, each with what is due in the spans that hold the day `on`."""
    cadences = act.policy.cadences
    windows = _windows(cadences, AsOf(on, act.company.time_zone, act.now))
    found = await _DUE.page(filters, page, act, **_known(cadences, windows, act.now))
    return Page(
        [
            msgspec.convert(
                {**structs.asdict(row), "obligations": _obligations(row.obligations, cadences, windows)}, ContactsDue
            )
            for row in found.items
        ],
        found.next,
    )


async def cadence_counts(cadences: Sequence[Cadence], *, on: date, time_zone: str, now: datetime) -> list[CadenceCount]:
    """How the obligations of the spans that hold `on` stand, per account manager by name."""
    statement, values = placed(
        f"{_OWED.format(of='')} select j.account_manager_id, coalesce(s.name, '') as account_manager_name,"
        " count(*) filter (where j.state = 'due') as due, count(*) filter (where j.state = 'done') as done,"
        " count(*) filter (where j.state = 'missed') as missed, count(*) filter (where j.state = 'waived') as waived"
        " from judged j left join staff s on s.tenant_id = j.tenant_id and s.id = j.account_manager_id"
        " group by j.account_manager_id, s.name order by s.name nulls last, j.account_manager_id",
        _known(cadences, _windows(cadences, AsOf(on, time_zone, now)), now),
    )
    return shown(CadenceCount, await fetch(statement, *values))


_STANDS = "json_agg(json_build_object('place', j.place, 'made', j.made, 'state', j.state) order by j.place)"


class _Stand(Struct, frozen=True):
    place: int
    made: int
    state: State


class _Due(ContactsDue, frozen=True, kw_only=True):
    obligations: list[_Stand]  # type: ignore[assignment]  # as rows have them; ContactsDue says the rest


_DUE = Listing(
    view=_Due,
    source=f"""({_OWED.format(of="")} select j.id as customer_id, j.number as customer_number, j.name as customer_name,
        j.account_manager_id, j.created_at, {_STANDS} as obligations, array_agg(j.state) as states
        from judged j group by j.id, j.number, j.name, j.account_manager_id, j.created_at) x""",
    order=Order({"x.created_at": datetime, "x.customer_id": UUID}),
    filters={"state": "$value = any (x.states)"},
)


def _obligations(stands: Sequence[_Stand], cadences: Sequence[Cadence], windows: Sequence[Window]) -> list[Obligation]:
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
        for stand in stands
    ]


def _standing(last: tuple[datetime, str] | None, owed: Sequence[Obligation], at: AsOf) -> Standing:
    at_last, channel = last or (None, "")
    running = tuple(each for each in owed if each.after_on > at.on)
    over = tuple(each for each in owed if each.after_on <= at.on and each.state == "missed")
    # Whoever was reached since then is not owed the past any more.
    zone = ZoneInfo(at.time_zone)
    missed = tuple(each for each in over if at_last is None or at_last.astimezone(zone).date() < each.after_on)
    return Standing(last_at=at_last, last_channel=channel, running=running, missed=missed)


def _windows(cadences: Sequence[Cadence], at: AsOf) -> list[Window]:
    return [window_of(cadence.span, at.on, at.time_zone) for cadence in cadences]


def _last_windows(cadences: Sequence[Cadence], at: AsOf) -> list[Window]:
    return [
        window_of(window.span, window.first_on - timedelta(days=1), at.time_zone) for window in _windows(cadences, at)
    ]


def _known(cadences: Sequence[Cadence], windows: Sequence[Window], now: datetime) -> dict[str, object]:
    return {
        "places": list(range(len(cadences))),
        "schemes": [cadence.scheme for cadence in cadences],
        "tiers": [cadence.tier for cadence in cadences],
        "first": [window.first_on for window in windows],
        "starts": [window.starts_at for window in windows],
        "ends": [window.ends_at for window in windows],
        "times": [cadence.times for cadence in cadences],
        "face": [cadence.face_to_face for cadence in cadences],
        "inbound": [cadence.inbound_counts for cadence in cadences],
        "channels": list(FACE_TO_FACE),
        "now": now,
    }
