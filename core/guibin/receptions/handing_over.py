"""Guests who are expected or here get somebody else at their side, departments follow an org unit that is dissolved, and hear
anew what of the guest's archive is theirs to know when that changes."""

from collections.abc import Collection
from uuid import UUID

import asyncpg

from guibin.assignments.handing_over import HandOver, Rows, charge_rows
from guibin.assignments.handing_over import follow_unit as follow_with
from guibin.context import Act
from guibin.events import ArchivesMerged, ArchivesWritten, CustomerChanged, UnitDissolved, at_once
from guibin.profiles.closing import OPEN_CASES
from guibin.profiles.subjects import is_erased
from guibin.sla.closing import RUNS_ON
from guibin_tenants.scope import fetch

from . import editions
from .standing import SUBJECT, Event, Told, tell, write_event
from .tables import Reception, ReceptionTask

_OPEN = "state not in ('seen_off', 'filed', 'cancelled')"


async def tell_all(rows: list[asyncpg.Record], new: HandOver, act: Act) -> None:
    """The successor is with the guest and hears of it; departments that were told get a new edition (S14-3)."""
    for row in sorted(rows, key=lambda row: row["arrives_at"]):
        await write_event(row, Event(kind="assignment", name=new.to_name, text=new.reason), act)
        await tell(Told(row, staff_ids=(new.to_id,)), "reception_assigned", act, key=str(row["version"]))
        await _tell_departments(row, new.reason, act)


@at_once(UnitDissolved)
async def follow_unit(dissolved: UnitDissolved, act: Act) -> None:
    """Guests come to the successor, and departments that were told get a new edition."""
    rows = await fetch(
        "update reception set venue_id = case when venue_id = $1 then $2 else venue_id end, version = version + 1"
        f" where {_OPEN} and (venue_id = $1 or exists (select from reception_order o where o.org_unit_id = $1"
        " and o.tenant_id = reception.tenant_id and o.reception_id = reception.id and o.edition = reception.edition))"
        " returning *",
        dissolved.unit_id,
        dissolved.successor_id,
    )
    for row in sorted(rows, key=lambda row: row["arrives_at"]):
        await _tell_departments(row, "", act)


@at_once(CustomerChanged)
async def follow_change(changed: CustomerChanged, act: Act) -> None:
    """Somebody wrote down an allergy, or took one back."""
    await _tell_needs([changed.customer_id], act)


@at_once(ArchivesWritten)
async def follow_import(written: ArchivesWritten, act: Act) -> None:
    """A file brought it in."""
    if written.because == "imported":
        await _tell_needs(written.customer_ids, act)


@at_once(ArchivesMerged)
async def follow_merge(merged: ArchivesMerged, act: Act) -> None:
    """The guest's other archive said it; or says it again, after the two were parted."""
    await _tell_needs([merged.customer_id, merged.merged_id], act)


async def _tell_needs(customer_ids: Collection[UUID], act: Act) -> None:
    rows = await fetch(
        "select * from reception where customer_id = any ($1) and state in ('noticed', 'arrived') and edition > 0"
        " order by arrives_at, id for update",
        list(customer_ids),
    )
    for row in rows:
        if not await is_erased(row["customer_id"]):
            await editions.tell_new_needs(row, act)


async def _tell_departments(row: asyncpg.Record, reason: str, act: Act) -> None:
    # Nothing more is written about a guest whose archive is erased; whoever is here needs no notice.
    if row["state"] != "arrived" and not await is_erased(row["customer_id"]):
        await editions.issue_change(row, act, reason=reason)


# What the unit was to prepare the successor prepares.
follow_with(Rows(what="tasks", table=ReceptionTask, owners=(), open="state = 'open'", units=("org_unit_id",)))
charge_rows(Rows(what="receptions", table=Reception, owners=("host_id",), open=_OPEN, told=tell_all))
OPEN_CASES.give("receptions", f"reception where customer_id = $1 and {_OPEN}")
for _what in (SUBJECT, editions.ORDER, editions.TASK):
    RUNS_ON.give(_what, ("closed", "erased"))
