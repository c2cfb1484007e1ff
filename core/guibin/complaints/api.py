"""`/api/v1/complaints`: from intake to the satisfied customer; `/complaint-samples` and `/improvement-measures`."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.params import Parameter
from litestar.status_codes import HTTP_200_OK
from msgspec import Struct

from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.periods.names import parse_period
from guibin.web.paging import Cursor, Page, by_day, decode, page_of
from guibin.web.query_parameters import CursorText, Limit, PeriodName
from guibin.web.routing import posts
from guibin_tenants.principals import Principal, may

from . import actions, measures, merging, queries, rectification, sampling
from .intake import receive
from .measures import MeasureResult, MeasureView, NewMeasure
from .queries import ComplaintFilter, ComplaintForm, ComplaintView
from .requests import (
    NewComplaint,
)
from .sampling import SampleView

READ, WRITE = may("complaints:read"), may("complaints:write")
State = Annotated[str | None, Parameter(query="state", default=None, description="open, waiting, resolved or closed")]


class Created(Struct, frozen=True):
    """What was added."""

    id: UUID


class ComplaintController(Controller):
    path = "/api/v1/complaints"
    tags = ("complaints",)

    @get("/", needs=READ, summary="Complaints, newest first")
    async def list_complaints(
        self,
        act: Act,
        in_state: State = None,
        level: str | None = None,
        channel: str | None = None,
        owner_id: UUID | None = None,
        customer_id: UUID | None = None,
        number: str | None = None,
        received_from: datetime | None = None,
        received_before: datetime | None = None,
        overdue: bool = False,
        limit: Limit = 50,
        cursor: CursorText = None,
    ) -> Page[ComplaintView]:
        wanted = ComplaintFilter(
            state=in_state,
            level=level,
            channel=channel,
            owner_id=owner_id,
            customer_id=customer_id,
            number=number,
            received_from=received_from,
            received_before=received_before,
            overdue_at=act.now if overdue else None,
        )
        found = await queries.listed(wanted, after=decode(cursor), limit=limit + 1)
        page = page_of(found, limit, lambda complaint: Cursor(complaint.received_at, complaint.id))
        customers = tuple({one.customer_id for one in page.items if one.customer_id})
        note = AuditNote(action="complaint.search", subject="complaint", customer_ids=customers, shown=len(page.items))
        await record(note, act)
        return page

    @post("/", needs=WRITE, summary="Take a complaint in; the clock starts")
    async def receive(self, data: NewComplaint, act: Act) -> ComplaintView:
        return await receive(data, act)

    @get("/{complaint_id:uuid}", needs=READ, summary="The whole opinion and complaint form")
    async def show(self, complaint_id: UUID, act: Act) -> ComplaintForm:
        form = await queries.form(complaint_id)
        note = AuditNote(
            action="complaint.read", subject="complaint", subject_id=complaint_id, customer_id=form.customer_id
        )
        await record(note, act)
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

    @delete("/{complaint_id:uuid}/pauses/{pause_id:uuid}", needs=WRITE, summary="Let the clock run again")
    async def end_pause(self, complaint_id: UUID, pause_id: UUID, act: Act) -> None:
        await actions.end_pause(complaint_id, pause_id, act)

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

    @get("/", needs=may("insight:read"), summary="What departments are to change, what is owed first")
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
