"""`/api/v1/complaints`: from intake to the satisfied customer."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.params import Parameter
from msgspec import Struct

from guibin.audit.actions import AuditNote, record
from guibin.context import Company
from guibin.packs import Hooks
from guibin.policy.packs import Policy
from guibin.web.paging import Cursor, Page, decode, page_of
from guibin.web.query_parameters import CursorText, Limit
from guibin_tenants.principals import Principal, may

from . import actions, merging, queries, rectification
from .intake import receive
from .queries import ComplaintFilter, ComplaintForm, ComplaintView
from .requests import (
    NewCallback,
    NewComplaint,
    NewHandOver,
    NewIntake,
    NewLevel,
    NewMerge,
    NewMessage,
    NewNote,
    NewPause,
    NewRectification,
    NewResolution,
)

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
        by: Principal,
        now: datetime,
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
            overdue_at=now if overdue else None,
        )
        found = await queries.listed(wanted, after=decode(cursor), limit=limit + 1)
        page = page_of(found, limit, lambda complaint: Cursor(complaint.received_at, complaint.id))
        customers = tuple({one.customer_id for one in page.items if one.customer_id})
        note = AuditNote(action="complaint.search", subject="complaint", customer_ids=customers, shown=len(page.items))
        await record(note, by=by, now=now)
        return page

    @post("/", needs=WRITE, summary="Take a complaint in; the clock starts")
    async def receive(
        self, data: NewComplaint, policy: Policy, hooks: Hooks, company: Company, by: Principal, now: datetime
    ) -> ComplaintView:
        return await receive(data, policy=policy, hooks=hooks, company=company, by=by, now=now)

    @get("/{complaint_id:uuid}", needs=READ, summary="The whole opinion and complaint form")
    async def show(self, complaint_id: UUID, by: Principal, now: datetime) -> ComplaintForm:
        form = await queries.form(complaint_id)
        note = AuditNote(
            action="complaint.read", subject="complaint", subject_id=complaint_id, customer_id=form.customer_id
        )
        await record(note, by=by, now=now)
        return form

    @post("/{complaint_id:uuid}/hand-overs", needs=WRITE, summary="Give the work on; the owner stays responsible")
    async def hand_over(self, complaint_id: UUID, data: NewHandOver, by: Principal, now: datetime) -> ComplaintView:
        return await actions.hand_over(complaint_id, data, by=by, now=now)

    @post("/{complaint_id:uuid}/level", needs=WRITE, summary="Judge the level anew, with a reason")
    async def change_level(
        self, complaint_id: UUID, data: NewLevel, policy: Policy, by: Principal, now: datetime
    ) -> ComplaintView:
        return await actions.change_level(complaint_id, data, policy=policy.complaints, by=by, now=now)

    @post("/{complaint_id:uuid}/pauses", needs=WRITE, summary="Wait for the customer: the clock stands")
    async def pause(self, complaint_id: UUID, data: NewPause, by: Principal, now: datetime) -> Created:
        return Created(await actions.pause(complaint_id, data, by=by, now=now))

    @delete("/{complaint_id:uuid}/pauses/{pause_id:uuid}", needs=WRITE, summary="Let the clock run again")
    async def end_pause(self, complaint_id: UUID, pause_id: UUID, by: Principal, now: datetime) -> None:
        await actions.end_pause(complaint_id, pause_id, by=by, now=now)

    @post("/{complaint_id:uuid}/resolution", needs=WRITE, summary="Resolve with a remedy")
    async def resolve(self, complaint_id: UUID, data: NewResolution, by: Principal, now: datetime) -> ComplaintView:
        return await actions.resolve(complaint_id, data, by=by, now=now)

    @post("/{complaint_id:uuid}/callbacks", needs=WRITE, summary="Tell the customer; not satisfied reopens")
    async def call_back(
        self, complaint_id: UUID, data: NewCallback, policy: Policy, by: Principal, now: datetime
    ) -> ComplaintView:
        return await actions.call_back(complaint_id, data, policy=policy.complaints, by=by, now=now)

    @post("/{complaint_id:uuid}/messages", needs=WRITE, summary="What the customer wrote, or was told")
    async def write(
        self, complaint_id: UUID, data: NewMessage, policy: Policy, by: Principal, now: datetime
    ) -> Created:
        return Created(await actions.write(complaint_id, data, policy=policy.complaints, by=by, now=now))

    @post("/{complaint_id:uuid}/notes", needs=WRITE, summary="Add a repair, receipt or note to the form")
    async def note(self, complaint_id: UUID, data: NewNote, by: Principal, now: datetime) -> Created:
        return Created(await actions.note(complaint_id, data, by=by, now=now))

    @post("/{complaint_id:uuid}/intakes", needs=WRITE, summary="The same matter through another channel")
    async def take_in_again(
        self, complaint_id: UUID, data: NewIntake, policy: Policy, by: Principal, now: datetime
    ) -> ComplaintView:
        return await actions.take_in_again(complaint_id, data, policy=policy.complaints, by=by, now=now)

    @post("/{complaint_id:uuid}/merges", needs=WRITE, summary="Another complaint is the same matter: go on as one")
    async def merge(
        self, complaint_id: UUID, data: NewMerge, policy: Policy, by: Principal, now: datetime
    ) -> ComplaintView:
        return await merging.merge(complaint_id, data, policy=policy.complaints, by=by, now=now)

    @post("/{complaint_id:uuid}/rectification", needs=WRITE, summary="Report the plan against repetition")
    async def rectify(
        self, complaint_id: UUID, data: NewRectification, policy: Policy, by: Principal, now: datetime
    ) -> ComplaintView:
        return await rectification.rectify(complaint_id, data, policy=policy.complaints, by=by, now=now)
