"""Reports as pages: the figures of a period with their definitions and targets, and behind each its trend, units and rows."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import Provide
from msgspec import Meta, Struct, structs

from guibin.audit.actions import noted
from guibin.console import forms
from guibin.console.commands import Command, Sent, is_id, page_of
from guibin.console.forms import Choice, Form
from guibin.console.lists import page_asked
from guibin.console.navigation import Entry
from guibin.console.shell import PREFIX, Shell
from guibin.periods.names import Period, before, last_ended, parse_period
from guibin.web.listing import PageAsked, from_query
from guibin_tenants import org_units
from guibin_tenants.org_units import OrgUnitView
from guibin_tenants.principals import may
from guibin_tenants.rate_limits import BULK
from guibin_tenants.refusals import Refusal

from . import comparing, posting, queries
from .actions import unit_seen
from .comparing import ComparisonAsked
from .drawing import chart
from .figures import KINDS, Kind
from .pages import basis, change, worded
from .posting import NewSubscription
from .queries import FigureRow, Part, RowsAsked, TrendAsked
from .reports import Asked, report

READ = may("insight:read")
ROWS = READ & may("customers:read")
PATH, NAME = f"{PREFIX}/reports", "insight"
ENTRIES = (Entry(title="insight.title", path=PATH, icon="chart-bar", needs=READ, group="lead", order=20),)
_SPANS = ("week", "month", "year")
_SUBSCRIBE = Command(name="subscribe", action=posting.subscribe, needs=READ, icon="mail", main=True)


class Place(Struct, frozen=True):
    """Where a reader of reports stands: which period, which unit; its addresses keep both."""

    period: Period
    org_unit_id: UUID | None

    def address(self, path: str, **more: object) -> str:
        """A page of the same period and unit, or of others."""
        asked = {"period": self.period.name, "org_unit_id": self.org_unit_id} | more
        return f"{PATH}/{path}?{urlencode({name: str(value) for name, value in asked.items() if value})}"


class PlaceAsked(Struct, frozen=True, kw_only=True):
    """Which period and unit; the last month and the reader's own without."""

    period: Annotated[str, Meta(max_length=10)] = ""
    org_unit_id: Annotated[str, Meta(max_length=40)] = ""


class BesideAsked(PlaceAsked, frozen=True, kw_only=True):
    """What stands beside it: another period, another unit; the period before without either."""

    kind: Kind = "complaints"
    other_period: Annotated[str, Meta(max_length=10)] = ""
    other_unit_id: Annotated[str, Meta(max_length=40)] = ""


class BehindAsked(PlaceAsked, frozen=True, kw_only=True):
    """Of which part of the figure, and of which group of it."""

    part: Part = "numerator"
    group: Annotated[str, Meta(max_length=200)] = ""


class ReportScreens(Controller):
    path = PATH
    include_in_schema = False

    @get("/", needs=READ, cost=BULK)
    async def first(self, shell: Shell) -> Response[str]:
        return await _report("complaints", _place(PlaceAsked(), shell), shell)

    @get("/{kind:str}", needs=READ, cost=BULK, dependencies={"at": from_query(PlaceAsked)})
    async def show(self, kind: Kind, at: PlaceAsked, shell: Shell) -> Response[str]:
        return await _report(kind, _place(at, shell), shell)

    @get("/compare", needs=READ, cost=BULK, dependencies={"at": from_query(BesideAsked)})
    async def compare(self, at: BesideAsked, shell: Shell) -> Response[str]:
        place = _place(at, shell)
        asked = ComparisonAsked(
            period=place.period.name,
            other_period=at.other_period or None,
            org_unit_id=place.org_unit_id,
            other_unit_id=UUID(at.other_unit_id) if is_id(at.other_unit_id) else None,
        )
        units = await _units(shell)
        return shell.page(
            "insight/compare.html",
            found=await comparing.compare(at.kind, asked, shell.act),
            kinds=KINDS,
            units=units,
            kind_of=lambda kind: place.address("compare", kind=kind, **_beside(at)),
            worded=worded,
            basis=basis,
            change=change,
            leads=lambda side, name: place.address(f"figures/{name}", period=side.period, org_unit_id=side.org_unit_id),
            as_file=lambda form: f"/api/v1/reports/{at.kind}/comparison/{form}?{_said(asked)}",
        )

    @get("/figures/{name:str}", needs=READ, cost=BULK, dependencies={"at": from_query(PlaceAsked)})
    async def figure(self, name: str, at: PlaceAsked, shell: Shell) -> Response[str]:
        place = _place(at, shell)
        asked = TrendAsked(period=place.period.name, org_unit_id=place.org_unit_id)
        found = await queries.trend(name, asked, shell.act)
        # It narrows what is seen: last.
        units = await queries.units_below(name, asked, shell.act)
        target, unit = found.definition.target_per_mille, found.definition.unit
        return shell.page(
            "insight/figure.html",
            found=found,
            now=found.points[-1],
            chart=chart([(point.period, point.value, point.met) for point in found.points], target),
            units=sorted(units, key=lambda each: -(each.value or 0)),
            most=max((each.value or 0 for each in units), default=0),
            place=place,
            worded=lambda value: worded(value, unit),
            basis=basis,
            target=target,
            rows=ROWS(shell.act.by),
        )

    @get(
        "/figures/{name:str}/rows",
        needs=ROWS,
        cost=BULK,
        dependencies={"at": from_query(BehindAsked), "page": Provide(page_asked)},
    )
    async def rows(self, name: str, at: BehindAsked, page: PageAsked, shell: Shell) -> Response[str]:
        place, part = _place(at, shell), at.part
        asked = RowsAsked(period=place.period.name, org_unit_id=place.org_unit_id, part=part, group=at.group or None)
        figure = queries.figure_of(name, shell.act)
        found = await queries.rows_behind(name, asked, page, shell.act)
        return shell.page(
            "insight/row_part.html" if shell.is_part and page.cursor else "insight/rows.html",
            found=found,
            definition=queries.definition_of(figure, shell.act),
            part=part,
            place=place,
            leads=_leads,
            more=place.address(f"figures/{name}/rows", part=part, group=at.group, cursor=found.next),
        )

    @get("/subscriptions", needs=READ)
    async def subscriptions(self, shell: Shell) -> Response[str]:
        return shell.page("insight/subscriptions.html", rows=await posting.own(shell.act))

    @get("/subscriptions/new", needs=READ)
    async def ask(self, shell: Shell) -> Response[str]:
        query = shell.request.query_params
        return await _form(shell, Sent({name: [query.get(name, "")] for name in ("kind", "org_unit_id")}))

    @post("/subscriptions/new", needs=READ, status_code=200)
    async def subscribe(self, shell: Shell) -> Response[str]:
        given = await forms.sent(shell.request)
        try:
            await posting.subscribe(forms.taken(NewSubscription, given, shell), shell.act)
        except Refusal as refusal:
            return await _form(shell, Sent(given, *forms.wrong(refusal, shell)))
        return shell.done(shell.says("insight.done.subscribe"))

    @post("/subscriptions/{subscription_id:uuid}/end", needs=READ, status_code=200)
    async def unsubscribe(self, subscription_id: UUID, shell: Shell) -> Response[str]:
        await posting.unsubscribe(subscription_id, shell.act)
        return shell.done(shell.says("insight.done.unsubscribe"))


def _place(at: PlaceAsked, shell: Shell) -> Place:
    zone = shell.act.company.time_zone
    chosen = parse_period(at.period, zone) if at.period else last_ended("month", shell.act.now, zone)
    return Place(chosen, UUID(at.org_unit_id) if is_id(at.org_unit_id) else None)


async def _report(kind: Kind, place: Place, shell: Shell) -> Response[str]:
    zone = shell.act.company.time_zone
    unit = await unit_seen(place.org_unit_id, by=shell.act.by)
    asked = Asked(kind=kind, period=place.period, org_unit_id=unit.id, org_unit_name=unit.name)
    made = await report(asked, shell.act)
    await noted(f"statistics.{kind}", shell.act, subject="statistics", shown=len(made.figures))
    following = _following(place.period, zone)
    return shell.page(
        "insight/reports.html",
        report=made,
        kinds=KINDS,
        place=place,
        spans=[(span, last_ended(span, shell.act.now, zone).name) for span in _SPANS],
        earlier=before(place.period, zone).name,
        later=following.name if following.starts_at <= shell.act.now else "",
        units=await _units(shell),
        unit_id=unit.id,
        worded=worded,
        basis=basis,
        change=change,
    )


def _said(asked: ComparisonAsked) -> str:
    given = {name: getattr(asked, name) for name in asked.__struct_fields__}
    return urlencode({name: str(value) for name, value in given.items() if value})


def _beside(at: BesideAsked) -> dict[str, str]:
    return {"other_period": at.other_period, "other_unit_id": at.other_unit_id}


def _following(period: Period, zone: str) -> Period:
    day = period.last_on + timedelta(days=1)
    if "W" in period.name:
        year, week, _ = day.isocalendar()
        return parse_period(f"{year:04d}-W{week:02d}", zone)
    return parse_period(f"{day:%Y-%m}" if "-" in period.name else f"{day.year:04d}", zone)


async def _units(shell: Shell) -> Sequence[OrgUnitView]:
    return [unit for unit in await org_units.standing_units() if shell.act.by.covers(unit.id)]


def _leads(row: FigureRow) -> str:
    """The page of a row: the case's own, else its customer's."""
    if row.subject == "complaint":
        return f"{PREFIX}/complaints/{row.id}"
    return f"{PREFIX}/customers/{row.customer_id}" if row.customer_id else ""


async def _form(shell: Shell, sent: Sent) -> Response[str]:
    choices = {
        "kind": [Choice(kind, shell.says(f"insight.kind.{kind}")) for kind in KINDS],
        "org_unit_id": [Choice(str(unit.id), unit.name) for unit in await _units(shell)],
    }
    form = Form(kind=NewSubscription, slice_name=NAME, choices=choices)
    return page_of(_SUBSCRIBE, form, shell, structs.replace(sent, about=(shell.says("insight.about.subscribe"),)))
