"""What stands behind a figure: the rows it counts, how it went period by period, and how it stands in the units below."""

import re
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from guibin.audit.actions import noted, searched
from guibin.complaints.tables import Complaint
from guibin.context import Act
from guibin.periods.counts import NAMED_PERIOD, Count, values_of
from guibin.periods.names import Period, before, parse_period
from guibin.policy.words import up_to
from guibin.profiles.queries import called
from guibin.web.listing import Listing, Order, PageAsked
from guibin.web.paging import Page
from guibin_tenants import org_units
from guibin_tenants.refusals import Conflict, NotFound
from guibin_tenants.rows import name_of
from guibin_tenants.scope import see_units

from .actions import closed, unit_seen
from .counts import Behind, Groups, behind, count_of, counted, seen
from .figures import Definition, Figure, counts_of, defined, figures_of, valued

Part = Literal["numerator", "denominator"]
PERIODS, PERIODS_MAX = 12, 24


class NotRowByRow(Conflict):
    """This figure is a plain number: it has no denominator, so no rows of one."""


class RowsAsked(Struct, frozen=True, kw_only=True):
    """Which rows: those of the `part` of the figure in the period, of one `group` of it, such as `loyalty/gold`."""

    period: Annotated[str, up_to(10)]
    part: Part = "numerator"
    group: Annotated[str, Meta(max_length=200)] | None = None
    org_unit_id: UUID | None = None


class TrendAsked(Struct, frozen=True, kw_only=True):
    """So many periods, the last of them `period`; of one org unit and all under it."""

    period: Annotated[str, up_to(10)]
    points: Annotated[int, Meta(ge=2, le=PERIODS_MAX)] = PERIODS
    org_unit_id: UUID | None = None


class FigureRow(Struct, frozen=True, kw_only=True):
    """One thing that is counted: of which kind, its number where it has one, and whose it is: a customer's, or a member of staff. It
    counts so many `times`: once for each span of a rhythm. As it is now, where a closed period shows the number of its close."""

    subject: str
    id: UUID
    number: str
    customer_id: UUID | None
    customer_name: str | None
    staff_name: str | None
    times: int


class Point(Struct, frozen=True, kw_only=True):
    """The figure in one period; `value` is None for too few. `closed` where it is the number of the close."""

    period: str
    numerator: int
    denominator: int | None
    value: float | None
    met: bool | None
    closed: bool


class Trend(Struct, frozen=True, kw_only=True):
    """A figure period by period, the earliest first."""

    definition: Definition
    org_unit_name: str
    points: tuple[Point, ...]


class UnitPoint(Struct, frozen=True, kw_only=True):
    """The figure of one org unit with all under it, as it is now."""

    org_unit_id: UUID
    org_unit_name: str
    numerator: int
    denominator: int | None
    value: float | None
    met: bool | None


# Whose a row is, where the table does not say it of itself: of the alias `{a}`, or of what is joined to it.
_WHOSE = {"customer": "{a}.id", "complaint_callback": "c.customer_id", "grace_period": "m.customer_id"}
_DISTINCT = re.compile(r"distinct (?P<whose>[a-z]\.(?:id|customer_id))")
_TABLE = re.compile(r"(?P<table>[a-z_]+) (?P<alias>[a-z])\b")


def figure_of(name: str, act: Act) -> Figure:
    """Raises NotFound for a figure that the policy does not have."""
    found = next((figure for figure in figures_of(act.policy) if figure.name == name), None)
    if found is None:
        raise NotFound(f"There is no figure {name[:60]}")
    return found


def definition_of(figure: Figure, act: Act) -> Definition:
    """The figure as it is explained, in the reader's language."""
    return defined(figure, act.policy, act.language)


async def rows_behind(name: str, asked: RowsAsked, page: PageAsked, act: Act) -> Page[FigureRow]:
    """A page of what the figure counts, within the wall; whose rows were shown is on record.

    Raises NotFound, Invalid for no period, NotRowByRow.
    """
    figure = figure_of(name, act)
    period = parse_period(asked.period, act.company.time_zone)
    await unit_seen(asked.org_unit_id, by=act.by)
    counts = figure.numerator if asked.part == "numerator" else figure.denominator
    policy, zone = act.policy, act.company.time_zone
    spans = behind(counts, period, policy=policy, time_zone=zone, as_of=act.now)
    if spans:
        found = await _of_spans(spans).page(None, page, act, **spans.values)
        return await searched("figure_row", found, act, subject="statistics")
    count = count_of(counts)
    if count is None:
        raise NotRowByRow
    source, values = _narrowed(count, figure, asked.group)
    seen_of = seen(period, policy=policy, time_zone=zone, as_of=act.now)
    found = await _listing(count, source).page(None, page, act, **values_of(seen_of), **values)
    return await searched("figure_row", found, act, subject="statistics")


def _of_spans(spans: Behind) -> Listing[FigureRow]:
    """Whom a rhythm concerns with the spans of theirs that count."""
    whose, staff = ("x.id", "null::text") if spans.subject == "customer" else ("null::uuid", "min(x.staff_name)")
    return Listing(
        view=FigureRow,
        source=f"(select '{spans.subject}'::text as subject, x.id, {whose} as customer_id, {staff} as staff_name,"
        " string_agg(distinct x.span, ', ') as number, count(*)::int as times"
        f" from {spans.source} where x.state = any ($states::text[]) group by x.id) x",
        order=Order({"x.id": UUID}),
        columns={"customer_name": called("x.customer_id")},
    )


def _narrowed(count: Count, figure: Figure, group: str | None) -> tuple[str, dict[str, object]]:
    """What follows `where`, and its values: what holds, within the figure's filters and the group."""
    conditions, values = [count.holds], dict[str, object]()
    for place, (part, allowed) in enumerate(figure.filters.items()):
        if part in count.parts:
            conditions.append(f"{count.parts[part]} = any ($within_{'abcdefgh'[place]}::text[])")
            values[f"within_{'abcdefgh'[place]}"] = list(allowed)
    if group is not None:
        conditions.append(f"{' || chr(47) || '.join(count.parts.values()) or chr(39) * 2} = $of_group")
        values["of_group"] = group
    return " and ".join(f"({each})" for each in conditions), values


def _listing(count: Count, holds: str) -> Listing[FigureRow]:
    distinct, table = _DISTINCT.fullmatch(count.of), _TABLE.match(count.rows)
    if distinct or table is None:
        # What was put together of several tables is counted by the customer.
        alias = count.rows.rsplit(" ", 1)[-1].strip()
        whose = distinct["whose"] if distinct else f"{alias}.customer_id"
        subject, row = "customer", whose
    else:
        subject, row = table["table"], f"{table['alias']}.id"
        whose = _WHOSE.get(subject, "{a}.customer_id").format(a=table["alias"])
    source = (
        f"({NAMED_PERIOD}select distinct '{subject}'::text as subject, {row} as id, {whose} as customer_id"
        f" from p cross join {count.rows} where {holds}) x"
    )
    complaint = name_of(Complaint)
    number = f"(select c.number from {complaint} c where c.id = x.id)" if subject == complaint else "''::text"
    return Listing(
        view=FigureRow,
        source=source,
        order=Order({"x.id": UUID}),
        columns={
            "number": number,
            "customer_name": called("x.customer_id"),
            "staff_name": "null::text",
            "times": "1",
        },
    )


async def trend(name: str, asked: TrendAsked, act: Act) -> Trend:
    """The figure in so many periods, each as it was closed, or as it is now. Raises NotFound, Invalid."""
    figure, zone = figure_of(name, act), act.company.time_zone
    unit = await unit_seen(asked.org_unit_id, by=act.by)
    periods = [parse_period(asked.period, zone)]
    while len(periods) < asked.points:
        periods.insert(0, before(periods[0], zone))
    points = [await _point(figure, period, unit.id, act) for period in periods]
    await noted("statistics.trend", act, subject="statistics", shown=len(points))
    return Trend(definition=definition_of(figure, act), org_unit_name=unit.name, points=tuple(points))


async def units_below(name: str, asked: TrendAsked, act: Act) -> list[UnitPoint]:
    """The figure of the period in each org unit right under this one. It narrows what the transaction sees: the last thing
    read in it. Raises NotFound, Invalid."""
    figure, period = figure_of(name, act), parse_period(asked.period, act.company.time_zone)
    unit = await unit_seen(asked.org_unit_id, by=act.by)
    found = []
    for below in await org_units.standing_units():
        visible = await org_units.visible_from(below.id)
        if below.parent_id == unit.id and isinstance(visible, tuple):
            await see_units(visible)
            value = valued(figure, await _counted(figure, period, act), act.policy, act.language)
            told = {name: getattr(value, name) for name in ("numerator", "denominator", "value", "met")}
            found.append(UnitPoint(org_unit_id=below.id, org_unit_name=below.name, **told))
    await noted("statistics.units", act, subject="statistics", shown=len(found))
    return found


async def _point(figure: Figure, period: Period, unit_id: UUID, act: Act) -> Point:
    close = await closed("counts", period, unit_id)
    known: dict[str, Groups] = msgspec.json.decode(close.content, type=dict[str, Groups]) if close else {}
    frozen = all(name in known for name in counts_of((figure,)))
    value = valued(figure, known if frozen else await _counted(figure, period, act), act.policy, act.language)
    told = {name: getattr(value, name) for name in ("numerator", "denominator", "value", "met")}
    return Point(period=period.name, closed=frozen, **told)


async def _counted(figure: Figure, period: Period, act: Act) -> dict[str, Groups]:
    return await counted(
        counts_of((figure,)), period, policy=act.policy, time_zone=act.company.time_zone, as_of=act.now
    )
