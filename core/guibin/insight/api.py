"""`/api/v1/statistics`, `/figures`, `/reports`, `/complaint-samples` and `/improvement-measures`."""

from typing import Annotated, Literal
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import Parameter
from litestar.status_codes import HTTP_200_OK

from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.policy.packs import Policy
from guibin.web.paging import Cursor, Page, by_day, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin.web.routing import posts
from guibin_tenants.principals import Principal, may
from guibin_tenants.rate_limits import BULK

from . import measures, pages, sampling, workbooks
from .closes import unit_seen
from .complaints import ComplaintReport, complaint_report
from .figures import Definition, Kind, defined, figures_of, say
from .measures import MeasureResult, MeasureView, NewMeasure
from .periods import parse_period
from .reports import Asked, Report, report
from .sampling import SampleView
from .workstreams import WorkstreamsReport, workstreams

READ = may("insight:read")
PeriodName = Annotated[str, Parameter(query="period", description="A week, month or year: 2015-W26, 2015-06, 2015.")]


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
        language: str,
        act: Act,
        kind: Literal["complaints"] = "complaints",
        org_unit_id: UUID | None = None,
    ) -> ComplaintReport:
        return await _statistics(period, org_unit_id, language, act)

    @get(
        "/workbook",
        needs=READ,
        cost=BULK,
        summary="The same as xlsx with charts",
        media_type=workbooks.MEDIA_TYPE,
    )
    async def workbook(self, period: str, language: str, act: Act, org_unit_id: UUID | None = None) -> Response[bytes]:
        found = await _statistics(period, org_unit_id, language, act)
        content = workbooks.complaint_workbook(found, lambda key: say(key, act.policy, language))
        return _file(content, f"complaints-{found.period}.xlsx")


class FigureController(Controller):
    path = "/api/v1/figures"
    tags = ("statistics",)

    @get("/", needs=READ, cost=BULK, summary="Every figure with its numerator, denominator, unit, target and clause")
    async def list_figures(self, policy: Policy, language: str) -> list[Definition]:
        return [defined(figure, policy, language) for figure in figures_of(policy)]


class ReportController(Controller):
    path = "/api/v1/reports/{kind:str}"
    tags = ("statistics",)

    @get("/", needs=READ, cost=BULK, summary="The figures of a kind: complaints, retention, service or tiers")
    async def show(self, kind: Kind, period: str, language: str, act: Act, org_unit_id: UUID | None = None) -> Report:
        return await _report(kind, period, org_unit_id, language, act)

    @get(
        "/workbook",
        needs=READ,
        cost=BULK,
        summary="The same as xlsx with charts",
        media_type=workbooks.MEDIA_TYPE,
    )
    async def workbook(
        self, kind: Kind, period: str, language: str, act: Act, org_unit_id: UUID | None = None
    ) -> Response[bytes]:
        found = await _report(kind, period, org_unit_id, language, act)
        content = workbooks.report_workbook(found, lambda key: say(key, act.policy, language))
        return _file(content, f"{kind}-{found.period}.xlsx")

    @get("/page", needs=READ, cost=BULK, summary="The same as a page to be printed", media_type="text/html")
    async def page(
        self, kind: Kind, period: str, language: str, act: Act, org_unit_id: UUID | None = None
    ) -> Response[bytes]:
        found = await _report(kind, period, org_unit_id, language, act)
        content = pages.page(found, lambda key: say(key, act.policy, language), language=language)
        headers = {"Content-Security-Policy": pages.POLICY}
        return Response(content, media_type="text/html", headers=headers)


class WorkstreamController(Controller):
    path = "/api/v1/workstreams"
    tags = ("statistics",)

    @get(
        "/",
        needs=READ,
        cost=BULK,
        summary="Identification, relationship and service: their policy and figures of a period",
    )
    async def show(
        self, wanted: PeriodName, language: str, act: Act, org_unit_id: UUID | None = None
    ) -> WorkstreamsReport:
        unit = await unit_seen(org_unit_id, by=act.by)
        asked = Asked(
            kind="tiers",
            period=parse_period(wanted, act.company.time_zone),
            org_unit_id=unit.id,
            org_unit_name=unit.name,
            language=language,
            time_zone=act.company.time_zone,
        )
        found = await workstreams(asked, policy=act.policy, now=act.now)
        shown = sum(len(one.figures) for one in found.workstreams)
        await record(AuditNote(action="statistics.workstreams", subject="statistics", shown=shown), act)
        return found


class ComplaintSampleController(Controller):
    path = "/api/v1/complaint-samples"
    tags = ("statistics",)

    @get("/", needs=may("complaints:read"), summary="The complaints of a week to be called back once more")
    async def list_samples(self, wanted: PeriodName, act: Act) -> list[SampleView]:
        found = await sampling.samples(parse_period(wanted, act.company.time_zone).name)
        customers = tuple({one.customer_id for one in found if one.customer_id})
        note = AuditNote(
            action="complaint_sample.search", subject="complaint", customer_ids=customers, shown=len(found)
        )
        await record(note, act)
        return found

    follow_up = posts(
        "/{sample_id:uuid}/follow-up",
        sampling.follow_up,
        needs=may("complaints:write"),
        summary="The customer was called back",
    )


class ImprovementMeasureController(Controller):
    path = "/api/v1/improvement-measures"
    tags = ("statistics",)

    @get("/", needs=READ, summary="What departments are to change, what is owed first")
    async def list_measures(
        self, by: Principal, period: str | None = None, limit: Limit = 50, cursor: CursorText = None
    ) -> Page[MeasureView]:
        found = await measures.listed(period=period, by=by, after=decode(cursor), limit=limit + 1)
        return page_of(found, limit, lambda one: Cursor(by_day(one.due_on), one.id, int(one.done_at is not None)))

    @post("/", needs=may("complaints:write"), summary="Send a measure to the responsible department")
    async def propose(self, data: NewMeasure, act: Act) -> MeasureView:
        parse_period(data.period, act.company.time_zone)
        return await measures.propose(data, act)

    @post(
        "/{measure_id:uuid}/result",
        needs=may("complaints:write"),
        status_code=HTTP_200_OK,
        summary="The department has done it",
    )
    async def finish(self, measure_id: UUID, data: MeasureResult, act: Act) -> MeasureView:
        return await measures.finish(measure_id, data, act)


async def _statistics(period: str, org_unit_id: UUID | None, language: str, act: Act) -> ComplaintReport:
    chosen = parse_period(period, act.company.time_zone)
    unit = await unit_seen(org_unit_id, by=act.by)
    found = await complaint_report(
        chosen, unit.id, policy=act.policy, language=language, time_zone=act.company.time_zone, now=act.now
    )
    note = AuditNote(action="statistics.complaints", subject="statistics", shown=found.received)
    await record(note, act)
    return found


async def _report(kind: Kind, period: str, org_unit_id: UUID | None, language: str, act: Act) -> Report:
    chosen = parse_period(period, act.company.time_zone)
    unit = await unit_seen(org_unit_id, by=act.by)
    asked = Asked(
        kind=kind,
        period=chosen,
        org_unit_id=unit.id,
        org_unit_name=unit.name,
        language=language,
        time_zone=act.company.time_zone,
    )
    found = await report(asked, policy=act.policy, now=act.now)
    note = AuditNote(action=f"statistics.{kind}", subject="statistics", shown=len(found.figures))
    await record(note, act)
    return found


def _file(content: bytes, name: str) -> Response[bytes]:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=workbooks.MEDIA_TYPE, headers=headers)
