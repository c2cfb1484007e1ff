"""`/api/v1/complaints`: from intake to the satisfied customer; `/complaint-samples` and `/improvement-measures`."""

from litestar import Controller, get, post
from litestar.status_codes import HTTP_200_OK

from guibin.audit.actions import searched
from guibin.audit.answering import lists, reads
from guibin.cases.subjects import in_table
from guibin.context import Act
from guibin.files.api import files_of
from guibin.files.subjects import Holder
from guibin.periods.names import parse_period
from guibin.web.listing import PageAsked, from_query
from guibin.web.paging import Page
from guibin.web.query_parameters import PeriodName
from guibin.web.routing import deletes, posts
from guibin_tenants.principals import may

from . import actions, analysing, improvements, intake, merging, rectification, recusals, sampling
from .improvements import MeasureFilter, MeasureView, NewMeasure
from .levels import SUBJECT
from .queries import FORM, LISTED, ComplaintFilter
from .sampling import SampleView
from .tables import Complaint

READ, WRITE = may("complaints:read"), may("complaints:write")


class ComplaintController(Controller):
    path = "/api/v1/complaints"
    tags = ("complaints",)
    list_complaints = lists("/", LISTED, ComplaintFilter, "Complaints, newest first", recorded="complaint")
    receive = posts("/", intake.receive, "Take a complaint in; the clock starts")
    show = reads("/{complaint_id:uuid}", FORM, "The whole opinion and complaint form", SUBJECT, shows=Complaint)
    hand_over = posts(
        "/{complaint_id:uuid}/hand-overs", actions.hand_over, "Give the work on; the owner stays responsible"
    )
    analyse = posts("/{complaint_id:uuid}/analyses", analysing.analyse, "Say what it comes from, as analysed")
    change_level = posts("/{complaint_id:uuid}/level", actions.change_level, "Judge the level anew, with a reason")
    recuse = posts("/{complaint_id:uuid}/recusals", recusals.recuse, "It is against somebody: others handle it")
    withdraw = posts("/{complaint_id:uuid}/withdrawal", actions.withdraw, "The customer takes it back: it ends")
    pause = posts("/{complaint_id:uuid}/pauses", actions.pause, "Wait for the customer: the clock stands")
    end_pause = deletes("/{complaint_id:uuid}/pauses/{pause_id:uuid}", actions.end_pause, "Let the clock run again")
    resolve = posts("/{complaint_id:uuid}/resolution", actions.resolve, "Resolve with a remedy")
    call_back = posts("/{complaint_id:uuid}/callbacks", actions.call_back, "Tell the customer; not satisfied reopens")
    sign = posts("/{complaint_id:uuid}/signatures", actions.sign, "The customer signs that it is settled")
    write = posts("/{complaint_id:uuid}/messages", actions.write, "What the customer wrote, or was told")
    note = posts("/{complaint_id:uuid}/notes", actions.note, "Add a repair, receipt or note to the form")
    take_in_again = posts(
        "/{complaint_id:uuid}/intakes", actions.take_in_again, "The same matter through another channel"
    )
    merge = posts("/{complaint_id:uuid}/merges", merging.merge, "Another complaint is the same matter: go on as one")
    rectify = posts("/{complaint_id:uuid}/rectification", rectification.rectify, "Report the plan against repetition")


ComplaintFiles = files_of(
    __name__,
    Holder(
        subject=SUBJECT,
        whose=in_table(Complaint),
        reads=READ,
        writes=WRITE,
        # What came with the same matter another time belongs to it.
        along="select d.id from complaint d where d.merged_into_id = $subject_id",
    ),
    "/api/v1/complaints/{complaint_id:uuid}",
    "complaints",
)


class ComplaintSampleController(Controller):
    path = "/api/v1/complaint-samples"
    tags = ("statistics",)

    @get("/", needs=may("complaints:read"), summary="The complaints of a week to be called back once more")
    async def list_samples(self, wanted: PeriodName, act: Act) -> list[SampleView]:
        found = await sampling.samples(parse_period(wanted, act.company.time_zone).name)
        return (await searched("complaint_sample", Page(found), act, subject=SUBJECT)).items

    follow_up = posts(
        "/{sample_id:uuid}/follow-up", sampling.follow_up, "The customer was called back", needs=may("complaints:write")
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
        return await improvements.LISTED.page(filters, page, act, units=units)

    @post("/", needs=may("complaints:write"), summary="Send a measure to the responsible department")
    async def propose(self, data: NewMeasure, act: Act) -> MeasureView:
        parse_period(data.period, act.company.time_zone)
        return await improvements.propose(data, act)

    finish = posts(
        "/{measure_id:uuid}/result",
        improvements.finish,
        "The department has done it",
        needs=may("complaints:write"),
        status_code=HTTP_200_OK,
    )
