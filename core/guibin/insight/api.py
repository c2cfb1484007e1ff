"""`/api/v1/statistics`, `/figures`, `/reports` and `/workstreams`."""

from functools import partial
from http import HTTPStatus
from typing import Literal
from uuid import UUID

from litestar import Controller, Response, get

from guibin.audit.actions import noted
from guibin.console.printing import POLICY
from guibin.context import Act
from guibin.periods.names import parse_period
from guibin.spreadsheets.writing import MEDIA
from guibin.web.listing import from_query
from guibin.web.query_parameters import PeriodName
from guibin.web.routing import ALSO, deletes, gets, posts
from guibin_tenants.principals import may
from guibin_tenants.rate_limits import BULK

from . import comparing, exporting, pages, posting, queries
from .actions import unit_seen
from .comparing import ComparisonAsked
from .complaints import ComplaintReport, complaint_report
from .figures import Definition, Kind, defined, figures_of, say
from .reports import Asked, Report, WorkstreamsReport, report, workstreams

READ = may("insight:read")
# The rows behind a number name customers.
ROWS = READ & may("customers:read")


class StatisticsController(Controller):
    path = "/api/v1/statistics"
    tags = ("statistics",)

    @get(
        "/",
        needs=READ,
        cost=BULK,
        summary="Complaints of a period such as 2015-W26, beside the period before and the targets",
    )
    async def show(
        self,
        period: str,
        act: Act,
        kind: Literal["complaints"] = "complaints",
        org_unit_id: UUID | None = None,
    ) -> ComplaintReport:
        return await _statistics(period, org_unit_id, act)

    @get(
        "/workbook",
        needs=READ,
        cost=BULK,
        summary="The same as xlsx with charts",
        media_type=MEDIA["xlsx"],
    )
    async def workbook(self, period: str, act: Act, org_unit_id: UUID | None = None) -> Response[bytes]:
        statistics = await _statistics(period, org_unit_id, act)
        content = exporting.complaint_workbook(statistics, lambda key: say(key, act.policy, act.language))
        return _file(content, f"complaints-{statistics.period}.xlsx")


class FigureController(Controller):
    path = "/api/v1/figures"
    tags = ("statistics",)

    @get("/", needs=READ, cost=BULK, summary="Every figure with its numerator, denominator, unit, target and clause")
    async def list_figures(self, act: Act) -> list[Definition]:
        return [defined(figure, act.policy, act.language) for figure in figures_of(act.policy)]

    list_rows = gets(
        "/{name:str}/rows",
        queries.rows_behind,
        "What a figure counts, row by row, of a period",
        needs=ROWS,
        cost=BULK,
        # Of a plain number there is no denominator.
        opt={ALSO: (HTTPStatus.CONFLICT,)},
    )
    show_trend = gets("/{name:str}/trend", queries.trend, "A figure period by period", cost=BULK)
    list_units = gets(
        "/{name:str}/units", queries.units_below, "A figure of a period in each org unit right below", cost=BULK
    )


class ReportController(Controller):
    path = "/api/v1/reports/{kind:str}"
    tags = ("statistics",)

    @get("/", needs=READ, cost=BULK, summary="The figures of a kind: complaints, retention, service or tiers")
    async def show(self, kind: Kind, period: str, act: Act, org_unit_id: UUID | None = None) -> Report:
        return await _report(kind, period, org_unit_id, act)

    @get(
        "/workbook",
        needs=READ,
        cost=BULK,
        summary="The same as xlsx with charts",
        media_type=MEDIA["xlsx"],
    )
    async def workbook(self, kind: Kind, period: str, act: Act, org_unit_id: UUID | None = None) -> Response[bytes]:
        made = await _report(kind, period, org_unit_id, act)
        content = exporting.report_workbook(made, lambda key: say(key, act.policy, act.language))
        return _file(content, f"{kind}-{made.period}.xlsx")

    compare = gets(
        "/comparison", comparing.compare, "The figures of two org units, or two periods, side by side", cost=BULK
    )

    @get(
        "/comparison/workbook",
        needs=READ,
        cost=BULK,
        summary="The comparison as xlsx with charts",
        media_type=MEDIA["xlsx"],
        dependencies={"asked": from_query(ComparisonAsked)},
    )
    async def compare_workbook(self, kind: Kind, asked: ComparisonAsked, act: Act) -> Response[bytes]:
        found = await comparing.compare(kind, asked, act)
        words = partial(say, policy=act.policy, language=act.language)
        content = exporting.comparison_workbook(found, act.now, words)
        return _file(content, f"{kind}-{found.first.period}-{found.second.period}.xlsx")

    @get(
        "/comparison/page",
        needs=READ,
        cost=BULK,
        summary="The comparison as a page to be printed",
        media_type="text/html",
        dependencies={"asked": from_query(ComparisonAsked)},
    )
    async def compare_page(self, kind: Kind, asked: ComparisonAsked, act: Act) -> Response[bytes]:
        found = await comparing.compare(kind, asked, act)
        words = partial(say, policy=act.policy, language=act.language)
        return _printed(pages.comparison_page(found, act.now, words, language=act.language))

    @get("/page", needs=READ, cost=BULK, summary="The same as a page to be printed", media_type="text/html")
    async def page(self, kind: Kind, period: str, act: Act, org_unit_id: UUID | None = None) -> Response[bytes]:
        made = await _report(kind, period, org_unit_id, act)
        content = pages.page(made, lambda key: say(key, act.policy, act.language), language=act.language)
        return _printed(content)


class ReportSubscriptionController(Controller):
    path = "/api/v1/report-subscriptions"
    tags = ("statistics",)
    list_subscriptions = gets("/", posting.own, "Reports that the caller gets by mail")
    subscribe = posts("/", posting.subscribe, "Get a report by mail whenever a period is closed", needs=READ)
    unsubscribe = deletes("/{subscription_id:uuid}", posting.unsubscribe, "No more of it", needs=READ)


class WorkstreamController(Controller):
    path = "/api/v1/workstreams"
    tags = ("statistics",)

    @get(
        "/",
        needs=READ,
        cost=BULK,
        summary="Identification, relationship and service: their policy and figures of a period",
    )
    async def show(self, wanted: PeriodName, act: Act, org_unit_id: UUID | None = None) -> WorkstreamsReport:
        streams = await workstreams(await _asked("tiers", wanted, org_unit_id, act), act)
        shown = sum(len(stream.figures) for stream in streams.workstreams)
        await noted("statistics.workstreams", act, subject="statistics", shown=shown)
        return streams


async def _statistics(period: str, org_unit_id: UUID | None, act: Act) -> ComplaintReport:
    chosen = parse_period(period, act.company.time_zone)
    unit = await unit_seen(org_unit_id, by=act.by)
    statistics = await complaint_report(chosen, unit.id, act)
    await noted("statistics.complaints", act, subject="statistics", shown=statistics.received)
    return statistics


async def _report(kind: Kind, period: str, org_unit_id: UUID | None, act: Act) -> Report:
    made = await report(await _asked(kind, period, org_unit_id, act), act)
    await noted(f"statistics.{kind}", act, subject="statistics", shown=len(made.figures))
    return made


async def _asked(kind: Kind, period: str, org_unit_id: UUID | None, act: Act) -> Asked:
    """What is asked for; narrows the scope to the unit's subtree. Raises Invalid, NotFound."""
    chosen = parse_period(period, act.company.time_zone)
    unit = await unit_seen(org_unit_id, by=act.by)
    return Asked(kind=kind, period=chosen, org_unit_id=unit.id, org_unit_name=unit.name)


def _printed(content: bytes) -> Response[bytes]:
    return Response(content, media_type="text/html", headers={"Content-Security-Policy": POLICY})


def _file(content: bytes, name: str) -> Response[bytes]:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=MEDIA["xlsx"], headers=headers)
