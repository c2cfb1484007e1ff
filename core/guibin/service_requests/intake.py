"""Taking a service request in: its form and situation are judged, its approval asked for, its clock set (S07-17, S07-20)."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from guibin import events
from guibin.approvals import actions as approvals
from guibin.approvals.actions import Decided
from guibin.audit.actions import done, recorded
from guibin.cases import Case
from guibin.cases.checking import wrong_answers
from guibin.cases.numbers import Numbering, add_numbered
from guibin.context import Act
from guibin.duties import calls as duties
from guibin.entitlements import actions as entitlements
from guibin.entitlements.queries import RedemptionView
from guibin.events import ServiceRequestEnded, ServiceRequestReceived, at_once
from guibin.notices.actions import Notice, notify, serving
from guibin.policy.approvals import ApprovalFlow
from guibin.policy.forms import Form, facts_of
from guibin.policy.packs import Policy
from guibin.policy.service_items import ServiceItem, TimeLimit
from guibin.profiles.queries import Standing, standing
from guibin.profiles.subjects import actor, refuse_blind, refuse_unless_kept
from guibin.records.requests import channels_of
from guibin.sla import actions as sla
from guibin.sla import milestones
from guibin.sla.actions import NewTimer
from guibin.tiers.queries import tiers_of
from guibin_tenants.refusals import FieldError, Invalid, refuse
from guibin_tenants.rows import add, change, given
from guibin_tenants.scope import fetch_one, fetch_value, undone
from guibin_tenants.tables import new_id

from . import steps
from .queries import LISTED, MILESTONE, SUBJECT, ServiceRequestView
from .requests import NewServiceRequest
from .tables import ServiceEnd, ServiceRequest

# Where rights are used.
_COUNTER = "hall"


class Opened(Struct, frozen=True, kw_only=True):
    """A request as it begins; `span` is the one for which a rhythm opens it (S07-13), `redemption_id` what it carries out."""

    id: UUID
    span: str | None
    received_at: datetime
    owner_id: UUID
    owner_name: str
    redemption_id: UUID | None = None


class Judged(Struct, frozen=True):
    """The service item and what follows for this customer."""

    item: ServiceItem
    limit: TimeLimit | None
    flow: ApprovalFlow | None
    tiers: tuple[str, ...] = ()

    @property
    def steps(self) -> tuple[str, ...]:
        """The item's steps without those this situation does not need."""
        skipped = self.limit.skips if self.limit else ()
        return tuple(step for step in self.item.steps if step not in skipped)


async def receive(new: NewServiceRequest, act: Act, *, span: str | None = None) -> ServiceRequestView:
    """Take in a request. Raises Invalid with every wrong field, NotFound for a customer not visible from here,
    ArchiveErased, and NotAnApplicant where the item's approval is for other roles to ask for (S07-17).
    """
    await refuse_unless_kept(new.customer_id)
    customer = await standing(new.customer_id)
    received_at = new.received_at or act.now
    judged = await _judged(new, customer, received_at, act)
    owner = await actor(new.owner_id, act.by, field="owner_id")
    await refuse_blind(new.customer_id, owner_id=None if owner.id == act.by.id else owner.id)
    request_id = new_id()
    opened = Opened(id=request_id, span=span, received_at=received_at, owner_id=owner.id, owner_name=owner.name)
    await _write(new, judged, opened, act)
    case = Case(SUBJECT, request_id, new.customer_id)
    await _put_up(case, new.text, judged, customer, act)
    await sla.start_all(_clocks(case, judged, received_at, act.now))
    view = await recorded("receive", case, LISTED, act)
    await events.happen(ServiceRequestReceived(request_id, new.customer_id, new.item), act)
    if span is None and (told := await serving(new.customer_id, but=act.by.person)):
        notice = Notice("customer_asked", case, staff_ids=told, details={"number": view.number})
        await notify(notice, key=f"customer_asked/{request_id}", now=act.now)
    if span is None:
        await duties.call(case, act, duties.Matter(number=view.number))
    return view


async def carry_out(redemption: RedemptionView, act: Act) -> None:
    """A right that is used is carried out in its item's steps, once: they are owed, recorded and skipped as those of any request
    are (S01-10). A tier gives the right; where the item's steps want an approval, they wait for it, and a refusal gives the right
    back. Raises NotAnApplicant where the approval is for other roles to ask for (S07-17)."""
    item = act.policy.service_item(redemption.item)
    begun = "select true from service_request where redemption_id = $1"
    if item is None or not item.steps or await fetch_value(begun, redemption.id):
        return
    customer = await standing(redemption.customer_id)
    facts = {**customer.fields, "customer_kind": customer.kind}
    flow, held = act.policy.approval(item.approval), await tiers_of(redemption.customer_id, on=act.today)
    if flow is not None:
        flow = flow.under(facts_of(act.policy.form(item.form), facts), held)
    judged = Judged(item, item.limit_for(facts, (redemption.tier,)), flow, (redemption.tier,))
    channels = channels_of(act.policy)
    new = NewServiceRequest(
        customer_id=redemption.customer_id,
        item=item.name,
        channel=_COUNTER if _COUNTER in channels else channels[0],
        text=redemption.note or act.policy.title(f"service_item.{item.name}", act.company.language),
    )
    opened = Opened(
        id=new_id(),
        span=None,
        received_at=act.now,
        owner_id=act.by.id,
        owner_name=act.by.name,
        redemption_id=redemption.id,
    )
    await _write(new, judged, opened, act)
    case = Case(SUBJECT, opened.id, new.customer_id)
    await _put_up(case, new.text, judged, customer, act)
    await sla.start_all(_clocks(case, judged, act.now, act.now))
    await events.happen(ServiceRequestReceived(opened.id, new.customer_id, new.item), act)
    await done("receive", case, act)


async def drop(redemption: RedemptionView, act: Act) -> None:
    """The use was undone: what of it is not carried out yet is not carried out any more."""
    row = await fetch_one(
        "select id, customer_id, item, state, approval_id from service_request where redemption_id = $1"
        " and state in ('asked', 'open') for update",
        redemption.id,
    )
    if row is None:
        return
    because = redemption.reversal_reason or "-"
    if row["state"] == "open" or not await approvals.lapse(row["approval_id"], act, reason=because):
        await end(row, "withdrawn", because, act)


entitlements.USED.give(carry_out)
entitlements.REVERSED.give(drop)


async def _put_up(case: Case, note: str, judged: Judged, customer: Standing, act: Act) -> None:
    """Ask for the approval, where there is one."""
    if judged.flow is None:
        return
    approval_id = await approvals.ask(
        case, act, flow=judged.flow, note=note[: approvals.NOTE_CHARS_MAX], org_unit_id=customer.org_unit_id
    )
    await change(ServiceRequest, case.id, approval_id=approval_id)


async def foreseen(new: NewServiceRequest, act: Act) -> ServiceRequestView:
    """As `receive` would: the situation, the clause, and when it falls due. Nothing is written and nobody is told."""
    return await undone(receive(new, act))


@at_once(Decided, about=SUBJECT)
async def service_request_decided(decided: Decided, act: Act) -> None:
    """Approved: it is carried out from now on. Otherwise it ends, its owner hears why, and a right that was used for it is free
    again."""
    row = await fetch_one(
        "select id, number, item, customer_id, owner_id, time_limit, clause, redemption_id from service_request where id = $1"
        " for update",
        decided.subject_id,
    )
    if row is None:
        return
    if decided.approved:
        await change(ServiceRequest, row["id"], state="open")
        limit = limit_of(row)
        if limit is not None and limit.counted_from == "approval":
            await start_clock(row["id"], row["customer_id"], limit, row["clause"], at=act.now)
    else:
        outcome = "rejected" if decided.outcome == "rejected" else "withdrawn"
        await end(row, outcome, decided.reason or "-", act)
        if row["redemption_id"] is not None:
            await entitlements.give_back(row["redemption_id"], act, reason=decided.reason or "-")
    notice = Notice(
        "service_request_approved" if decided.approved else "service_request_refused",
        Case(SUBJECT, row["id"], row["customer_id"]),
        staff_ids=(row["owner_id"],),
        details={"number": row["number"]},
    )
    await notify(notice, key=f"service-request-decided/{row['id']}", now=act.now)


async def start_clock(request_id: UUID, customer_id: UUID, limit: TimeLimit, clause: str, *, at: datetime) -> None:
    """The limit runs from `at`."""
    await sla.start(_clock(Case(SUBJECT, request_id, customer_id), limit, clause, at))


def _clock(case: Case, limit: TimeLimit, clause: str, at: datetime) -> NewTimer:
    return NewTimer(case, MILESTONE, limit.terms(limit.within, clause=clause), at)


def _clocks(case: Case, judged: Judged, received_at: datetime, now: datetime) -> list[NewTimer]:
    """What runs from the receipt on; what waits for a reply begins with a message."""
    limit, item = judged.limit, judged.item
    counted = [limit] if limit is not None and limit.counted_from == "request" else []
    targets = [each.under(judged.tiers) for each in item.milestones if each.recurrence != "repeating"]
    return [
        *(_clock(case, each, item.clause, received_at) for each in counted),
        *milestones.first(case, targets, at=received_at, now=now),
    ]


async def end(request: asyncpg.Record, outcome: str, reason: str, act: Act) -> None:
    """It is not carried out; its clock stops."""
    await add(
        ServiceEnd,
        act,
        request_id=request["id"],
        customer_id=request["customer_id"],
        outcome=outcome,
        reason=reason,
    )
    await change(ServiceRequest, request["id"], state=outcome)
    ended = ServiceRequestEnded(request["id"], request["customer_id"], request["item"], outcome)
    await events.happen(ended, act)
    await sla.cancel(request["id"], MILESTONE, now=act.now)
    await steps.drop_clocks(request["id"], now=act.now)
    await milestones.drop(request["id"], now=act.now)


def limit_of(request: asyncpg.Record) -> TimeLimit | None:
    """The time limit the request was taken in under."""
    return msgspec.json.decode(request["time_limit"], type=TimeLimit) if request["time_limit"] else None


async def _judged(new: NewServiceRequest, customer: Standing, received_at: datetime, act: Act) -> Judged:
    item = act.policy.service_item(new.item)
    if item is None or not item.steps:
        known = ", ".join(one.name for one in act.policy.service_items if one.steps)
        fix = f"one of: {known}" if known else "the policy has none"
        raise Invalid.at("item", "a service item that is carried out in steps", fix, new.item)
    archive: dict[str, Any] = {**customer.fields, "customer_kind": customer.kind}
    problems = [
        *_wrong(new, received_at, act.policy, act.now),
        *_wrong_answers(new, act.policy.form(item.form), archive, act.policy),
    ]
    held = tuple(await tiers_of(new.customer_id, on=act.today))
    limit = item.limit_for({**archive, **new.answers}, held)
    if new.situation is not None:
        named = next((one for one in item.time_limits if one.name == new.situation), None)
        # Which of the situation's limits is the tier's to say, not whoever takes it in (S07-5).
        limit = item.limit_beside(named, held) if named else None
    if item.time_limits and limit is None:
        known = ", ".join(one.name for one in item.time_limits)
        rule = "a situation of the service item, where neither archive nor form tell it"
        problems.append(FieldError("situation", rule, f"one of: {known}", new.situation or ""))
    refuse(problems, "The service request was not taken in")
    flow = act.policy.approval(item.approval) if item.approval else None
    facts = facts_of(act.policy.form(item.form), {**archive, **new.answers})
    return Judged(item, limit, flow.under(facts, held) if flow else None, held)


def _wrong(new: NewServiceRequest, received_at: datetime, policy: Policy, now: datetime) -> list[FieldError]:
    problems = []
    channels = channels_of(policy)
    if new.channel not in channels:
        problems.append(FieldError("channel", "a channel", f"one of: {', '.join(channels)}", new.channel))
    if received_at > now:
        problems.append(FieldError("received_at", "not in the future", value=received_at.isoformat()))
    return problems


def _wrong_answers(
    new: NewServiceRequest, form: Form | None, archive: dict[str, Any], policy: Policy
) -> list[FieldError]:
    """The form filled in, and nothing in it that the archive says otherwise (S07-17)."""
    problems = [*wrong_answers(form, new.answers, "the service item")]
    for field in form.fields if form else ():
        known, given = archive.get(field.name), new.answers.get(field.name)
        if field.type == "choice" and known is not None and given is not None and known != given:
            fix = "correct the archive or the answer"
            problems.append(FieldError(f"answers.{field.name}", f"as in the archive: {known}", fix, str(given)))
    return problems


async def _write(new: NewServiceRequest, judged: Judged, opened: Opened, act: Act) -> None:
    row = given(opened) | {
        "customer_id": new.customer_id,
        "item": new.item,
        "channel": new.channel,
        "text": new.text,
        "answers": new.answers,
        "situation": judged.limit.name if judged.limit else "",
        "time_limit": judged.limit,
        "steps": judged.steps,
        "evidence": judged.item.evidence,
        "step_limits": tuple(one.under(judged.tiers) for one in judged.item.step_limits),
        "clause": judged.item.clause,
        "policy_version": act.policy.version,
        "recorded_at": act.now,
        "state": "asked" if judged.flow else "open",
    }
    await add_numbered(ServiceRequest, None, Numbering("S", opened.received_at, act.company.time_zone), row)
