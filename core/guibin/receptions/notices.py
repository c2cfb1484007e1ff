"""The notice goes out, the guest's time changes, the visit is called off (S14-3)."""

from uuid import UUID

from guibin.context import Act
from guibin_tenants.refusals import FieldError, Invalid
from guibin_tenants.scope import execute, fetch_value

from . import applications, editions
from .editions import Issue
from .queries import ReceptionForm, form
from .refusals import NobodyAssigned
from .requests import NewReceptionCancellation, NewReceptionChange, NewReceptionNotice
from .standing import (
    BEFORE_ARRIVAL,
    audit,
    locked,
    reception_policy,
    refuse_outside_centre,
    refuse_wrong_times,
    tell,
    write_event,
)
from .tables import ReceptionChange

_ERASED = "select erased_at is not null from customer where id = $1"


async def send(reception_id: UUID, new: NewReceptionNotice, act: Act) -> ReceptionForm:
    """Tell every department; their tasks begin. Raises NotFound, NotTheCentre, NotThisFar, NobodyAssigned."""
    row = await locked(reception_id, "planned")
    refuse_outside_centre(act.policy, act.by)
    if row["host_id"] is None:
        raise NobodyAssigned(f"{row['number']}: assign somebody to the guest first")
    await execute("update reception set state = 'noticed', version = version + 1 where id = $1", reception_id)
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
    await ReceptionChange.insert(
        ReceptionChange(
            reception_id=reception_id,
            customer_id=row["customer_id"],
            arrives_from=row["arrives_at"],
            arrives_to=arrives_at,
            leaves_from=row["leaves_at"],
            leaves_to=leaves_at,
            party_from=row["party_size"],
            party_to=party,
            reason=new.reason,
            changed_by=act.by.id,
            changed_by_name=act.by.name,
            changed_at=act.now,
        )
    )
    await execute(
        "update reception set arrives_at = $2, leaves_at = $3, party_size = $4, version = version + 1 where id = $1",
        reception_id,
        arrives_at,
        leaves_at,
        party,
    )
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
    what = Issue("cancellation", new.reason)
    if row["edition"] and await fetch_value(_ERASED, row["customer_id"]):
        await editions.call_off(row, act)
    elif row["edition"]:
        await editions.issue(row, what, act)
    await write_event(row, "cancellation", act, text=new.reason)
    await execute("update reception set state = 'cancelled', version = version + 1 where id = $1", reception_id)
    people = (row["host_id"], row["received_by"])
    await tell(row, "reception_cancelled", staff_ids=people, key="people", now=act.now)
    if row["edition"]:
        report_to = reception_policy(act.policy).report_to
        await tell(row, "reception_cancelled", roles=report_to, leadership=True, key="leadership", now=act.now)
    await audit("cancel", row, act)
    return await form(reception_id)
