"""Outages: reported for those whom they affect, whose account managers hear at once; over, with what was done (S07-32)."""

from uuid import UUID

from guibin.audit.actions import recorded
from guibin.cases import Case
from guibin.context import Act
from guibin.jobs.actions import enqueue
from guibin.jobs.kinds import Job
from guibin.policy.fields import ArchiveField
from guibin.sealing.seeing import is_written
from guibin_tenants import org_units
from guibin_tenants.refusals import FieldError, Invalid
from guibin_tenants.rows import add, change, given, locked

from .queries import OUTAGE, OUTAGES, OutageView
from .refusals import NotYourCustomers, OutageOver
from .requests import NewOutage, NewOutageEnd
from .tables import Outage


class WarnOfOutage(Job, frozen=True):
    """Whoever looks after those whom the outage affects is told now (S07-32)."""

    outage_id: UUID


async def report(new: NewOutage, act: Act) -> OutageView:
    """Say what is out and for whom; a signal opens for each of them as soon as it stands. Raises Invalid, NotYourCustomers."""
    _refuse_wrong(new, act)
    unit_id = await org_units.or_head_office(new.org_unit_id or act.by.org_unit_id)
    if unit_id not in {unit.id for unit in await org_units.standing_units()}:
        raise Invalid.at("org_unit_id", "one of the company's org units", value=str(unit_id))
    if not act.by.covers(unit_id):
        raise NotYourCustomers(f"{unit_id} is outside the org units you see")
    began_at = new.began_at or act.now
    row = given(new) | {"org_unit_id": unit_id, "began_at": began_at, "kinds": list(new.kinds)}
    outage_id = await add(Outage, act, **row)
    await enqueue(WarnOfOutage(outage_id), now=act.now, run_at=max(began_at, act.now))
    return await recorded("report", Case(OUTAGE, outage_id), OUTAGES, act)


async def end(outage_id: UUID, new: NewOutageEnd, act: Act) -> OutageView:
    """It is over: nobody more is warned; the signals it opened are still to be acted on. Raises NotFound, OutageOver."""
    row = await locked(Outage, outage_id)
    if row["ended_at"] is not None:
        raise OutageOver(f"It ended at {row['ended_at']}")
    if not act.by.covers(row["org_unit_id"]):
        raise NotYourCustomers(f"{row['org_unit_id']} is outside the org units you see")
    await change(Outage, outage_id, act, remedy=new.remedy)
    return await recorded("end", Case(OUTAGE, outage_id), OUTAGES, act)


def searchable_fields(act: Act) -> list[ArchiveField]:
    """The fields of the archive that an outage can name: those that stand in clear, also for whoever reports it."""
    return [field for field in act.policy.fields if field.confidentiality != "confidential" and is_written(field)]


def _refuse_wrong(new: NewOutage, act: Act) -> None:
    """Raises Invalid with every wrong field."""
    known = {field.name: field for field in searchable_fields(act)}
    wrong = [
        FieldError("kinds", "a customer kind", f"one of: {', '.join(act.policy.customer_kinds)}", kind)
        for kind in new.kinds
        if kind not in act.policy.customer_kinds
    ]
    if new.field and new.field not in known:
        rule = "a field of the archive that stands in clear"
        wrong.append(FieldError("field", rule, f"one of: {', '.join(known) or 'there is none'}", new.field))
    if bool(new.field) != bool(new.value):
        wrong.append(FieldError("value" if new.field else "field", "field and value together", "name both, or neither"))
    choices = known[new.field].choices if new.field in known else ()
    if choices and new.value and new.value not in choices:
        wrong.append(FieldError("value", "a choice of the field", f"one of: {', '.join(choices)}", new.value))
    began_at = new.began_at or act.now
    if new.expected_until is not None and new.expected_until <= began_at:
        rule, value = "after the beginning", new.expected_until.isoformat()
        wrong.append(FieldError("expected_until", rule, "leave it out where nobody knows", value))
    if wrong:
        raise Invalid("The outage was not reported", fields=tuple(wrong))
