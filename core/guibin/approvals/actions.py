"""Asking, deciding and withdrawing; what an approval brings about happens in the same transaction."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from guibin import events
from guibin.context import Act
from guibin.events import ApprovalDecided
from guibin.policy.approvals import ApprovalFlow
from guibin.sla.milestones import Case
from guibin_tenants.keys import SET_PASSWORD, hands_of, ids_of
from guibin_tenants.org_units import level_of
from guibin_tenants.refusals import FieldError, Invalid
from guibin_tenants.rows import add, change, locked
from guibin_tenants.scope import execute, fetch, fetch_one, fetch_value, savepoint

from . import deadlines
from .queries import Outcome
from .refusals import AlreadyAsked, AlreadyDecided, NotAnApplicant, NotYoursToDecide, OwnApplication
from .tables import ApprovalDecision, ApprovalRequest

NOTE_CHARS_MAX = 2_000


class Decided(Struct, frozen=True):
    """How a request ended, for the slice it is about."""

    approval_id: UUID
    subject: str
    subject_id: UUID
    customer_id: UUID | None
    outcome: Outcome
    reason: str

    @property
    def approved(self) -> bool:
        """True when every step said yes."""
        return self.outcome == "approved"


Callback = Callable[[Decided, Act], Awaitable[None]]
_callbacks: dict[str, Callback] = {}


def on_decision(subject: str) -> Callable[[Callback], Callback]:
    """Register what happens when a request about this kind of subject ends, in the deciding transaction.

    A refusal raised there undoes the decision with it. One callback per subject, registered at import.
    """

    def register(callback: Callback) -> Callback:
        if subject in _callbacks:
            raise ValueError(f"two callbacks for decisions about {subject!r}")
        _callbacks[subject] = callback
        return callback

    return register


async def ask(matter: Case, act: Act, *, flow: ApprovalFlow, note: str = "", org_unit_id: UUID | None = None) -> UUID:
    """Put something up for approval under `flow` as it is now; the id of the request.

    `org_unit_id` says where the matter belongs, by default where the applicant does: only staff who see that unit may
    decide. Raises NotAnApplicant, AlreadyAsked, and Invalid for a flow without steps.
    """
    if not flow.steps:
        raise Invalid(fields=(FieldError("flow", "at least one step", "add one to the policy", flow.name),))
    if act.by.is_person and flow.applicants and not set(flow.applicants) & set(act.by.roles):
        raise NotAnApplicant(f"{flow.name} may be asked for by: {', '.join(flow.applicants)}")
    try:
        async with savepoint():
            request_id = await add(
                ApprovalRequest,
                subject=matter.subject,
                subject_id=matter.id,
                customer_id=matter.customer_id,
                org_unit_id=org_unit_id or act.by.org_unit_id,
                flow=flow,
                note=_text("note", note),
                applicant_kind=act.by.kind,
                applicant_id=act.by.id,
                applicant_name=act.by.name,
                asked_at=act.now,
                awaits=list(flow.steps[0].roles),
            )
    except asyncpg.UniqueViolationError:
        raise AlreadyAsked(f"A request about this {matter.subject} still waits for its decision") from None
    await deadlines.start(Case(deadlines.SUBJECT, request_id, matter.customer_id), flow, 0, now=act.now)
    return request_id


async def decide(
    approval_id: UUID, act: Act, *, approved: bool, reason: str, step: int | None = None
) -> Decided | None:
    """Decide the step that waits; how the request ended, or None while later steps wait.

    The first refusal ends it. `step` is the one the approver had before their eyes; by default the one that waits as
    this begins. Raises NotFound, OwnApplication, NotYoursToDecide, AlreadyDecided: when two decide one step at the same
    moment, exactly one of them does.
    """
    seen = (
        step if step is not None else await fetch_value("select step from approval_request where id = $1", approval_id)
    )
    request = await locked(ApprovalRequest, approval_id)
    await _refuse_unless_next(request, seen, act)
    await _write_decision(request, approved, _reason(reason, approved), act)
    await deadlines.decided(approval_id, request["step"], now=act.now)
    flow = msgspec.json.decode(request["flow"], type=ApprovalFlow)
    following = request["step"] + 1
    if approved and following < len(flow.steps):
        await change(ApprovalRequest, approval_id, step=following, awaits=list(flow.steps[following].roles))
        await deadlines.start(
            Case(deadlines.SUBJECT, approval_id, request["customer_id"]), flow, following, now=act.now
        )
        return None
    return await _close(request, "approved" if approved else "rejected", reason, act)


async def _write_decision(request: asyncpg.Record, approved: bool, reason: str, act: Act) -> None:
    await add(
        ApprovalDecision,
        act,
        request_id=request["id"],
        step=request["step"],
        role=next((role for role in request["awaits"] if role in act.by.roles), request["awaits"][0]),
        approved=approved,
        reason=reason,
    )


async def withdraw(approval_id: UUID, act: Act, *, reason: str) -> Decided:
    """The applicant takes the request back. Raises NotFound, AlreadyDecided, NotYoursToDecide for anybody else."""
    request = await locked(ApprovalRequest, approval_id)
    if request["applicant_id"] not in await ids_of(act.by):
        raise NotYoursToDecide("Only the applicant may withdraw a request")
    if request["closed_at"] is not None:
        raise AlreadyDecided(f"The request was {request['outcome']} before")
    return await _close(request, "withdrawn", _text("reason", reason), act)


async def lapse(approval_id: UUID, act: Act, *, reason: str) -> bool:
    """Withdraw a request whose matter is gone, whoever asked; False when it had ended before."""
    request = await fetch_one(
        "select id, subject, subject_id, customer_id, step, outcome from approval_request"
        " where id = $1 and closed_at is null for update",
        approval_id,
    )
    if request is None:
        return False
    await _close(request, "withdrawn", _text("reason", reason), act)
    return True


async def lapse_about(customer_id: UUID, act: Act, *, reason: str) -> int:
    """Withdraw whatever waits for a decision about a customer whose archive ends; how many requests there were."""
    waiting = await fetch(
        "select id from approval_request where customer_id = $1 and closed_at is null order by id", customer_id
    )
    for request in waiting:
        await lapse(request["id"], act, reason=reason)
    return len(waiting)


async def _refuse_unless_next(request: asyncpg.Record, seen: int, act: Act) -> None:
    hands = await hands_of(act.by, now=act.now)
    own = await ids_of(act.by)
    if request["applicant_id"] in hands:
        raise OwnApplication("" if request["applicant_id"] in own else f"The applicant and you: {SET_PASSWORD}")
    mine = await fetch_one(
        "select step, decided_by from approval_decision where request_id = $1 and decided_by = any ($2)"
        " order by step limit 1",
        request["id"],
        list(hands),
    )
    if mine is not None:
        who = "You" if mine["decided_by"] in own else f"Somebody ({SET_PASSWORD})"
        raise AlreadyDecided(f"{who} decided step {mine['step'] + 1}: every step is another person's")
    if request["closed_at"] is not None:
        raise AlreadyDecided(f"The request was {request['outcome']} before")
    if request["step"] != seen:
        raise AlreadyDecided(f"Step {seen + 1} is not the one that waits: step {request['step'] + 1} is")
    # A key of the operator's stands for the company's own approval system: it has no role.
    if not act.by.is_system and not set(request["awaits"]) & set(act.by.roles):
        raise NotYoursToDecide(f"Step {seen + 1} is for {' or '.join(request['awaits'])}")
    if not act.by.covers(request["org_unit_id"]):
        raise NotYoursToDecide(f"Step {seen + 1} is for {' or '.join(request['awaits'])} of the org unit it belongs to")
    level = msgspec.json.decode(request["flow"], type=ApprovalFlow).steps[request["step"]].level
    if level is not None and not act.by.is_system and await level_of(act.by.org_unit_id) > level:
        raise NotYoursToDecide(f"Step {seen + 1} is decided at level {level} of the company or above")


async def follow_unit(unit_id: UUID, successor_id: UUID) -> None:
    """What waits for a decision in a dissolved org unit is decided in its successor."""
    await execute(
        "update approval_request set org_unit_id = $2 where org_unit_id = $1 and closed_at is null",
        unit_id,
        successor_id,
    )


async def _close(request: asyncpg.Record, outcome: Outcome, reason: str, act: Act) -> Decided:
    await deadlines.gone(request["id"], request["step"], now=act.now)
    await change(ApprovalRequest, request["id"], closed_at=act.now, outcome=outcome)
    decided = Decided(request["id"], request["subject"], request["subject_id"], request["customer_id"], outcome, reason)
    callback = _callbacks.get(decided.subject)
    if callback is not None:
        await callback(decided, act)
    await events.record(
        ApprovalDecided(
            approval_id=decided.approval_id,
            subject=decided.subject,
            subject_id=decided.subject_id,
            approved=decided.approved,
        ),
        now=act.now,
    )
    return decided


def _reason(reason: str, approved: bool) -> str:
    if not approved and not reason.strip():
        raise Invalid(fields=(FieldError("reason", "not empty when refusing", "tell the applicant why", reason),))
    return _text("reason", reason)


def _text(field: str, text: str) -> str:
    if len(text) > NOTE_CHARS_MAX:
        raise Invalid(fields=(FieldError(field, f"at most {NOTE_CHARS_MAX} characters", "shorten it", text[:60]),))
    return text.strip()
