"""What whoever may decide does instead of deciding: pass it on, ask one more, send it back; and who gets a copy.

Each is a row, and whoever it concerns is told.
"""

from typing import Annotated
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from guibin.cases import Case
from guibin.context import Act
from guibin.notices.actions import Notice, notify
from guibin.policy.approvals import ApprovalFlow, ApprovalStep
from guibin.policy.words import Note, Reason
from guibin_tenants.keys import hands_of, ids_of
from guibin_tenants.principals import may
from guibin_tenants.receivers import colleague, sees
from guibin_tenants.refusals import Invalid
from guibin_tenants.roles import permitted
from guibin_tenants.rows import add, change, locked
from guibin_tenants.scope import fetch_value
from guibin_tenants.staff import StaffView

from . import deadlines, queries
from .actions import refuse_unless_next, take_step, waiting
from .queries import ApprovalView, MoveKind
from .refusals import NotYoursToDecide
from .tables import ApprovalMove, ApprovalRequest

STEPS_MAX = 30


class NewPassing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The step goes to a colleague, who decides it instead (转办)."""

    staff_id: UUID
    reason: Reason


class NewSigner(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A colleague is asked besides (加签): before this step comes back, or with `afterwards` once it is decided."""

    staff_id: UUID
    reason: Reason
    afterwards: bool = False


class NewCopy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A colleague knows of it, and decides nothing (抄送)."""

    staff_id: UUID
    reason: Note = ""


class NewReturn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """It goes back to an earlier step, counted from 0, and from there through all that follow again (退回)."""

    to_step: Annotated[int, Meta(ge=0, le=STEPS_MAX)]
    reason: Reason


class _Moved(Struct, frozen=True):
    kind: MoveKind
    reason: str
    to: StaffView | None = None
    to_step: int | None = None
    told: tuple[UUID, ...] = ()


async def pass_on(approval_id: UUID, new: NewPassing, act: Act) -> ApprovalView:
    """The step that waits is this colleague's from now on, in its time. Raises as `decide`, and Invalid for somebody who
    may not decide it."""
    request, flow = await _mine(approval_id, act)
    chosen = await _decider(new.staff_id, request, act)
    step = request["step"]
    given = replace(flow.steps[step], person=chosen.id)
    steps = (*flow.steps[:step], given, *flow.steps[step + 1 :])
    await change(ApprovalRequest, approval_id, awaited_id=chosen.id, flow=replace(flow, steps=steps))
    return await _record(request, _Moved("passed_on", new.reason, chosen), act)


async def add_signer(approval_id: UUID, new: NewSigner, act: Act) -> ApprovalView:
    """One step more, this colleague's alone. Raises as `pass_on`, and Invalid for a request of very many steps."""
    request, flow = await _mine(approval_id, act)
    if len(flow.steps) >= STEPS_MAX:
        raise Invalid.at("staff_id", f"a request of at most {STEPS_MAX} steps", "decide it")
    chosen = await _decider(new.staff_id, request, act)
    step = request["step"]
    asked = ApprovalStep(flow.steps[step].role, flow.steps[step].within, person=chosen.id)
    place = step + 1 if new.afterwards else step
    longer = replace(flow, steps=(*flow.steps[:place], asked, *flow.steps[place:]))
    # Who is asked first has the time of the step, which begins anew for whoever comes after.
    waits = {} if new.afterwards else waiting(asked)
    await change(ApprovalRequest, approval_id, flow=longer, **waits)
    return await _record(request, _Moved("added", new.reason, chosen), act)


async def copy_to(approval_id: UUID, new: NewCopy, act: Act) -> ApprovalView:
    """The colleague is told and finds it among their copies. Raises NotFound, NotYoursToDecide for whoever neither asked
    nor decides, Invalid."""
    request = await locked(ApprovalRequest, approval_id)
    if request["applicant_id"] not in await ids_of(act.by) and not may("approvals:decide")(act.by):
        raise NotYoursToDecide("Only who asks and who decides send copies of it")
    chosen = await colleague(new.staff_id)
    await _refuse_blind(chosen, request)
    return await _record(request, _Moved("copied", new.reason, chosen), act)


async def send_back(approval_id: UUID, new: NewReturn, act: Act) -> ApprovalView:
    """What was decided from that step on counts no more, and is asked for again; whoever decided it and the applicant are
    told. Raises as `decide`, and Invalid for a step that is not an earlier one."""
    request, flow = await _mine(approval_id, act)
    step = request["step"]
    if new.to_step >= step or new.to_step in request["undone"]:
        rule = f"an earlier step that counts, from 0 and below {step}"
        raise Invalid.at("to_step", rule, "refuse it to end it", str(new.to_step))
    again = tuple(
        one for number, one in enumerate(flow.steps) if number >= new.to_step and number not in request["undone"]
    )
    longer = replace(flow, steps=(*flow.steps[: step + 1], *again))
    if len(longer.steps) > STEPS_MAX:
        raise Invalid.at("to_step", f"a request of at most {STEPS_MAX} steps", "decide it")
    undone = sorted({*request["undone"], *range(new.to_step, step + 1)})
    await deadlines.gone(approval_id, step, now=act.now)
    await change(ApprovalRequest, approval_id, undone=undone)
    await take_step(request, longer, step + 1, act)
    deciders = await fetch_value(
        "select array_agg(distinct decided_by) from approval_decision d join staff s on s.tenant_id = d.tenant_id"
        " and s.id = d.decided_by and s.left_at is null where d.request_id = $1 and d.step >= $2",
        approval_id,
        new.to_step,
    )
    told = (request["applicant_id"], *(deciders or ()))
    return await _record(request, _Moved("returned", new.reason, to_step=new.to_step, told=told), act)


async def _mine(approval_id: UUID, act: Act) -> tuple[asyncpg.Record, ApprovalFlow]:
    request = await locked(ApprovalRequest, approval_id)
    await refuse_unless_next(request, request["step"], act)
    return request, msgspec.json.decode(request["flow"], type=ApprovalFlow)


async def _decider(staff_id: UUID, request: asyncpg.Record, act: Act) -> StaffView:
    """Raises Invalid for whoever does not work here, asked for it, decided a step of it, is the caller or may not see it."""
    chosen = await colleague(staff_id)
    problem = ""
    if staff_id == request["applicant_id"]:
        problem = "somebody else than the applicant"
    elif staff_id in await hands_of(act.by, now=act.now):
        problem = "somebody else than you"
    elif await fetch_value(
        "select true from approval_decision where request_id = $1 and decided_by = $2 and step <> all ($3::int[]) limit 1",
        request["id"],
        staff_id,
        request["undone"],
    ):
        problem = "somebody who has not decided a step of it"
    elif "approvals:decide" not in await permitted(chosen.roles):
        problem = "somebody who decides on approvals"
    if problem:
        raise Invalid.at("staff_id", problem, "name another colleague", str(staff_id))
    await _refuse_blind(chosen, request)
    return chosen


async def _refuse_blind(chosen: StaffView, request: asyncpg.Record) -> None:
    seen = await fetch_value(
        f"select {sees('s', '$2::uuid')} from staff s where s.id = $1", chosen.id, request["org_unit_id"]
    )
    if not seen:
        rule = "somebody who sees the org unit of the matter"
        raise Invalid.at("staff_id", rule, "name another colleague", str(chosen.id))


async def _record(request: asyncpg.Record, moved: _Moved, act: Act) -> ApprovalView:
    move_id = await add(
        ApprovalMove,
        act,
        request_id=request["id"],
        kind=moved.kind,
        step=request["step"],
        staff_id=moved.to.id if moved.to else None,
        staff_name=moved.to.name if moved.to else "",
        to_step=moved.to_step,
        reason=moved.reason.strip(),
    )
    flow = msgspec.json.decode(request["flow"], type=ApprovalFlow)
    notice = Notice(
        f"decision_{moved.kind}",
        Case(deadlines.SUBJECT, request["id"], request["customer_id"]),
        staff_ids=(moved.to.id,) if moved.to else moved.told,
        details={"flow": flow.name, "by": act.by.name},
    )
    await notify(notice, key=f"decision_{moved.kind}/{move_id}", now=act.now)
    return await queries.by_id(request["id"])
