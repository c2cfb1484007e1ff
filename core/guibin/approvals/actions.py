"""Asking, deciding and withdrawing; what an approval brings about happens in the same transaction."""

from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from msgspec.structs import replace

from guibin import events
from guibin.cases import Case
from guibin.cases.outcomes import Outcome
from guibin.context import Act
from guibin.events import ApprovalAsked, ApprovalDecided, ArchiveEnds, Happening, UnitDissolved, at_once, tell_at_once
from guibin.notices.actions import Notice, notify
from guibin.policy.approvals import ApprovalFlow, ApprovalStep
from guibin_tenants.keys import SET_PASSWORD, hands_of, ids_of
from guibin_tenants.org_units import level_of
from guibin_tenants.principals import may
from guibin_tenants.refusals import Invalid
from guibin_tenants.rows import add, change, locked
from guibin_tenants.scope import execute, fetch, fetch_column, fetch_one, fetch_value, savepoint

from . import deadlines, queries
from .refusals import AlreadyAsked, AlreadyDecided, NotAnApplicant, NotYoursToDecide, OwnApplication
from .tables import ApprovalDecision, ApprovalRequest

NOTE_CHARS_MAX = 2_000


class Decided(Happening, frozen=True):
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


async def refuse_strangers(approval_id: UUID, act: Act) -> None:
    """Who asks and who decides lay papers before each other, until it is decided. Raises NotFound, AlreadyDecided,
    NotYoursToDecide."""
    request = await locked(ApprovalRequest, approval_id)
    if request["closed_at"] is not None:
        raise AlreadyDecided("What it was decided by stays as it was")
    if request["applicant_id"] not in await ids_of(act.by) and not may("approvals:decide")(act.by):
        raise NotYoursToDecide("Only who asks and who decides add to it")


async def ask(matter: Case, act: Act, *, flow: ApprovalFlow, note: str = "", org_unit_id: UUID | None = None) -> UUID:
    """Put something up for approval under `flow` as it is now; the id of the request.

    `org_unit_id` says where the matter belongs, by default where the applicant does: only staff who see that unit may
    decide. Raises NotAnApplicant, AlreadyAsked, and Invalid for a flow without steps.
    """
    if not flow.steps:
        raise Invalid.at("flow", "at least one step", "add one to the policy", flow.name)
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
                policy_version=act.policy.version,
                **waiting(flow.steps[0]),
            )
    except asyncpg.UniqueViolationError:
        raise AlreadyAsked(f"A request about this {matter.subject} still waits for its decision") from None
    case = Case(deadlines.SUBJECT, request_id, matter.customer_id)
    await deadlines.start(case, flow, 0, now=act.now)
    await tell_deputies(request_id, act)
    asked = ApprovalAsked(request_id, matter.subject, matter.id, matter.customer_id, flow.name)
    await events.happen(asked, act)
    return request_id


def waiting(step: ApprovalStep) -> dict[str, Any]:
    """The columns of a request that say who may decide this step: its posts, their deputies, or the one person it waits for."""
    return {
        "awaits": list(step.roles),
        "deputies": [deputy.role for deputy in step.deputies],
        "awaited_id": step.person,
    }


async def tell_deputies(approval_id: UUID, act: Act) -> None:
    """Whoever may decide instead hears of it where nobody whose step it is is there (S12-3)."""
    request = await fetch_one(
        f"select x.*, {queries.somebody_there('$2::timestamptz')} as somebody from approval_request x where x.id = $1",
        approval_id,
        act.now,
    )
    if request is None:
        return
    standing = await fetch_column(
        f"select distinct b.deputy_id from approval_request x, lateral (select b.deputy_id {queries.absent('$2::timestamptz')}"
        " and b.deputy_id is not null) b where x.id = $1",
        approval_id,
        act.now,
    )
    by_rule = not request["awaited_id"] and not request["somebody"]
    if not standing and not (by_rule and request["deputies"]):
        return
    flow = msgspec.json.decode(request["flow"], type=ApprovalFlow)
    notice = Notice(
        "decision_deputy",
        Case(deadlines.SUBJECT, approval_id, request["customer_id"]),
        org_unit_id=request["org_unit_id"],
        roles=tuple(request["deputies"]) if by_rule else (),
        staff_ids=tuple(standing),
        details={"flow": flow.name},
    )
    await notify(notice, key=f"decision_deputy/{approval_id}/{request['step']}", now=act.now)


async def decide(
    approval_id: UUID, act: Act, *, approved: bool, reason: str, step: int | None = None
) -> Decided | None:
    """Decide the step that waits; how the request ended, or None while others are to be heard.

    The first refusal ends it. `step` is the one the approver had before their eyes; by default the one that waits as
    this begins. Raises NotFound, OwnApplication, NotYoursToDecide, AlreadyDecided: when two decide one step at the same
    moment, exactly one of them does.
    """
    seen = (
        step if step is not None else await fetch_value("select step from approval_request where id = $1", approval_id)
    )
    request = await locked(ApprovalRequest, approval_id)
    await refuse_unless_next(request, seen, act)
    spoken_for = await _write_decision(request, approved, reason_of(reason, approved), act)
    flow = msgspec.json.decode(request["flow"], type=ApprovalFlow)
    left = [role for role in request["awaits"] if role != spoken_for] if flow.steps[request["step"]].together else []
    if approved and left:
        await change(ApprovalRequest, approval_id, awaits=left)
        return None
    await deadlines.decided(approval_id, request["step"], now=act.now)
    following = request["step"] + 1
    if approved and following < len(flow.steps):
        await take_step(request, flow, following, act)
        return None
    return await _close(request, "approved" if approved else "rejected", reason, act)


_HAS_LEFT = "select true from staff where id = $1 and left_at is not null"


async def take_step(request: asyncpg.Record, flow: ApprovalFlow, step: int, act: Act) -> None:
    """This step of the flow waits from now on; where it was given to somebody who has left, for whoever has its role."""
    waits = flow.steps[step]
    if waits.person is not None and await fetch_value(_HAS_LEFT, waits.person):
        flow = replace(flow, steps=(*flow.steps[:step], replace(waits, person=None), *flow.steps[step + 1 :]))
    await change(ApprovalRequest, request["id"], step=step, flow=flow, **waiting(flow.steps[step]))
    await deadlines.start(Case(deadlines.SUBJECT, request["id"], request["customer_id"]), flow, step, now=act.now)
    await tell_deputies(request["id"], act)


async def _write_decision(request: asyncpg.Record, approved: bool, reason: str, act: Act) -> str:
    """The decision on record; the role that was heard by it, a deputy's the first that waits."""
    own = next((role for role in request["awaits"] if role in act.by.roles), None)
    deputy = next((role for role in request["deputies"] if role in act.by.roles), None)
    heard: str = own or request["awaits"][0]
    deputised = own is None and request["awaited_id"] is None and deputy is not None
    absent = None if own or deputised or request["awaited_id"] == act.by.person else await _absent(request, act)
    if absent is not None:
        heard = next((role for role in request["awaits"] if role in absent["roles"]), heard)
    await add(
        ApprovalDecision,
        act,
        request_id=request["id"],
        step=request["step"],
        role=deputy if deputised else heard,
        for_role=heard if deputised else "",
        for_name=absent["name"] if absent else "",
        approved=approved,
        reason=reason,
    )
    return heard


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


@at_once(ArchiveEnds)
async def lapse_with_archive(ends: ArchiveEnds, act: Act) -> None:
    """Nothing is decided any more about a customer who is served no more, or erased (S07-35)."""
    waiting = await fetch(
        "select id from approval_request where customer_id = $1 and closed_at is null order by id", ends.customer_id
    )
    for request in waiting:
        await lapse(request["id"], act, reason=ends.reason)


async def refuse_unless_next(request: asyncpg.Record, seen: int, act: Act) -> None:
    """Raises OwnApplication, AlreadyDecided, NotYoursToDecide unless the step `seen` is this one's to decide now."""
    hands = await hands_of(act.by, now=act.now)
    own = await ids_of(act.by)
    if request["applicant_id"] in hands:
        raise OwnApplication("" if request["applicant_id"] in own else f"The applicant and you: {SET_PASSWORD}")
    mine = await fetch_one(
        "select step, decided_by from approval_decision where request_id = $1 and decided_by = any ($2)"
        " and step <> all ($3::int[]) order by step limit 1",
        request["id"],
        list(hands),
        request["undone"],
    )
    if mine is not None:
        who = "You" if mine["decided_by"] in own else f"Somebody ({SET_PASSWORD})"
        raise AlreadyDecided(f"{who} decided step {mine['step'] + 1}: every step is another person's")
    if request["closed_at"] is not None:
        raise AlreadyDecided(f"The request was {request['outcome']} before")
    if request["step"] != seen:
        raise AlreadyDecided(f"Step {seen + 1} is not the one that waits: step {request['step'] + 1} is")
    # A key of the operator's stands for the company's own approval system: it has no role.
    if not act.by.is_system and not await _may(request, act):
        raise NotYoursToDecide(_whose(request, seen))
    if not act.by.covers(request["org_unit_id"]):
        raise NotYoursToDecide(f"Step {seen + 1} is for {' or '.join(request['awaits'])} of the org unit it belongs to")
    level = msgspec.json.decode(request["flow"], type=ApprovalFlow).steps[request["step"]].level
    if level is not None and not act.by.is_system and await level_of(act.by.org_unit_id) > level:
        raise NotYoursToDecide(f"Step {seen + 1} is decided at level {level} of the company or above")


async def _may(request: asyncpg.Record, act: Act) -> bool:
    return await _by_rule(request, act) or await _absent(request, act) is not None


async def _absent(request: asyncpg.Record, act: Act) -> asyncpg.Record | None:
    """The one of whom it waits, who is away, and in whose place this one decides it."""
    return await fetch_one(
        "select p.name, p.roles from approval_request x, lateral"
        f" (select p.name, p.roles {queries.absent('$2::timestamptz')} and b.deputy_id = any ($3::uuid[])) p where x.id = $1"
        " order by p.name limit 1",
        request["id"],
        act.now,
        list(await ids_of(act.by)),
    )


async def _by_rule(request: asyncpg.Record, act: Act) -> bool:
    if request["awaited_id"] is not None:
        return request["awaited_id"] in await ids_of(act.by)
    if set(request["awaits"]) & set(act.by.roles):
        return True
    if not set(request["deputies"]) & set(act.by.roles):
        return False
    there = queries.somebody_there("$2::timestamptz")
    return not await fetch_value(f"select {there} from approval_request x where x.id = $1", request["id"], act.now)


def _whose(request: asyncpg.Record, seen: int) -> str:
    if request["awaited_id"] is not None:
        return f"Step {seen + 1} was given to somebody else"
    deputies = f", or for {' or '.join(request['deputies'])} while they are away" if request["deputies"] else ""
    return f"Step {seen + 1} is for {' or '.join(request['awaits'])}{deputies}"


@at_once(UnitDissolved)
async def follow_unit(dissolved: UnitDissolved, act: Act) -> None:
    """What waits for a decision in a dissolved org unit is decided in its successor."""
    await execute(
        "update approval_request set org_unit_id = $2 where org_unit_id = $1 and closed_at is null",
        dissolved.unit_id,
        dissolved.successor_id,
    )


async def _close(request: asyncpg.Record, outcome: Outcome, reason: str, act: Act) -> Decided:
    await deadlines.gone(request["id"], request["step"], now=act.now)
    await change(ApprovalRequest, request["id"], closed_at=act.now, outcome=outcome)
    decided = Decided(request["id"], request["subject"], request["subject_id"], request["customer_id"], outcome, reason)
    await tell_at_once(decided, act)
    await events.happen(
        ApprovalDecided(
            approval_id=decided.approval_id,
            subject=decided.subject,
            subject_id=decided.subject_id,
            approved=decided.approved,
        ),
        act,
    )
    return decided


def reason_of(reason: str, approved: bool) -> str:
    """The word to a decision as it is kept. Raises Invalid for no without any."""
    if not approved and not reason.strip():
        raise Invalid.at("reason", "not empty when refusing", "tell the applicant why", reason)
    return _text("reason", reason)


def _text(field: str, text: str) -> str:
    if len(text) > NOTE_CHARS_MAX:
        raise Invalid.at(field, f"at most {NOTE_CHARS_MAX} characters", "shorten it", text[:60])
    return text.strip()
