"""`/api/v1/complaints`: from intake to the satisfied customer; `/complaint-samples` and `/improvement-measures`."""

from uuid import UUID

from litestar import Controller, get, post
from litestar.status_codes import HTTP_200_OK

from guibin.audit.actions import done, searched
from guibin.context import Act
from guibin.periods.names import parse_period
from guibin.sla.milestones import Case
from guibin.web.listing import PageAsked, from_query
from guibin.web.paging import Page
from guibin.web.query_parameters import PeriodName
from guibin.web.routing import deletes, posts
from guibin_tenants.principals import may

from . import actions, intake, measures, merging, rectification, sampling
from .levels import SUBJECT
from .measures import MeasureFilter, MeasureView, NewMeasure
from .queries import FORM, LISTED, ComplaintFilter, ComplaintForm, ComplaintView
from .sampling import SampleView
from .tables import Complaint

READ, WRITE = may("complaints:read"), may("complaints:write")


class ComplaintController(Controller):
    path = "/api/v1/complaints"
    tags = ("complaints",)

    @get("/", needs=READ, summary="Complaints, newest first", dependencies={"filters": from_query(ComplaintFilter)})
    async def list_complaints(self, filters: ComplaintFilter, page: PageAsked, act: Act) -> Page[ComplaintView]:
        return await searched("complaint", await LISTED.page(filters, page, act), act)

    receive = posts("/", intake.receive, needs=WRITE, summary="Take a complaint in; the clock starts")

    @get("/{complaint_id:uuid}", needs=READ, shows=Complaint, summary="The whole opinion and complaint form")
    async def show(self, complaint_id: UUID, act: Act) -> ComplaintForm:
        form = await FORM.one(complaint_id)
        await done("read", Case(SUBJECT, form.id, form.customer_id), act)
        return form

    hand_over = posts(
        "/{complaint_id:uuid}/hand-overs",
        actions.hand_over,
        needs=WRITE,
        summary="Give the work on; the owner stays responsible",
    )
    change_level = posts(
        "/{complaint_id:uuid}/level", actions.change_level, needs=WRITE, summary="Judge the level anew, with a reason"
    )
    pause = posts(
        "/{complaint_id:uuid}/pauses", actions.pause, needs=WRITE, summary="Wait for the customer: the clock stands"
    )

    end_pause = deletes(
        "/{complaint_id:uuid}/pauses/{pause_id:uuid}",
        actions.end_pause,
        needs=WRITE,
        summary="Let the clock run again",
    )
    resolve = posts("/{complaint_id:uuid}/resolution", actions.resolve, needs=WRITE, summary="Resolve with a remedy")
    call_back = posts(
        "/{complaint_id:uuid}/callbacks",
        actions.call_back,
        needs=WRITE,
        summary="Tell the customer; not satisfied reopens",
    )
    write = posts(
        "/{complaint_id:uuid}/messages", actions.write, needs=WRITE, summary="What the customer wrote, or was told"
    )
    note = posts(
        "/{complaint_id:uuid}/notes", actions.note, needs=WRITE, summary="Add a repair, receipt or note to the form"
    )
    take_in_again = posts(
        "/{complaint_id:uuid}/intakes",
        actions.take_in_again,
        needs=WRITE,
        summary="The same matter through another channel",
    )
    merge = posts(
        "/{complaint_id:uuid}/merges",
        merging.merge,
        needs=WRITE,
        summary="Another complaint is the same matter: go on as one",
    )
    rectify = posts(
        "/{complaint_id:uuid}/rectification",
        rectification.rectify,
        needs=WRITE,
        summary="Report the plan against repetition",
    )


class ComplaintSampleController(Controller):
    path = "/api/v1/complaint-samples"
    tags = ("statistics",)

    @get("/", needs=may("complaints:read"), summary="The complaints of a week to be called back once more")
    async def list_samples(self, wanted: PeriodName, act: Act) -> list[SampleView]:
        found = await sampling.samples(parse_period(wanted, act.company.time_zone).name)
        return (await searched("complaint_sample", Page(found), act, subject=SUBJECT)).items

    follow_up = posts(
        "/{sample_id:uuid}/follow-up",
        sampling.follow_up,
        needs=may("complaints:write"),
        summary="The customer was called back",
    )


class ImprovementMeasureController(Controller):
    path = "/api/v1/improvement-measures"
    tags = ("statistics",)

    @get(
        "/",
        needs=may("insight:read"),
        summary="What departments are to change, what is owed first",
        dependencies={"filters": from_query(MeasureFilter)},
    )
    async def list_measures(self, filters: MeasureFilter, page: PageAsked, act: Act) -> Page[MeasureView]:
        units = None if isinstance(act.by.units, str) else list(act.by.units)
        return await measures.LISTED.page(filters, page, act, units=units)

    @post("/", needs=may("complaints:write"), summary="Send a measure to the responsible department")
    async def propose(self, data: NewMeasure, act: Act) -> MeasureView:
        parse_period(data.period, act.company.time_zone)
        return await measures.propose(data, act)

    finish = posts(
        "/{measure_id:uuid}/result",
        measures.finish,
        needs=may("complaints:write"),
        status_code=HTTP_200_OK,
        summary="The department has done it",
    )
