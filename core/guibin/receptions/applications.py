"""Under which protocol a guest is received, and by which plan: applied for and approved (S11-2 to S11-6)."""

from uuid import UUID

import asyncpg
import msgspec
from msgspec.structs import replace

from guibin.amounts import refuse_below_nothing
from guibin.approvals import actions as approvals
from guibin.approvals.actions import Decided
from guibin.cases import Case
from guibin.context import Act
from guibin.events import at_once
from guibin.policy.approvals import ApprovalFlow
from guibin.policy.packs import Policy
from guibin.policy.receptions import Protocol, ReceptionPolicy
from guibin.tiers.queries import current_tiers
from guibin_tenants.refusals import Invalid
from guibin_tenants.rows import add, change
from guibin_tenants.scope import fetch_one, fetch_value
from guibin_tenants.tables import new_id

from . import editions
from .queries import ReceptionForm, form
from .refusals import PartyNotAsked, PlanWaits
from .requests import NewReceptionApplication, PlanContent
from .sealing import sealed
from .standing import (
    BEFORE_ARRIVAL,
    SUBJECT,
    Told,
    audit,
    happened,
    locked,
    protocol_of,
    reception_policy,
    refuse_outside_centre,
    tell,
)
from .tables import Reception, ReceptionApplication, ReceptionPlan

PLAN = "reception_plan"


async def apply_for(reception_id: UUID, new: NewReceptionApplication, act: Act) -> ReceptionForm:
    """Ask for a protocol, or for another one: the flow of the protocol decides who may ask and who approves.

    Raises NotFound, NotThisFar, PartyNotAsked, NotAnApplicant, AlreadyAsked, and Invalid where the reason is not one of
    the protocol's or the figures do not bear it out.
    """
    row = await locked(reception_id, *BEFORE_ARRIVAL)
    protocol = await _judged(new, row, act.policy, act.today)
    flow = _flow(protocol.approval, act.policy)
    await _refuse_unasked(row, protocol)
    approval_id = await approvals.ask(
        Case(SUBJECT, reception_id, row["customer_id"]), act, flow=flow, note=new.reason, org_unit_id=row["venue_id"]
    )
    await add(
        ReceptionApplication,
        act,
        reception_id=reception_id,
        customer_id=row["customer_id"],
        protocol=protocol.name,
        qualification=new.qualification or "",
        reason=new.reason,
        terms=replace(reception_policy(act.policy), protocols=(protocol,)),
        approval_id=approval_id,
    )
    await audit("apply", row, act)
    return await form(reception_id)


@at_once(Decided, about=SUBJECT)
async def application_decided(decided: Decided, act: Act) -> None:
    """Approved: the protocol holds; a notice that went out gets a new edition, and the tasks follow."""
    row = await fetch_one("select * from reception where id = $1 for update", decided.subject_id)
    application = await fetch_one(
        "update reception_application set outcome = $2, decided_at = $3 where reception_id = $1 and outcome is null"
        " returning protocol, terms, applied_by",
        decided.subject_id,
        decided.outcome,
        act.now,
    )
    if row is None or application is None:
        return
    if decided.approved and row["state"] in BEFORE_ARRIVAL:
        terms = msgspec.json.decode(application["terms"], type=ReceptionPolicy)
        await change(
            Reception,
            row["id"],
            protocol=application["protocol"],
            terms=terms,
            clause=terms.protocols[0].clause,
            state=_unless_noticed(row, "approved"),
        )
        await editions.issue_change(await locked(row["id"]), act, reason=decided.reason)
    await _tell_decided(decided, row, (application["applied_by"], row["received_by"]), act)


async def plan(reception_id: UUID, new: PlanContent, act: Act) -> ReceptionForm:
    """Draft plan, standard and itinerary; put up for approval where the protocol says so, else it holds (S11-6).

    Raises NotFound, NotTheCentre, NotThisFar, PlanWaits, NotAnApplicant.
    """
    row = await locked(reception_id, "approved", "planned", "noticed")
    refuse_outside_centre(act.policy, act.by)
    protocol = protocol_of(row)
    refuse_below_nothing(new.budget, field="budget.amount")
    if await fetch_value("select true from reception_plan where reception_id = $1 and outcome is null", reception_id):
        raise PlanWaits(f"A plan of {row['number']} waits for its decision: withdraw it first")
    plan_id = await _write_plan(row, new, act, decided=not protocol.plan_approval)
    await audit("plan", row, act, fields=("plan",))
    if protocol.plan_approval:
        approval_id = await approvals.ask(
            Case(PLAN, plan_id, row["customer_id"]),
            act,
            flow=_flow(protocol.plan_approval, act.policy),
            note=row["number"],
            org_unit_id=row["venue_id"],
        )
        await change(ReceptionPlan, plan_id, approval_id=approval_id)
    else:
        await _plan_holds(row, act)
    return await form(reception_id)


@at_once(Decided, about=PLAN)
async def plan_decided(decided: Decided, act: Act) -> None:
    """Approved: it is carried out from now on; departments that have a notice get a new edition."""
    edition = await fetch_one("select reception_id, written_by from reception_plan where id = $1", decided.subject_id)
    if edition is None:
        return
    row = await fetch_one("select * from reception where id = $1 for update", edition["reception_id"])
    await change(ReceptionPlan, decided.subject_id, outcome=decided.outcome, decided_at=act.now)
    if row is None:
        return
    if decided.approved and row["state"] in BEFORE_ARRIVAL:
        await _plan_holds(row, act)
    await _tell_decided(decided, row, (edition["written_by"],), act)


async def lapse_open(reception_id: UUID, act: Act, *, reason: str) -> None:
    """Nothing is left to decide: the reception is cancelled."""
    for table in ("reception_application", "reception_plan"):
        approval_id = await fetch_value(
            f"select approval_id from {table} where reception_id = $1 and outcome is null", reception_id
        )
        if approval_id is not None:
            await approvals.lapse(approval_id, act, reason=reason)


async def _plan_holds(row: asyncpg.Record, act: Act) -> None:
    await change(Reception, row["id"], state=_unless_noticed(row, "planned"))
    await editions.issue_change(await locked(row["id"]), act, reason="")


def _unless_noticed(row: asyncpg.Record, state: str) -> str:
    """The state entered; once the departments have been told it stays that."""
    return "noticed" if row["state"] == "noticed" else state


async def _tell_decided(decided: Decided, row: asyncpg.Record, staff_ids: tuple[UUID, ...], act: Act) -> None:
    told = Told(row, staff_ids=staff_ids, details={"outcome": decided.outcome})
    await tell(told, "reception_decided", act, key=str(decided.approval_id))


async def _write_plan(row: asyncpg.Record, new: PlanContent, act: Act, *, decided: bool) -> UUID:
    edition = 1 + await fetch_value(
        "select coalesce(max(edition), 0) from reception_plan where reception_id = $1", row["id"]
    )
    plan_id = new_id()
    return await add(
        ReceptionPlan,
        act,
        id=plan_id,
        reception_id=row["id"],
        customer_id=row["customer_id"],
        edition=edition,
        sealed=await sealed(new, guest_id=row["customer_id"], table="reception_plan", row=plan_id),
        outcome="approved" if decided else None,
        decided_at=act.now if decided else None,
    )


async def _judged(new: NewReceptionApplication, row: asyncpg.Record, policy: Policy, today: object) -> Protocol:
    reception = reception_policy(policy)
    protocol = reception.protocol(new.protocol)
    if protocol is None:
        known = ", ".join(each.name for each in reception.protocols)
        raise Invalid.at("protocol", "a protocol of the policy", f"one of: {known}", new.protocol)
    if row["terms"] is not None and row["protocol"] == protocol.name:
        rule = "another protocol than the present one"
        raise Invalid.at("protocol", rule, value=new.protocol)
    reason = protocol.qualification(new.qualification or "")
    if reason is None and protocol.qualifications:
        known = ", ".join(each.name for each in protocol.qualifications)
        rule = "a reason of the protocol"
        raise Invalid.at("qualification", rule, f"one of: {known}", new.qualification or "")
    if reason is not None and reason.scheme:
        held = await current_tiers([row["customer_id"]], on=today)  # type: ignore[arg-type]  # a day
        if held.get(row["customer_id"], {}).get(reason.scheme) != reason.tier:
            rule = f"borne out by the figures: the guest belongs to {reason.scheme}/{reason.tier}"
            raise Invalid.at("qualification", rule, "assess the scheme, or give another reason", reason.name)
    return protocol


async def _refuse_unasked(row: asyncpg.Record, protocol: Protocol) -> None:
    if not protocol.ask_visiting_party:
        return
    written = await fetch_value("select true from reception_particulars where reception_id = $1 limit 1", row["id"])
    if not await happened(row["id"], "enquiry") or not written:
        raise PartyNotAsked(f"{row['number']}: ask the visiting party and write up what it says first")


def _flow(name: str, policy: Policy) -> ApprovalFlow:
    flow = policy.approval(name)
    if flow is None:
        raise Invalid.at("protocol", "a protocol whose approval flow exists", value=name)
    return flow
