"""Taking a complaint in: its level is judged, its clock starts, and whoever took it in is responsible (S07-11)."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from guibin import events
from guibin.audit.actions import AuditNote, record
from guibin.case_numbers import DRAWS_MAX, new_number
from guibin.context import Company
from guibin.desks.actions import Matter, destination, tell
from guibin.events import ComplaintReceived
from guibin.hookspecs import ComplaintDraft
from guibin.packs import Hooks
from guibin.policy.packs import Policy
from guibin.sla import actions as sla
from guibin.sla import milestones
from guibin.sla.actions import NewTimer
from guibin.tiers.days import local_day
from guibin_tenants import staff
from guibin_tenants.principals import Principal
from guibin_tenants.refusals import FieldError, Invalid, NotFound
from guibin_tenants.scope import execute, fetch_one, fetch_value
from guibin_tenants.staff import StaffView
from guibin_tenants.tables import new_id

from . import rectification
from .actions import hand_over
from .levels import RESOLUTION, SUBJECT, Judged, case_of, judged, level_named, terms_of
from .queries import ComplaintView, by_id
from .requests import NewComplaint, NewHandOver


class Origin(Struct, frozen=True):
    """Where an imported complaint came from; the same number from there is the same complaint."""

    source: str
    number: str
    status: str = ""
    settled: bool = False


async def receive(
    new: NewComplaint,
    *,
    policy: Policy,
    hooks: Hooks,
    company: Company,
    by: Principal,
    now: datetime,
    origin: Origin | None = None,
) -> ComplaintView:
    """Take in a complaint. One that its origin had settled already is closed and has no clock. Raises Invalid, or NotFound for a customer that is not visible from here."""
    received_at = new.received_at or now
    _refuse_wrong(new, received_at, policy, now)
    kind = await _customer_kind(new.customer_id)
    found = _level(new, policy, hooks, kind)
    owner_id, owner_name = await _owner(new.owner_id, by)
    if new.complainant_id is not None:
        await _staff(new.complainant_id, "complainant_id")
    if new.follows_id is not None:
        await _refuse_not_followed(new.follows_id, new.customer_id)
    complaint_id = new_id()
    await _write(complaint_id, new, found, received_at, (owner_id, owner_name), company, now, origin)
    if origin is None or not origin.settled:
        await sla.start(
            NewTimer(
                subject=SUBJECT,
                subject_id=complaint_id,
                customer_id=new.customer_id,
                milestone=RESOLUTION,
                terms=terms_of(policy.complaints, found.level),
                started_at=received_at,
            )
        )
        case = case_of(complaint_id, new.customer_id)
        await milestones.begin(case, found.level.milestones, at=received_at, now=now)
        await milestones.ask(case, found.level.milestones, at=received_at, by=by, now=now)
        await rectification.begin(complaint_id, found.level, policy=policy.complaints, at=received_at, now=now)
    await events.record(ComplaintReceived(complaint_id=complaint_id, level=found.level.name), now=now)
    note = AuditNote(
        action="complaint.receive", subject="complaint", subject_id=complaint_id, customer_id=new.customer_id
    )
    await record(note, by=by, now=now)
    if origin is None:
        await _to_the_desk(complaint_id, new.customer_id, policy, company, by, now)
    return await by_id(complaint_id)


async def _to_the_desk(
    complaint_id: UUID, customer_id: UUID | None, policy: Policy, company: Company, by: Principal, now: datetime
) -> None:
    """S07-22: whoever receives it hands it over to the desk at once, and stays responsible."""
    day = local_day(now, company.time_zone)
    found = await destination(customer_id, policy, on=day, language=company.language, by=by)
    if found is not None and not found.seated:
        to_desk = NewHandOver(to_unit_id=found.desk.org_unit_id, reason=found.because)
        complaint = await hand_over(complaint_id, to_desk, by=by, now=now)
        await tell(Matter(SUBJECT, complaint_id, complaint.number, customer_id), found, now=now)


def _refuse_wrong(new: NewComplaint, received_at: datetime, policy: Policy, now: datetime) -> None:
    problems = []
    if new.channel not in policy.complaints.channels:
        fix = f"one of: {', '.join(policy.complaints.channels)}"
        problems.append(FieldError("channel", "a channel of the complaint policy", fix, new.channel))
    if received_at > now:
        problems.append(FieldError("received_at", "not in the future", value=received_at.isoformat()))
    if problems:
        raise Invalid("The complaint was not taken in", fields=tuple(problems))


def _level(new: NewComplaint, policy: Policy, hooks: Hooks, kind: str | None) -> Judged:
    if new.level is not None:
        return Judged(level_named(policy.complaints, new.level), "given at intake")
    return judged(policy.complaints, hooks, ComplaintDraft(new.text, new.channel, kind))


async def _customer_kind(customer_id: UUID | None) -> str | None:
    if customer_id is None:
        return None
    kind: str | None = await fetch_value("select kind from customer where id = $1", customer_id)
    if kind is None:
        raise NotFound(f"There is no customer {customer_id}")
    return kind


async def _refuse_not_followed(follows_id: UUID, customer_id: UUID | None) -> None:
    row = await fetch_one("select customer_id, state from complaint where id = $1", follows_id)
    if row is None:
        raise NotFound(f"There is no complaint {follows_id}")
    if row["state"] not in ("resolved", "closed") or row["customer_id"] != customer_id:
        rule = "a settled complaint of the same customer"
        raise Invalid(fields=(FieldError("follows_id", rule, value=str(follows_id)),))


async def _owner(owner_id: UUID | None, by: Principal) -> tuple[UUID, str]:
    if owner_id is None or owner_id == by.id:
        return by.id, by.name
    owner = await _staff(owner_id, "owner_id")
    return owner.id, owner.name


async def _staff(staff_id: UUID, field: str) -> StaffView:
    try:
        return await staff.by_id(staff_id)
    except NotFound:
        raise Invalid(fields=(FieldError(field, "a member of staff", value=str(staff_id)),)) from None


async def _write(
    complaint_id: UUID,
    new: NewComplaint,
    found: Judged,
    received_at: datetime,
    owner: tuple[UUID, str],
    company: Company,
    now: datetime,
    origin: Origin | None,
) -> None:
    for _ in range(DRAWS_MAX):
        written = await execute(
            "insert into complaint (id, number, kind, customer_id, channel, level, clause, because, text, on_behalf,"
            " special, received_at, recorded_at, owner_id, owner_name, handler_id, state, round, source, source_number,"
            " source_status, complainant_id, follows_id, version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $14,"
            " $19, 0, $16, $17, $18, $20, $21, 1) on conflict (tenant_id, number) do nothing",
            complaint_id,
            new_number("C", received_at, company.time_zone),
            new.kind,
            new.customer_id,
            new.channel,
            found.level.name,
            found.level.clause,
            found.because,
            new.text,
            new.on_behalf,
            new.special or found.level.always_follow_up,
            received_at,
            now,
            owner[0],
            owner[1],
            origin.source if origin else None,
            origin.number if origin else None,
            origin.status if origin else "",
            "closed" if origin and origin.settled else "open",
            new.complainant_id,
            new.follows_id,
        )
        if written:
            return
    raise RuntimeError("no free complaint number was drawn")
