"""Taking a complaint in: its level is judged, its clock starts, and whoever took it in is responsible (S07-11)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from guibin import events
from guibin.audit.actions import AuditNote, record, record_all
from guibin.cases.numbers import DRAWS_MAX, new_number
from guibin.context import Act, Company
from guibin.desks.actions import Matter, destination, tell
from guibin.events import ComplaintReceived
from guibin.hookspecs import ComplaintDraft
from guibin.packs import Hooks
from guibin.periods.days import local_day
from guibin.policy.packs import Policy
from guibin.sla import actions as sla
from guibin.sla import milestones
from guibin.sla.actions import NewTimer
from guibin_tenants import staff
from guibin_tenants.principals import Principal, Signature
from guibin_tenants.refusals import FieldError, Invalid, NotFound
from guibin_tenants.scope import execute_many, fetch, fetch_one
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


async def receive(new: NewComplaint, act: Act, *, origin: Origin | None = None) -> ComplaintView:
    """Take in a complaint. One that its origin had settled already is closed and has no clock. Raises Invalid, or NotFound for a customer that is not visible from here."""
    _refuse_wrong(new, new.received_at or act.now, act.policy, act.now)
    kinds = await _customer_kinds([new])
    owner = await _owner(new.owner_id, act.by)
    if new.complainant_id is not None:
        await _staff(new.complainant_id, "complainant_id")
    if new.follows_id is not None:
        await _refuse_not_followed(new.follows_id, new.customer_id)
    case = _judged(new, origin, kinds, owner, act)
    await _write([case], act.company, act.by)
    await _begin(case, act.policy, act.by)
    await record(_note(case), act)
    if origin is None:
        await _to_the_desk(case.id, new.customer_id, act)
    return await by_id(case.id)


async def receive_all(several: Sequence[tuple[NewComplaint, Origin]], act: Act) -> None:
    """Take in complaints from elsewhere, each as `receive` would and none before its own moment, with few statements.

    None of them names an owner, a complainant or another that it follows. Raises Invalid or NotFound.
    """
    for new, _ in several:
        _refuse_wrong(new, new.received_at or act.now, act.policy, max(act.now, new.received_at or act.now))
    kinds = await _customer_kinds([new for new, _ in several])
    cases = [
        _judged(new, origin, kinds, (act.by.id, act.by.name), act.at(max(act.now, new.received_at or act.now)))
        for new, origin in several
    ]
    await _write(cases, act.company, act.by)
    for case in cases:
        await _begin(case, act.policy, act.by)
    await record_all([(_note(case), case.recorded_at) for case in cases], by=act.by)


class _Case(Struct, frozen=True):
    """A complaint that may be taken in: judged, with its moments and whoever is responsible."""

    id: UUID
    new: NewComplaint
    origin: Origin | None
    found: Judged
    owner: tuple[UUID, str]
    received_at: datetime
    recorded_at: datetime


def _judged(
    new: NewComplaint, origin: Origin | None, kinds: dict[UUID, str], owner: tuple[UUID, str], act: Act
) -> _Case:
    if new.customer_id is not None and new.customer_id not in kinds:
        raise NotFound(f"There is no customer {new.customer_id}")
    kind = kinds[new.customer_id] if new.customer_id is not None else None
    return _Case(
        new_id(), new, origin, _level(new, act.policy, act.hooks, kind), owner, new.received_at or act.now, act.now
    )


async def _begin(case: _Case, policy: Policy, by: Principal) -> None:
    """Start its clocks, unless its origin had settled it, and say that it was received."""
    new, level, now = case.new, case.found.level, case.recorded_at
    if case.origin is None or not case.origin.settled:
        await sla.start(
            NewTimer(
                subject=SUBJECT,
                subject_id=case.id,
                customer_id=new.customer_id,
                milestone=RESOLUTION,
                terms=terms_of(policy.complaints, level),
                started_at=case.received_at,
            )
        )
        targets = case_of(case.id, new.customer_id)
        await milestones.begin(targets, level.milestones, at=case.received_at, now=now)
        await milestones.ask(targets, level.milestones, Signature(by=by, now=now), at=case.received_at)
        await rectification.begin(case.id, level, policy=policy.complaints, at=case.received_at, now=now)
    await events.record(ComplaintReceived(complaint_id=case.id, level=level.name), now=now)


def _note(case: _Case) -> AuditNote:
    return AuditNote(
        action="complaint.receive", subject="complaint", subject_id=case.id, customer_id=case.new.customer_id
    )


async def _to_the_desk(complaint_id: UUID, customer_id: UUID | None, act: Act) -> None:
    """S07-22: whoever receives it hands it over to the desk at once, and stays responsible."""
    day = local_day(act.now, act.company.time_zone)
    found = await destination(customer_id, act.policy, on=day, language=act.company.language, by=act.by)
    if found is not None and not found.seated:
        to_desk = NewHandOver(to_unit_id=found.desk.org_unit_id, reason=found.because)
        complaint = await hand_over(complaint_id, to_desk, act)
        await tell(Matter(SUBJECT, complaint_id, complaint.number, customer_id), found, now=act.now)


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


async def _customer_kinds(several: Sequence[NewComplaint]) -> dict[UUID, str]:
    ids = {new.customer_id for new in several if new.customer_id is not None}
    rows = await fetch("select id, kind from customer where id = any ($1)", list(ids)) if ids else []
    return {row["id"]: row["kind"] for row in rows}


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


async def _write(cases: Sequence[_Case], company: Company, by: Principal) -> None:
    left = {case.id: case for case in cases}
    for _ in range(DRAWS_MAX):
        await execute_many(_INSERT, [_row(case, company, by) for case in left.values()])
        # A number that was drawn before wrote nothing.
        written = await fetch("select id from complaint where id = any ($1)", list(left))
        for row in written:
            del left[row["id"]]
        if not left:
            return
    raise RuntimeError("no free complaint number was drawn")


_INSERT = (
    "insert into complaint (id, number, kind, customer_id, channel, level, clause, because, text, on_behalf,"
    " special, received_at, recorded_at, owner_id, owner_name, handler_id, state, round, source, source_number,"
    " source_status, complainant_id, follows_id, org_unit_id, version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,"
    " $13, $14, $15, $14, $19, 0, $16, $17, $18, $20, $21, $22, 1) on conflict (tenant_id, number) do nothing"
)


def _row(case: _Case, company: Company, by: Principal) -> tuple[Any, ...]:
    new, found, origin = case.new, case.found, case.origin
    return (
        case.id,
        new_number("C", case.received_at, company.time_zone),
        new.kind,
        new.customer_id,
        new.channel,
        found.level.name,
        found.level.clause,
        found.because,
        new.text,
        new.on_behalf,
        new.special or found.level.always_follow_up,
        case.received_at,
        case.recorded_at,
        *case.owner,
        origin.source if origin else None,
        origin.number if origin else None,
        origin.status if origin else "",
        "closed" if origin and origin.settled else "open",
        new.complainant_id,
        new.follows_id,
        by.org_unit_id,
    )
