"""`/api/v1/statistics`, `/complaint-samples` and `/improvement-measures`."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from litestar import Controller, get, post
from litestar.params import Parameter
from litestar.status_codes import HTTP_200_OK

from guibin.audit.actions import AuditNote, record
from guibin.context import Company
from guibin.paging import Limit
from guibin_tenants.principals import Principal, may

from . import measures, sampling
from .complaints import ComplaintStatistics, complaint_statistics
from .measures import MeasureResult, MeasureView, NewMeasure
from .periods import parse_period
from .sampling import NewFollowUp, SampleView

READ = may("insight:read")
PeriodName = Annotated[str, Parameter(query="period", description="A week, month or year: 2015-W26, 2015-06, 2015.")]


class StatisticsController(Controller):
    path = "/api/v1/statistics"
    tags = ("statistics",)

    @get("/", needs=READ, summary="Complaints of a period such as 2015-W26")
    async def show(
        self, period: str, by: Principal, company: Company, now: datetime, kind: Literal["complaints"] = "complaints"
    ) -> ComplaintStatistics:
        found = await complaint_statistics(parse_period(period, company.time_zone), now=now)
        note = AuditNote(action=f"statistics.{kind}", subject="statistics", shown=found.received)
        await record(note, by=by, now=now)
        return found


class ComplaintSampleController(Controller):
    path = "/api/v1/complaint-samples"
    tags = ("statistics",)

    @get("/", needs=may("complaints:read"), summary="The complaints of a week to be called back once more")
    async def list_samples(
        self, wanted: PeriodName, by: Principal, company: Company, now: datetime
    ) -> list[SampleView]:
        found = await sampling.samples(parse_period(wanted, company.time_zone).name)
        customers = tuple({one.customer_id for one in found if one.customer_id})
        note = AuditNote(
            action="complaint_sample.search", subject="complaint", customer_ids=customers, shown=len(found)
        )
        await record(note, by=by, now=now)
        return found

    @post("/{sample_id:uuid}/follow-up", needs=may("complaints:write"), summary="The customer was called back")
    async def follow_up(self, sample_id: UUID, data: NewFollowUp, by: Principal, now: datetime) -> SampleView:
        return await sampling.follow_up(sample_id, data, by=by, now=now)


class ImprovementMeasureController(Controller):
    path = "/api/v1/improvement-measures"
    tags = ("statistics",)

    @get("/", needs=READ, summary="What departments are to change, what is owed first")
    async def list_measures(self, by: Principal, period: str | None = None, limit: Limit = 50) -> list[MeasureView]:
        return await measures.listed(period=period, by=by, limit=limit)

    @post("/", needs=may("complaints:write"), summary="Send a measure to the responsible department")
    async def propose(self, data: NewMeasure, company: Company, by: Principal, now: datetime) -> MeasureView:
        parse_period(data.period, company.time_zone)
        return await measures.propose(data, by=by, now=now)

    @post(
        "/{measure_id:uuid}/result",
        needs=may("complaints:write"),
        status_code=HTTP_200_OK,
        summary="The department has done it",
    )
    async def finish(self, measure_id: UUID, data: MeasureResult, by: Principal, now: datetime) -> MeasureView:
        return await measures.finish(measure_id, data, by=by, now=now)
