"""`/api/v1/approvals`: what waits for my decision, and deciding it."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.status_codes import HTTP_200_OK
from msgspec import Meta, Struct

from guibin.cases.subjects import in_table
from guibin.context import Act
from guibin.files.api import files_of
from guibin.files.subjects import Holder
from guibin.policy.words import up_to
from guibin.web.listing import PageAsked, from_query
from guibin.web.paging import Page
from guibin.web.routing import posts
from guibin_tenants.principals import may

from . import actions, bulk, moves, queries
from .queries import ApprovalFilter, ApprovalView
from .tables import ApprovalRequest

READ, DECIDE = may("approvals:read"), may("approvals:decide")
_Reason = Annotated[str, up_to(actions.NOTE_CHARS_MAX)]


class NewDecision(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`reason` is required when refusing. `step`, when given, must be the one that waits (from 0)."""

    approved: bool
    reason: _Reason = ""
    step: Annotated[int, Meta(ge=0, le=100)] | None = None


class NewWithdrawal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why the applicant takes the request back."""

    reason: _Reason = ""


class ApprovalController(Controller):
    path = "/api/v1/approvals"
    tags = ("approvals",)

    @get(
        "/",
        needs=READ,
        summary="Requests that wait for me, that I made, or all I may see",
        dependencies={"filters": from_query(ApprovalFilter)},
    )
    async def list_approvals(self, filters: ApprovalFilter, page: PageAsked, act: Act) -> Page[ApprovalView]:
        approvals = await queries.listed(filters, page, act)
        await queries.shown("approval.list", approvals.items, act)
        return approvals

    @get("/{approval_id:uuid}", needs=READ, summary="One request with its steps")
    async def show(self, approval_id: UUID, act: Act) -> ApprovalView:
        approval = await queries.by_id(approval_id)
        await queries.shown("approval.read", [approval], act)
        return approval

    @post(
        "/{approval_id:uuid}/decision",
        needs=DECIDE,
        status_code=HTTP_200_OK,
        summary="Approve or refuse the step that waits",
    )
    async def decide(self, approval_id: UUID, data: NewDecision, act: Act) -> ApprovalView:
        await actions.decide(approval_id, act, approved=data.approved, reason=data.reason, step=data.step)
        return await queries.by_id(approval_id)

    @post(
        "/{approval_id:uuid}/withdrawal",
        needs=READ,
        status_code=HTTP_200_OK,
        summary="Take my request back",
    )
    async def withdraw(self, approval_id: UUID, data: NewWithdrawal, act: Act) -> ApprovalView:
        await actions.withdraw(approval_id, act, reason=data.reason)
        return await queries.by_id(approval_id)

    decide_together = posts(
        "/decisions",
        bulk.decide_together,
        "Approve or refuse many with one word; each that may not be decided says why",
        needs=DECIDE,
        status_code=HTTP_200_OK,
    )
    pass_on = posts(
        "/{approval_id:uuid}/passing", moves.pass_on, "Pass the step on to a colleague (转办)", needs=DECIDE
    )
    add_signer = posts("/{approval_id:uuid}/signers", moves.add_signer, "Ask a colleague besides (加签)", needs=DECIDE)
    copy_to = posts("/{approval_id:uuid}/copies", moves.copy_to, "Send a colleague a copy (抄送)", needs=READ)
    send_back = posts(
        "/{approval_id:uuid}/return", moves.send_back, "Send it back to an earlier step (退回)", needs=DECIDE
    )


ApprovalFiles = files_of(
    __name__,
    Holder(
        subject="approval_request",
        whose=in_table(ApprovalRequest),
        reads=READ,
        writes=READ,
        admits=actions.refuse_strangers,
    ),
    "/api/v1/approvals/{approval_id:uuid}",
    "approvals",
)
