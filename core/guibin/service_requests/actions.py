"""Carrying a request out: appointments, steps in order, hand-overs, notes (S07-15, S07-19, S07-20)."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from guibin import events
from guibin.audit.actions import recorded
from guibin.cases import Case
from guibin.cases.requests import Because, NewHandOver
from guibin.context import Act
from guibin.desks.actions import destination, tell
from guibin.duties import calls as duties
from guibin.entitlements.queries import desk_item
from guibin.events import ServiceRequestEnded
from guibin.notices.actions import Notice, notify
from guibin.policy.service_items import APPOINTMENT
from guibin.profiles.subjects import refuse_blind
from guibin.signatures.requests import NewSignature
from guibin.sla import actions as sla
from guibin.sla import milestones
from guibin_tenants import org_units, receivers
from guibin_tenants.refusals import FieldError, Invalid, refuse
from guibin_tenants.rows import add, change, given, locked

from . import steps as steps_of
from .intake import end, limit_of, receive, start_clock
from .queries import FORM, LISTED, MILESTONE, SUBJECT, ServiceRequestForm, ServiceRequestView
from .refusals import NoAppointmentNeeded, NotOpen, StepOutOfOrder
from .requests import NewAppointment, NewServiceNote, NewServiceRequest, NewSkippedStep, NewStep
from .tables import ServiceAppointment, ServiceHandOver, ServiceNote, ServiceRequest, ServiceStep

AHEAD_DAYS_MAX = 365


async def appoint(request_id: UUID, new: NewAppointment, act: Act) -> ServiceRequestForm:
    """Agree on a day with the customer, or move it: a limit counted from the appointment follows (S07-20).

    Raises NotFound, NotOpen, StepOutOfOrder, NoAppointmentNeeded once somebody was there, and Invalid.
    """
    request = await _open(request_id)
    steps = steps_of.named(request)
    taken = await steps_of.taken(request_id)
    if APPOINTMENT not in steps or taken > steps.index(APPOINTMENT) + 1:
        raise NoAppointmentNeeded("The service has no appointment here, or the visit took place already")
    _refuse_wrong_appointment(new, request, act.now)
    first = request["appointment_at"] is None
    if first:
        await _take(request, NewStep(step=APPOINTMENT), steps, taken, act, at=act.now)
    await add(
        ServiceAppointment,
        act,
        request_id=request_id,
        customer_id=request["customer_id"],
        from_at=request["appointment_at"],
        to_at=new.at,
        reason=new.reason,
    )
    await change(ServiceRequest, request_id, appointment_at=new.at)
    limit = limit_of(request)
    if limit is not None and limit.counted_from == "appointment":
        if first:
            await start_clock(request_id, request["customer_id"], limit, request["clause"], at=new.at)
        else:
            await sla.restart(request_id, MILESTONE, act, started_at=new.at)
    return await recorded("appoint", Case(SUBJECT, request_id, request["customer_id"]), FORM, act)


async def take_step(request_id: UUID, new: NewStep, act: Act) -> ServiceRequestForm:
    """Record the next step; the last one files the case and reports it to the manager (S07-19).

    Raises NotFound, NotOpen, StepOutOfOrder, and Invalid naming the particulars the step is recorded with.
    """
    request = await _open(request_id)
    steps = steps_of.named(request)
    taken = await steps_of.taken(request_id)
    if new.step == APPOINTMENT:
        fix = f"POST the day to /service-requests/{request_id}/appointments"
        raise Invalid.at("step", "another step than the appointment", fix, new.step)
    _refuse_wrong_step(new, request, act.now)
    _refuse_out_of_order(new.step, steps, taken)
    await steps_of.settle(request, new.step, new.unsigned_because, act)
    at = new.taken_at or act.now
    await _take(request, new, steps, taken, act, at=at)
    limit = limit_of(request)
    if new.step == ((limit.until if limit else "") or steps[-1]):
        await sla.complete_if_any(request_id, MILESTONE, at=at, now=act.now)
    await milestones.reply(request_id, at=at, now=act.now)
    await duties.settle(request_id, act)
    if taken + 1 == len(steps):
        await milestones.end(request_id, at=at, now=act.now)
        await _file(request, act)
    return await recorded("step", Case(SUBJECT, request_id, request["customer_id"]), FORM, act)


async def skip_step(request_id: UUID, new: NewSkippedStep, act: Act) -> ServiceRequestForm:
    """The step that comes next is left out, for a reason that the manager hears; the last one files the case (S01-10).

    Raises NotFound, NotOpen, StepOutOfOrder, and StepNeeded for a step that a time limit counts on.
    """
    request = await _open(request_id)
    steps = steps_of.named(request)
    taken = await steps_of.taken(request_id)
    _refuse_out_of_order(new.step, steps, taken)
    steps_of.refuse_needed(request, new.step, limit_of(request))
    await steps_of.refuse_nothing_done(request, taken)
    await add(
        ServiceStep,
        act,
        request_id=request_id,
        customer_id=request["customer_id"],
        position=taken,
        step=new.step,
        skipped_because=new.reason,
        taken_at=act.now,
        recorded_at=act.now,
    )
    await change(ServiceRequest, request_id)
    await steps_of.pass_over(request, new.step, now=act.now)
    await steps_of.tell_skipped(request, new.step, act)
    await steps_of.told(request, new.step, act, skipped=True)
    if taken + 1 == len(steps):
        await milestones.end(request_id, at=act.now, now=act.now)
        await _file(request, act)
    return await recorded("skip", Case(SUBJECT, request_id, request["customer_id"]), FORM, act)


async def receive_at_hall(new: NewServiceRequest, act: Act) -> ServiceRequestView:
    """As `intake.receive`; for whoever is entitled to a desk it goes to the hall's at once (S07-15)."""
    request = await receive(new, act)
    to = await destination(new.customer_id, await desk_item(new.customer_id, act), act)
    if to is None or to.seated:
        return request
    await hand_over(request.id, NewHandOver(to_unit_id=to.desk.org_unit_id, reason=to.because), act)
    await tell(Case(SUBJECT, request.id, request.customer_id), request.number, to, now=act.now)
    return await LISTED.one(request.id)


async def hand_over(request_id: UUID, new: NewHandOver, act: Act) -> ServiceRequestForm:
    """Give the work on; the owner stays responsible (S07-15). Raises NotFound, NotOpen, Invalid."""
    request = await _open(request_id, "asked", "open")
    await receivers.refuse_no_receiver(new.to_staff_id, new.to_unit_id)
    await refuse_blind(request["customer_id"], to_staff_id=new.to_staff_id, to_unit_id=new.to_unit_id)
    await add(ServiceHandOver, act, request_id=request_id, customer_id=request["customer_id"], **given(new))
    await change(ServiceRequest, request_id, handler_id=new.to_staff_id, handler_unit_id=new.to_unit_id)
    notice = Notice(
        "service_request_handed_over",
        Case(SUBJECT, request_id, request["customer_id"]),
        org_unit_id=new.to_unit_id,
        to_department=new.to_staff_id is None,
        roles=() if new.to_staff_id else ("manager",),
        staff_ids=(new.to_staff_id,) if new.to_staff_id else (),
        details={"number": request["number"]},
    )
    await notify(notice, key=f"service-hand-over/{request_id}/{request['version']}", now=act.now)
    return await recorded("hand_over", Case(SUBJECT, request_id, request["customer_id"]), FORM, act)


async def add_note(request_id: UUID, new: NewServiceNote, act: Act) -> ServiceRequestForm:
    """Add a line to the case. Raises NotFound."""
    request = await locked(ServiceRequest, request_id)
    await add(ServiceNote, act, request_id=request_id, customer_id=request["customer_id"], **given(new))
    return await recorded("note", Case(SUBJECT, request_id, request["customer_id"]), FORM, act)


async def withdraw(request_id: UUID, new: Because, act: Act) -> ServiceRequestForm:
    """The customer no longer wants it. Raises NotFound; NotOpen while it waits for its approval or after its end."""
    request = await _open(request_id)
    await end(request, "withdrawn", new.reason, act)
    return await recorded("withdraw", Case(SUBJECT, request_id, request["customer_id"]), FORM, act)


async def _take(request: asyncpg.Record, new: NewStep, steps: list[str], taken: int, act: Act, *, at: datetime) -> None:
    _refuse_out_of_order(new.step, steps, taken)
    of = {"request_id": request["id"], "customer_id": request["customer_id"], "position": taken}
    await add(ServiceStep, act, **given(new) | {"taken_at": at}, **of, recorded_at=act.now)
    await change(ServiceRequest, request["id"])
    await steps_of.clocks_of(request, new.step, at=at, now=act.now)
    await steps_of.told(request, new.step, act)


def _refuse_out_of_order(step: str, steps: list[str], taken: int) -> None:
    if steps[taken] != step:
        raise StepOutOfOrder(f"{step} is not next: {steps[taken]} is")


async def _file(request: asyncpg.Record, act: Act) -> None:
    """It is filed with the department the item names, whose manager hears; without one with the nearest manager (S07-34)."""
    await change(ServiceRequest, request["id"], state="filed")
    filed = ServiceRequestEnded(request["id"], request["customer_id"], request["item"], "filed")
    await events.happen(filed, act)
    item = act.policy.service_item(request["item"])
    unit = await org_units.by_code(item.filed_with) if item is not None and item.filed_with else None
    unit_id = unit.successor_id or unit.id if unit else None
    notice = Notice(
        "service_request_filed",
        Case(SUBJECT, request["id"], request["customer_id"]),
        org_unit_id=unit_id,
        to_department=unit_id is not None,
        roles=("manager",),
        details={"number": request["number"]},
    )
    await notify(notice, key=f"service-request-filed/{request['id']}", now=act.now)


async def sign(request_id: UUID, new: NewSignature, act: Act) -> ServiceRequestForm:
    """The customer signs for the step that comes next (S07-12). Raises Invalid, NotFound, NotOpen, StepOutOfOrder,
    AlreadySigned, ArchiveErased."""
    await steps_of.sign(request_id, new, act)
    return await recorded("sign", Case(SUBJECT, request_id), FORM, act)


def _refuse_wrong_appointment(new: NewAppointment, request: asyncpg.Record, now: datetime) -> None:
    problems = []
    if new.at < now:
        problems.append(FieldError("at", "not in the past", value=new.at.isoformat()))
    if new.at > now + timedelta(days=AHEAD_DAYS_MAX):
        problems.append(FieldError("at", f"at most {AHEAD_DAYS_MAX} days ahead", value=new.at.isoformat()))
    if request["appointment_at"] is not None and not new.reason.strip():
        problems.append(FieldError("reason", "required when the appointment is moved", "say who asked and why"))
    refuse(problems, "The appointment was not made")


def _refuse_wrong_step(new: NewStep, request: asyncpg.Record, now: datetime) -> None:
    problems = []
    for want in sorted(steps_of.wanted(request, new.step) - {"signature"}):
        value = getattr(new, want)
        if value is None or (isinstance(value, str) and not value.strip()):
            problems.append(FieldError(want, f"required for the step: {new.step}", "give a value"))
    if new.rating is not None and not new.rated.strip():
        problems.append(FieldError("rated", "required with a rating", "name the installer"))
    at = new.taken_at or now
    if not request["received_at"] <= at <= now:
        problems.append(FieldError("taken_at", "between the request's receipt and now", value=at.isoformat()))
    refuse(problems, "The step was not recorded")


async def _open(request_id: UUID, *states: str) -> asyncpg.Record:
    request = await locked(ServiceRequest, request_id)
    if request["state"] not in (states or ("open",)):
        raise NotOpen(f"The request {request['number']} is {request['state']}")
    return request
