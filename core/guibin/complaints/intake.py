"""Taking a complaint in: its level is judged, its clock starts, and whoever took it in is responsible (S07-11)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, structs

from guibin import events
from guibin.audit.actions import AuditNote, along, record_all
from guibin.cases import Case
from guibin.cases.numbers import DRAWS_MAX, new_number
from guibin.context import Act, Company
from guibin.desks.actions import destination, tell
from guibin.duties import calls as duties
from guibin.entitlements.queries import desk_item
from guibin.events import ComplaintReceived
from guibin.hookspecs import ComplaintDraft
from guibin.policy.packs import Policy
from guibin.profiles.subjects import refuse_blind
from guibin.sla import actions as sla
from guibin.sla import milestones
from guibin.sla.actions import NewTimer
from guibin.tiers.queries import Known, kinds_and_tiers
from guibin.upward_reports.actions import leader_above
from guibin_tenants import staff
from guibin_tenants.principals import Principal
from guibin_tenants.receivers import colleague
from guibin_tenants.refusals import FieldError, Invalid, NotFound, refuse
from guibin_tenants.rows import add_all, given, row_of
from guibin_tenants.scope import undone
from guibin_tenants.staff import StaffView
from guibin_tenants.tables import new_id

from . import rectification, recusals
from .actions import hand_over
from .inward import open_internal_flow
from .levels import RESOLUTION, SUBJECT, Draft, Judged, judged, level_named, suggested, terms_of, unknown_level
from .queries import LISTED, ComplaintView
from .rectification import Report
from .requests import NewComplaint, NewComplaintHandOver, NewRecusal
from .tables import Complaint
from .telling import of_intake

# How much of what the customer said goes along with a question to those above.
_QUOTED = 200


class Origin(Struct, frozen=True):
    """Where an imported complaint came from; the same number from there is the same complaint."""

    source: str
    number: str
    status: str = ""
    settled: bool = False


async def receive(new: NewComplaint, act: Act) -> ComplaintView:
    """Take in a complaint. Raises Invalid, or NotFound for a customer that is not visible from here."""
    _refuse_wrong(new, act.policy, latest=act.now)
    known = await kinds_and_tiers([new.customer_id], on=act.today)
    owner = await _owner(new.owner_id, act.by)
    await refuse_blind(new.customer_id, owner_id=None if owner[0] == act.by.id else owner[0])
    if new.complainant_id is not None:
        await _staff(new.complainant_id, "complainant_id")
    if new.against_id is not None:
        await colleague(new.against_id, field="against_id")
    if new.follows_id is not None:
        await _refuse_not_followed(new.follows_id, new.customer_id)
    if new.against_id is not None and new.against_id == owner[0]:
        leader = await leader_above(act.by.org_unit_id, owner[0], recusals.LEADER, own_too=True)
        owner = (leader.owner.id, leader.owner.name)
    (case,) = await _taken_in([await _judged(new, None, known, owner, act)], act, heard=True)
    await events.tell_at_once(ComplaintReceived(case.id, case.found.level.name), act)
    note = _note(case)
    if new.against_id is not None:
        reason = act.policy.title("complaint.against", act.language)
        await recusals.recuse(case.id, NewRecusal(staff_id=new.against_id, reason=reason), act)
    await _to_the_desk(case, act)
    # Nobody else can have been recused by now.
    but = frozenset({new.against_id} if new.against_id is not None else ())
    await duties.call(Case(SUBJECT, case.id, new.customer_id), act, duties.Matter(number=case.number, but=but))
    whole = Case(SUBJECT, case.id, new.customer_id)
    await open_internal_flow(whole, case.number, case.found.level, act, because=new.text[:_QUOTED])
    with along(note, act) as entry:
        return await LISTED.one(case.id, entry)


async def foreseen(new: NewComplaint, act: Act) -> ComplaintView:
    """As `receive` would: the level, why, and when it falls due. Nothing is written and nobody is told."""
    return await undone(receive(new, act))


async def receive_all(several: Sequence[tuple[NewComplaint, Origin]], act: Act) -> None:
    """Take in complaints from elsewhere, each as `receive` would and none before its own moment, with few statements.

    One that its origin had settled already is closed and has no clock. None of them names an owner, a complainant or another that it follows. Raises Invalid or NotFound.
    """
    for new, _ in several:
        _refuse_wrong(new, act.policy, latest=None)
    known = await kinds_and_tiers({new.customer_id for new, _ in several}, on=act.today)
    cases = [
        await _judged(new, origin, known, (act.by.id, act.by.name), act.at(max(act.now, new.received_at or act.now)))
        for new, origin in several
    ]
    taken = await _taken_in(cases, act)
    await record_all([(_note(case), case.recorded_at) for case in taken], by=act.by)


class _Case(Struct, frozen=True):
    """A complaint that may be taken in: judged, with its moments and whoever is responsible; `held` are the customer's tiers by scheme."""

    id: UUID
    new: NewComplaint
    origin: Origin | None
    found: Judged
    owner: tuple[UUID, str]
    received_at: datetime
    recorded_at: datetime
    number: str = ""
    held: Mapping[str, str] = {}

    @property
    def tiers(self) -> tuple[str, ...]:
        """What the customer holds, of every scheme."""
        return tuple(self.held.values())

    @property
    def settled(self) -> bool:
        """Whether its origin had settled it."""
        return self.origin is not None and self.origin.settled


async def _judged(
    new: NewComplaint, origin: Origin | None, known: Mapping[UUID, Known], owner: tuple[UUID, str], act: Act
) -> _Case:
    """With what the customer holds: a level's time may depend on it (S07-5), and what is handled first (S07-33)."""
    if new.customer_id is not None and new.customer_id not in known:
        raise NotFound(f"There is no customer {new.customer_id}")
    whose = known[new.customer_id] if new.customer_id is not None else None
    level = await _level(new, whose.kind if whose else None, act)
    held = whose.tiers if whose else {}
    return _Case(new_id(), new, origin, level, owner, new.received_at or act.now, act.now, held=held)


async def _taken_in(cases: Sequence[_Case], act: Act, *, heard: bool = False) -> list[_Case]:
    """Write them down, start the clocks of those that are not settled, and say that they were received. With `heard` whoever is
    responsible for the customer hears of each."""
    written = await _write(cases, act)
    await sla.start_all([timer for case in written if not case.settled for timer in _timers(case, act.policy)])
    reports = [_report(case) for case in written if not case.settled]
    responsible = [
        of_intake(one.case, one.number, act, but=one.but) for one in reports if heard and one.case.customer_id
    ]
    await rectification.report(reports, act.policy.complaints, also=responsible)
    for case in written:
        await events.record(ComplaintReceived(complaint_id=case.id, level=case.found.level.name), now=case.recorded_at)
    return written


def _report(case: _Case) -> Report:
    whole, against = Case(SUBJECT, case.id, case.new.customer_id), case.new.against_id
    return Report(
        whole,
        case.number,
        case.recorded_at,
        but=(against,) if against is not None else (),
        planned=case.found.level.rectify_within is not None,
    )


def _timers(case: _Case, policy: Policy) -> list[NewTimer]:
    level, whole = case.found.level, Case(SUBJECT, case.id, case.new.customer_id)
    resolution = NewTimer(
        Case(SUBJECT, case.id, case.new.customer_id),
        RESOLUTION,
        terms_of(policy.complaints, level, case.tiers),
        case.received_at,
    )
    targets = milestones.first(whole, level.targets(case.tiers), at=case.received_at, now=case.recorded_at)
    return [resolution, *targets, *rectification.first(whole, level, policy.complaints, at=case.received_at)]


def _note(case: _Case) -> AuditNote:
    return AuditNote(
        action="complaint.receive", subject="complaint", subject_id=case.id, customer_id=case.new.customer_id
    )


async def _to_the_desk(case: _Case, act: Act) -> None:
    """S07-22: whoever receives it hands it over to the desk at once, and stays responsible."""
    customer_id = case.new.customer_id
    to = await destination(customer_id, await desk_item(customer_id, act, held=case.held), act)
    if to is not None and not to.seated:
        await hand_over(case.id, NewComplaintHandOver(to_unit_id=to.desk.org_unit_id, reason=to.because), act)
        await tell(Case(SUBJECT, case.id, customer_id), case.number, to, now=act.now)


def wrong_by(policy: Policy, said: Mapping[str, Any], *, latest: datetime | None) -> list[FieldError]:
    """What of a complaint, as far as it is known, the policy does not have; and a moment after `latest`."""
    complaints, level, received_at = policy.complaints, said.get("level"), said.get("received_at")
    problems = []
    if "channel" in said and said["channel"] not in complaints.channels:
        fix = f"one of: {', '.join(complaints.channels)}"
        problems.append(FieldError("channel", "a channel of the complaint policy", fix, said["channel"]))
    if level is not None and complaints.level(level) is None:
        problems.append(unknown_level(complaints, level))
    if latest is not None and received_at is not None and received_at > latest:
        problems.append(FieldError("received_at", "not in the future", value=received_at.isoformat()))
    return problems


def _refuse_wrong(new: NewComplaint, policy: Policy, *, latest: datetime | None) -> None:
    refuse(wrong_by(policy, given(new), latest=latest), "The complaint was not taken in")


async def _level(new: NewComplaint, kind: str | None, act: Act) -> Judged:
    policy = act.policy.complaints
    if new.level is not None:
        return Judged(level_named(policy, new.level), "given at intake", "person")
    own = await suggested(Draft(new.text, new.channel, kind, new.customer_id), act)
    return own or await judged(policy, act.hooks, ComplaintDraft(new.text, new.channel, kind), new.customer_id)


async def _refuse_not_followed(follows_id: UUID, customer_id: UUID | None) -> None:
    row = await row_of(Complaint, follows_id, "select customer_id, state from complaint where id = $1")
    if row["state"] not in ("resolved", "closed") or row["customer_id"] != customer_id:
        raise Invalid.at("follows_id", "a settled complaint of the same customer", value=str(follows_id))


async def _owner(owner_id: UUID | None, by: Principal) -> tuple[UUID, str]:
    if owner_id is None or owner_id == by.id:
        return by.id, by.name
    owner = await colleague(owner_id, field="owner_id")
    return owner.id, owner.name


async def _staff(staff_id: UUID, field: str) -> StaffView:
    try:
        return await staff.by_id(staff_id)
    except NotFound:
        raise Invalid.at(field, "a member of staff", value=str(staff_id)) from None


async def _write(cases: Sequence[_Case], act: Act) -> list[_Case]:
    """Each with its number, in order."""
    written: dict[UUID, _Case] = {}
    for _ in range(DRAWS_MAX):
        drawn = {case.id: _numbered(case, act.company) for case in cases if case.id not in written}
        # A number that was drawn before writes nothing.
        ids = await add_all(Complaint, None, [_row(case, act) for case in drawn.values()], unless=("number",))
        written |= {each: drawn[each] for each in ids}
        if len(written) == len(cases):
            return [written[case.id] for case in cases]
    raise RuntimeError("no free complaint number was drawn")


def _numbered(case: _Case, company: Company) -> _Case:
    return structs.replace(case, number=new_number("C", case.received_at, company.time_zone))


def _row(case: _Case, act: Act) -> dict[str, Any]:
    new, found, origin = case.new, case.found, case.origin
    owner_id, owner_name = case.owner
    return {name: value for name, value in given(new).items() if name != "against_id"} | {
        "id": case.id,
        "number": case.number,
        "level": found.level.name,
        "level_by": found.by,
        "clause": found.level.clause,
        "because": found.because,
        "special": new.special or found.level.always_follow_up,
        "received_at": case.received_at,
        "recorded_at": case.recorded_at,
        "org_unit_id": act.by.org_unit_id,
        "priority": act.policy.complaints.priority(case.tiers),
        "owner_id": owner_id,
        "owner_name": owner_name,
        "handler_id": owner_id,
        "state": "closed" if case.settled else "open",
        "source": origin.source if origin else None,
        "source_number": origin.number if origin else None,
        "source_status": origin.status if origin else "",
    }
