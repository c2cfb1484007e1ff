"""The notice goes out, the guest's time changes, the visit is called off (S14-3)."""

from uuid import UUID

from guibin.context import Act
from guibin.records.subjects import is_erased
from guibin_tenants import rows
from guibin_tenants.refusals import FieldError, Invalid

from . import applications, editions
from .editions import Issue
from .queries import ReceptionForm, form
from .refusals import NobodyAssigned
from .requests import NewReceptionCancellation, NewReceptionChange, NewReceptionNotice
from .standing import (
    BEFORE_ARRIVAL,
    Event,
    Told,
    audit,
    locked,
    reception_policy,
    refuse_outside_centre,
    refuse_wrong_times,
    tell,
    write_event,
)
from .tables import Reception, ReceptionChange


async def send(reception_id: UUID, new: NewReceptionNotice, act: Act) -> ReceptionForm:
    """Tell every department; their tasks begin. Raises NotFound, NotTheCentre, NotThisFar, NobodyAssigned."""
    row = await locked(reception_id, "planned")
    refuse_outside_centre(act.policy, act.by)
    if row["host_id"] is None:
        raise NobodyAssigned(f"{row['number']}: assign somebody to the guest first")
    await rows.change(Reception, reception_id, state="noticed")
    await editions.issue(row, Issue("notice", new.text), act)
    await audit("notice", row, act)
    return await form(reception_id)


async def change(reception_id: UUID, new: NewReceptionChange, act: Act) -> ReceptionForm:
    """The guest's time or party changed: departments that have a notice get a new edition and the tasks move.

    Raises NotFound, NotTheCentre, NotThisFar, Invalid.
    """
    row = await locked(reception_id, *BEFORE_ARRIVAL)
    refuse_outside_centre(act.policy, act.by)
    arrives_at, leaves_at = new.arrives_at or row["arrives_at"], new.leaves_at or row["leaves_at"]
    party = new.party_size or row["party_size"]
    if new.arrives_at is not None or new.leaves_at is not None:
        refuse_wrong_times(arrives_at, leaves_at, now=act.now)
    if (arrives_at, leaves_at, party) == (row["arrives_at"], row["leaves_at"], row["party_size"]):
        rule = "another time or party than before"
        raise Invalid(fields=(FieldError("arrives_at", rule, value=arrives_at.isoformat()),))
    await rows.add(
        ReceptionChange,
        act,
        reception_id=reception_id,
        customer_id=row["customer_id"],
        arrives_from=row["arrives_at"],
        arrives_to=arrives_at,
        leaves_from=row["leaves_at"],
        leaves_to=leaves_at,
        party_from=row["party_size"],
        party_to=party,
        reason=new.reason,
    )
    await rows.change(Reception, reception_id, arrives_at=arrives_at, leaves_at=leaves_at, party_size=party)
    await editions.issue_change(await locked(reception_id), act, reason=new.reason)
    await audit("change", row, act)
    return await form(reception_id)


async def cancel(reception_id: UUID, new: NewReceptionCancellation, act: Act) -> ReceptionForm:
    """The guest does not come: everybody who was told is told, and nothing is due any more.

    Raises NotFound, NotTheCentre, NotThisFar once the guest is here.
    """
    refuse_outside_centre(act.policy, act.by)
    # Deciding locks the request before the reception: so does this, or the two could wait for each other.
    await applications.lapse_open(reception_id, act, reason=new.reason)
    row = await locked(reception_id, "collected", *BEFORE_ARRIVAL, erased_too=True)
    if row["edition"] and await is_erased(row["customer_id"]):
        await editions.call_off(row, act)
    elif row["edition"]:
        await editions.issue(row, Issue("cancellation", new.reason), act)
    await write_event(row, Event(kind="cancellation", text=new.reason), act)
    await rows.change(Reception, reception_id, state="cancelled")
    people = Told(row, staff_ids=(row["host_id"], row["received_by"]))
    await tell(people, "reception_cancelled", act, key="people")
    if row["edition"]:
        leadership = Told(row, roles=reception_policy(act.policy).report_to, leadership=True)
        await tell(leadership, "reception_cancelled", act, key="leadership")
    await audit("cancel", row, act)
    return await form(reception_id)
