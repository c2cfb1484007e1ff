"""News of a visit, its confirmation by the centre, and what the visiting party says (S11-6, S11-7, S14-1)."""

from uuid import UUID

from guibin.cases.checking import wrong_answers
from guibin.cases.numbers import Numbering, add_numbered
from guibin.context import Act
from guibin.policy.packs import Policy
from guibin.policy.receptions import Protocol
from guibin.profiles.subjects import refuse_blind, refuse_unless_kept
from guibin.tiers.queries import current_tiers
from guibin_tenants.receivers import colleague, standing_unit
from guibin_tenants.refusals import Invalid, refuse
from guibin_tenants.rows import add, change, given
from guibin_tenants.scope import fetch_value
from guibin_tenants.tables import new_id

from . import editions
from .queries import ReceptionForm, form
from .requests import NewAssignment, NewEnquiry, NewReception, NewReceptionConfirmation, Particulars
from .sealing import sealed
from .standing import (
    BEFORE_ARRIVAL,
    Event,
    Told,
    audit,
    centre_on_duty,
    locked,
    reception_policy,
    refuse_outside_centre,
    refuse_wrong_times,
    tell,
    terms_of,
    write_event,
)
from .tables import Reception, ReceptionParticulars


async def receive(new: NewReception, act: Act) -> ReceptionForm:
    """Write down the news; the centre is told. Raises Invalid with every wrong field, NotFound, ArchiveErased."""
    await refuse_unless_kept(new.customer_id)
    refuse_wrong_times(new.arrives_at, new.leaves_at, now=act.now)
    held = await current_tiers([new.customer_id], on=act.today)
    protocol = _proposed(new.protocol, held.get(new.customer_id, {}), act.policy)
    if new.venue_id is not None:
        await standing_unit(new.venue_id, field="venue_id")
    reception_id = await _write(new, protocol, act)
    row = await locked(reception_id)
    await tell(await centre_on_duty(row, act), "reception_received", act)
    await audit("receive", row, act)
    return await form(reception_id)


async def confirm(reception_id: UUID, new: NewReceptionConfirmation, act: Act) -> ReceptionForm:
    """The centre has checked it. Raises NotFound, NotTheCentre, NotThisFar, Invalid."""
    row = await locked(reception_id, "collected")
    refuse_outside_centre(act.policy, act.by)
    arrives_at, leaves_at = new.arrives_at or row["arrives_at"], new.leaves_at or row["leaves_at"]
    refuse_wrong_times(arrives_at, leaves_at, now=act.now)
    protocol = _known(new.protocol or row["protocol"], act.policy)
    await change(
        Reception,
        reception_id,
        state="confirmed",
        protocol=protocol.name,
        arrives_at=arrives_at,
        leaves_at=leaves_at,
        party_size=new.party_size or row["party_size"],
    )
    await write_event(row, Event(kind="confirmation", text=new.text), act)
    await audit("confirm", row, act)
    return await form(reception_id)


async def ask_party(reception_id: UUID, new: NewEnquiry, act: Act) -> ReceptionForm:
    """The visiting party was asked for data, itinerary, activities and requirements (S11-7)."""
    row = await locked(reception_id, *BEFORE_ARRIVAL)
    refuse_outside_centre(act.policy, act.by)
    await write_event(row, Event(kind="enquiry", name=new.asked, text=new.text), act)
    await audit("ask_party", row, act)
    return await form(reception_id)


async def write_particulars(reception_id: UUID, new: Particulars, act: Act) -> ReceptionForm:
    """Write up what is known of the guest, sealed, and report it to leadership where the protocol asks first.

    Departments that have a notice get a new edition. Raises NotFound, NotTheCentre, NotThisFar, Invalid.
    """
    row = await locked(reception_id, *BEFORE_ARRIVAL)
    refuse_outside_centre(act.policy, act.by)
    protocol = terms_of(row).protocols[0] if row["terms"] else _known(row["protocol"], act.policy)
    _refuse_wrong_answers(new, protocol, act.policy)
    edition = 1 + await fetch_value(
        "select coalesce(max(edition), 0) from reception_particulars where reception_id = $1", reception_id
    )
    row_id = new_id()
    await add(
        ReceptionParticulars,
        act,
        id=row_id,
        reception_id=reception_id,
        customer_id=row["customer_id"],
        edition=edition,
        sealed=await sealed(new, guest_id=row["customer_id"], table="reception_particulars", row=row_id),
    )
    if protocol.ask_visiting_party:
        leadership = Told(row, roles=reception_policy(act.policy).report_to, leadership=True)
        await tell(leadership, "reception_reported", act, key=str(edition))
    await audit("particulars", row, act, fields=("particulars",))
    await editions.issue_change(row, act, reason="")
    return await form(reception_id)


async def assign(reception_id: UUID, new: NewAssignment, act: Act) -> ReceptionForm:
    """A person is with the guest (S14-3). Raises NotFound, NotTheCentre, NotThisFar, Invalid."""
    row = await locked(reception_id, *BEFORE_ARRIVAL)
    refuse_outside_centre(act.policy, act.by)
    host = await colleague(new.staff_id or act.by.id)
    await refuse_blind(row["customer_id"], staff_id=host.id)
    await change(Reception, reception_id, host_id=host.id, host_name=host.name)
    await write_event(row, Event(kind="assignment", name=host.name, text=new.text), act)
    await tell(Told(row, staff_ids=(host.id,)), "reception_assigned", act, key=str(row["version"]))
    await audit("assign", row, act)
    await editions.issue_change(await locked(reception_id), act, reason=new.text)
    return await form(reception_id)


async def foreseen(customer_id: UUID, name: str, act: Act) -> Protocol | None:
    """Under which protocol this guest would be received: the one named, else the one proposed. Raises Invalid."""
    held = await current_tiers([customer_id], on=act.today)
    proposed = _proposed(name or None, held.get(customer_id, {}), act.policy)
    return reception_policy(act.policy).protocol(proposed)


def _proposed(name: str | None, held: dict[str, str], policy: Policy) -> str:
    """The protocol named; else the one for a tier the guest holds; else the only one; else nothing yet."""
    if name is not None:
        return _known(name, policy).name
    protocols = reception_policy(policy).protocols
    if len(protocols) == 1:
        return protocols[0].name
    for protocol in protocols:
        by_figures = any(held.get(reason.scheme) == reason.tier for reason in protocol.qualifications if reason.scheme)
        if by_figures or protocol.name in held.values():
            return protocol.name
    return ""


def _known(name: str, policy: Policy) -> Protocol:
    protocol = reception_policy(policy).protocol(name)
    if protocol is None:
        known = ", ".join(each.name for each in reception_policy(policy).protocols)
        raise Invalid.at("protocol", "a protocol of the policy", f"one of: {known}", name)
    return protocol


def _refuse_wrong_answers(new: Particulars, protocol: Protocol, policy: Policy) -> None:
    sheet = policy.form(protocol.form) if protocol.form else None
    refuse(wrong_answers(sheet, new.answers, "the protocol"), "The particulars were not written up")


async def _write(new: NewReception, protocol: str, act: Act) -> UUID:
    clause = reception_policy(act.policy).clause
    policy = {"protocol": protocol, "clause": clause, "policy_version": act.policy.version}
    numbering = Numbering("R", act.now, act.company.time_zone)
    return await add_numbered(Reception, act, numbering, given(new) | policy)
