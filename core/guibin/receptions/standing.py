"""The reception as it stands: locked for a change, and refused where something else comes first."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from guibin import events
from guibin.audit.actions import done
from guibin.cases import Case
from guibin.context import Act
from guibin.duties.queries import first_on_duty
from guibin.events import ReceptionProgressed
from guibin.notices.actions import Notice, notify
from guibin.policy.packs import Policy
from guibin.policy.receptions import Protocol, ReceptionPolicy
from guibin.profiles.subjects import refuse_unless_kept
from guibin.tiers.queries import tiers_of
from guibin_tenants import org_units, rows
from guibin_tenants.principals import Principal
from guibin_tenants.refusals import FieldError, Invalid, refuse
from guibin_tenants.scope import fetch_value
from guibin_tenants.walls import unit_of

from .refusals import NotTheCentre, NotThisFar, ReceptionEnded
from .tables import Reception, ReceptionEvent

SUBJECT = "reception"
BEFORE_NOTICE = ("confirmed", "approved", "planned")
BEFORE_ARRIVAL = (*BEFORE_NOTICE, "noticed")


async def locked(reception_id: UUID, *states: str, erased_too: bool = False) -> asyncpg.Record:
    """The row, locked. Raises NotFound; ReceptionEnded or NotThisFar unless it is in one of `states`; ArchiveErased."""
    row = await rows.locked(Reception, reception_id)
    if row["state"] in ("filed", "cancelled"):
        raise ReceptionEnded(f"{row['number']} is {row['state']}")
    if states and row["state"] not in states:
        raise NotThisFar(f"{row['number']} is {row['state']}: this is for {', '.join(states)}")
    if not erased_too:
        await refuse_unless_kept(row["customer_id"])
    return row


def reception_policy(policy: Policy) -> ReceptionPolicy:
    """Raises Invalid for a company without one."""
    if policy.reception is None:
        raise Invalid.at("protocol", "a company with a reception policy", "add one to the policy")
    return policy.reception


def terms_of(row: asyncpg.Record) -> ReceptionPolicy:
    """The approved protocol and limits. Raises NotThisFar before the approval."""
    if row["terms"] is None:
        raise NotThisFar(f"{row['number']} has not been approved under a protocol yet")
    return msgspec.json.decode(row["terms"], type=ReceptionPolicy)


async def guests_tiers(row: asyncpg.Record, act: Act) -> Collection[str]:
    """What the guest of this reception holds today, of every scheme: limits may depend on it (S07-5)."""
    return await tiers_of(row["customer_id"], on=act.today)


def protocol_of(row: asyncpg.Record) -> Protocol:
    """The approved protocol. Raises NotThisFar before the approval."""
    return terms_of(row).protocols[0]


def refuse_outside_centre(policy: Policy, by: Principal) -> None:
    """S14-1: the centre coordinates. A key of the operator's stands for the company's own system."""
    centre = reception_policy(policy).centre
    if by.is_person and not set(centre) & set(by.roles):
        raise NotTheCentre(f"The reception centre is: {', '.join(centre)}")


def refuse_wrong_times(arrives_at: datetime, leaves_at: datetime | None, *, now: datetime) -> None:
    """Raises Invalid for a visit in the past, too far ahead, or ending before it begins."""
    problems = []
    if not 0 <= (arrives_at - now).total_seconds() <= AHEAD_SECONDS_MAX:
        problems.append(FieldError("arrives_at", "from now to two years ahead", value=arrives_at.isoformat()))
    if leaves_at is not None and leaves_at <= arrives_at:
        problems.append(FieldError("leaves_at", "after the arrival", value=leaves_at.isoformat()))
    refuse(problems, "These are not the times of a visit to come")


AHEAD_SECONDS_MAX = 730 * 24 * 3_600


# What was done to a reception that is a stage of it, beside those of its protocol.
STAGES = ("receive", "confirm", "plan", "assign", "notice", "arrive", "cancel", "file")


class Event(Struct, frozen=True, kw_only=True):
    """What was done: `name` is the stage, the item or the person it is about. `happened_at` is by default now."""

    kind: str
    name: str = ""
    text: str = ""
    kept: bool | None = None
    happened_at: datetime | None = None


async def write_event(row: asyncpg.Record, event: Event, act: Act) -> None:
    """Who did what, and when."""
    values = rows.given(event) | {"happened_at": event.happened_at or act.now}
    await rows.add(ReceptionEvent, act, reception_id=row["id"], customer_id=row["customer_id"], **values)


async def happened(reception_id: UUID, kind: str) -> list[str]:
    """The names under which this was written down, in order."""
    names: list[str] = await fetch_value(
        "select coalesce(array_agg(name order by written_at, id), '{}') from reception_event"
        " where reception_id = $1 and kind = $2",
        reception_id,
        kind,
    )
    return names


class Told(Struct, frozen=True):
    """Who hears of a reception: roles at the venue, or at the head office with `leadership`, and people by name."""

    reception: asyncpg.Record
    roles: tuple[str, ...] = ()
    staff_ids: tuple[UUID | None, ...] = ()
    leadership: bool = False
    details: dict[str, str] = {}


async def centre_on_duty(row: asyncpg.Record, act: Act) -> Told:
    """Whoever is on duty at the reception centre now (S14-9); without a roster the first role of the centre."""
    unit_id = row["venue_id"] or await fetch_value(f"select {unit_of('customer', '$1')}", row["customer_id"])
    on_duty = await first_on_duty("receptions", unit_id, act)
    centre = terms_of(row).centre if row["terms"] else reception_policy(act.policy).centre
    return Told(row, roles=() if on_duty else centre[:1], staff_ids=on_duty)


async def tell(told: Told, kind: str, act: Act, *, key: str = "") -> None:
    """A line in the inbox of those who are to hear of it, once for each `key`."""
    row = told.reception
    head = await org_units.head_office() if told.leadership else None
    notice = Notice(
        kind,
        Case(SUBJECT, row["id"], row["customer_id"]),
        org_unit_id=head.id if head else row["venue_id"],
        roles=told.roles,
        staff_ids=tuple(staff_id for staff_id in told.staff_ids if staff_id is not None),
        details={"number": row["number"], **told.details},
    )
    await notify(notice, key=f"{kind}/{row['id']}/{key}", now=act.now)


async def audit(action: str, row: asyncpg.Record, act: Act, *, fields: tuple[str, ...] = ()) -> None:
    """The entry of something done to a reception."""
    await done(action, Case(SUBJECT, row["id"], row["customer_id"]), act, fields=fields)
    if action in STAGES:
        await tell_stage(row, action, act)


async def tell_stage(row: asyncpg.Record, stage: str, act: Act) -> None:
    """Whoever follows the reception hears how far it came."""
    await events.happen(ReceptionProgressed(row["id"], row["customer_id"], stage), act)
