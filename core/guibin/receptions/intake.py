"""News of a visit, its confirmation by the centre, and what the visiting party says (S11-6, S11-7, S14-1)."""

from datetime import datetime
from uuid import UUID

from guibin.cases.numbers import DRAWS_MAX, new_number
from guibin.context import Company
from guibin.policy.forms import check_answers
from guibin.policy.packs import Policy
from guibin.policy.receptions import Protocol
from guibin.records.subjects import actor, refuse_unless_kept
from guibin.tiers.days import local_day
from guibin.tiers.queries import current_tiers
from guibin_tenants.principals import Principal
from guibin_tenants.refusals import FieldError, Invalid
from guibin_tenants.scope import execute, fetch_one, fetch_value
from guibin_tenants.tables import new_id

from . import editions
from .queries import ReceptionForm, form
from .requests import NewAssignment, NewEnquiry, NewReception, NewReceptionConfirmation, Particulars
from .sealing import sealed
from .standing import (
    BEFORE_ARRIVAL,
    audit,
    locked,
    reception_policy,
    refuse_outside_centre,
    refuse_wrong_times,
    tell,
    terms_of,
    write_event,
)
from .tables import ReceptionParticulars


async def receive(
    new: NewReception, *, policy: Policy, company: Company, by: Principal, now: datetime
) -> ReceptionForm:
    """Write down the news; the centre is told. Raises Invalid with every wrong field, NotFound, ArchiveErased."""
    await refuse_unless_kept(new.customer_id)
    refuse_wrong_times(new.arrives_at, new.leaves_at, now=now)
    held = (await current_tiers([new.customer_id], on=local_day(now, company.time_zone))).get(new.customer_id, {})
    protocol = _proposed(new.protocol, held, policy)
    if new.venue_id is not None and not await fetch_value("select true from org_unit where id = $1", new.venue_id):
        raise Invalid(fields=(FieldError("venue_id", "one of the company's org units", value=str(new.venue_id)),))
    reception_id = new_id()
    await _write(reception_id, new, protocol, policy, company, by, now)
    row = await locked(reception_id)
    await tell(row, "reception_received", roles=reception_policy(policy).centre[:1], now=now)
    await audit("receive", row, by=by, now=now)
    return await form(reception_id)


async def confirm(
    reception_id: UUID, new: NewReceptionConfirmation, *, policy: Policy, by: Principal, now: datetime
) -> ReceptionForm:
    """The centre has checked it. Raises NotFound, NotTheCentre, NotThisFar, Invalid."""
    row = await locked(reception_id, "collected")
    refuse_outside_centre(policy, by)
    arrives_at, leaves_at = new.arrives_at or row["arrives_at"], new.leaves_at or row["leaves_at"]
    refuse_wrong_times(arrives_at, leaves_at, now=now)
    protocol = _known(new.protocol or row["protocol"], policy)
    await execute(
        "update reception set state = 'confirmed', protocol = $2, arrives_at = $3, leaves_at = $4,"
        " party_size = coalesce($5, party_size), version = version + 1 where id = $1",
        reception_id,
        protocol.name,
        arrives_at,
        leaves_at,
        new.party_size,
    )
    await write_event(row, "confirmation", text=new.text, by=by, now=now)
    await audit("confirm", row, by=by, now=now)
    return await form(reception_id)


async def ask_party(
    reception_id: UUID, new: NewEnquiry, *, policy: Policy, by: Principal, now: datetime
) -> ReceptionForm:
    """The visiting party was asked for data, itinerary, activities and requirements (S11-7)."""
    row = await locked(reception_id, *BEFORE_ARRIVAL)
    refuse_outside_centre(policy, by)
    await write_event(row, "enquiry", name=new.asked, text=new.text, by=by, now=now)
    await audit("ask_party", row, by=by, now=now)
    return await form(reception_id)


async def write_particulars(
    reception_id: UUID, new: Particulars, *, policy: Policy, by: Principal, now: datetime
) -> ReceptionForm:
    """Write up what is known of the guest, sealed, and report it to leadership where the protocol asks first.

    Departments that have a notice get a new edition. Raises NotFound, NotTheCentre, NotThisFar, Invalid.
    """
    row = await locked(reception_id, *BEFORE_ARRIVAL)
    refuse_outside_centre(policy, by)
    protocol = terms_of(row).protocols[0] if row["terms"] else _known(row["protocol"], policy)
    _refuse_wrong_answers(new, protocol, policy)
    edition = 1 + await fetch_value(
        "select coalesce(max(edition), 0) from reception_particulars where reception_id = $1", reception_id
    )
    row_id = new_id()
    await ReceptionParticulars.insert(
        ReceptionParticulars(
            id=row_id,
            reception_id=reception_id,
            customer_id=row["customer_id"],
            edition=edition,
            sealed=await sealed(new, guest_id=row["customer_id"], table="reception_particulars", row=row_id),
            written_by=by.id,
            written_by_name=by.name,
            written_at=now,
        )
    )
    if protocol.ask_visiting_party:
        report_to = reception_policy(policy).report_to
        await tell(row, "reception_reported", roles=report_to, leadership=True, key=str(edition), now=now)
    await audit("particulars", row, by=by, now=now, fields=("particulars",))
    await editions.issue_change(row, reason="", by=by, now=now)
    return await form(reception_id)


async def assign(
    reception_id: UUID, new: NewAssignment, *, policy: Policy, by: Principal, now: datetime
) -> ReceptionForm:
    """A person is with the guest (S14-3). Raises NotFound, NotTheCentre, NotThisFar, Invalid."""
    row = await locked(reception_id, *BEFORE_ARRIVAL)
    refuse_outside_centre(policy, by)
    host = await actor(new.staff_id, by)
    if not await fetch_value("select true from staff where id = $1", host.id):
        raise Invalid(fields=(FieldError("staff_id", "a member of staff who works here", value=str(host.id)),))
    await execute(
        "update reception set host_id = $2, host_name = $3, version = version + 1 where id = $1",
        reception_id,
        host.id,
        host.name,
    )
    await write_event(row, "assignment", name=host.name, text=new.text, by=by, now=now)
    await tell(row, "reception_assigned", staff_ids=(host.id,), key=str(row["version"]), now=now)
    await audit("assign", row, by=by, now=now)
    await editions.issue_change(await locked(reception_id), reason=new.text, by=by, now=now)
    return await form(reception_id)


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
        known = ", ".join(one.name for one in reception_policy(policy).protocols)
        raise Invalid(fields=(FieldError("protocol", "a protocol of the policy", f"one of: {known}", name),))
    return protocol


def _refuse_wrong_answers(new: Particulars, protocol: Protocol, policy: Policy) -> None:
    sheet = policy.form(protocol.form) if protocol.form else None
    if sheet is None:
        problems = [FieldError("answers", "empty: the protocol has no form")] if new.answers else []
    else:
        problems = [FieldError(f"answers.{p.field}", p.rule, p.fix, p.value) for p in check_answers(sheet, new.answers)]
    if problems:
        raise Invalid("The particulars were not written up", fields=tuple(problems))


async def _write(
    reception_id: UUID,
    new: NewReception,
    protocol: str,
    policy: Policy,
    company: Company,
    by: Principal,
    now: datetime,
) -> None:
    for _ in range(DRAWS_MAX):
        written = await fetch_one(
            "insert into reception (id, number, customer_id, venue_id, protocol, source, text, arrives_at, leaves_at,"
            " party_size, host_name, received_by, received_by_name, received_at, state, edition, clause,"
            " policy_version, version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', $11, $12, $13,"
            " 'collected', 0, $14, $15, 1) on conflict (tenant_id, number) do nothing returning id",
            reception_id,
            new_number("R", now, company.time_zone),
            new.customer_id,
            new.venue_id,
            protocol,
            new.source,
            new.text,
            new.arrives_at,
            new.leaves_at,
            new.party_size,
            by.id,
            by.name,
            now,
            reception_policy(policy).clause,
            policy.version,
        )
        if written:
            return
    raise RuntimeError("no free reception number was drawn")
