"""The reception as it stands: locked for a change, and refused where something else comes first."""

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from guibin.audit.actions import AuditNote, record
from guibin.context import Act
from guibin.notices.actions import Notice, notify
from guibin.policy.packs import Policy
from guibin.policy.receptions import Protocol, ReceptionPolicy
from guibin.records.subjects import refuse_unless_kept
from guibin_tenants import org_units
from guibin_tenants.principals import Principal
from guibin_tenants.refusals import FieldError, Invalid, NotFound
from guibin_tenants.scope import fetch_one, fetch_value

from .refusals import NotTheCentre, NotThisFar, ReceptionEnded
from .tables import ReceptionEvent

SUBJECT = "reception"
BEFORE_NOTICE = ("confirmed", "approved", "planned")
BEFORE_ARRIVAL = (*BEFORE_NOTICE, "noticed")


async def locked(reception_id: UUID, *states: str, erased_too: bool = False) -> asyncpg.Record:
    """The row, locked. Raises NotFound; ReceptionEnded or NotThisFar unless it is in one of `states`; ArchiveErased."""
    row = await fetch_one("select * from reception where id = $1 for update", reception_id)
    if row is None:
        raise NotFound(f"There is no reception {reception_id}")
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
        raise Invalid(fields=(FieldError("protocol", "a company with a reception policy", "add one to the policy"),))
    return policy.reception


def terms_of(row: asyncpg.Record) -> ReceptionPolicy:
    """The approved protocol and limits. Raises NotThisFar before the approval."""
    if row["terms"] is None:
        raise NotThisFar(f"{row['number']} has not been approved under a protocol yet")
    return msgspec.json.decode(row["terms"], type=ReceptionPolicy)


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
    if problems:
        raise Invalid("These are not the times of a visit to come", fields=tuple(problems))


AHEAD_SECONDS_MAX = 730 * 24 * 3_600


async def write_event(
    row: asyncpg.Record,
    kind: str,
    act: Act,
    *,
    name: str = "",
    text: str = "",
    kept: bool | None = None,
    at: datetime | None = None,
) -> None:
    """Who did what, and when."""
    await ReceptionEvent.insert(
        ReceptionEvent(
            reception_id=row["id"],
            customer_id=row["customer_id"],
            kind=kind,
            name=name,
            kept=kept,
            text=text,
            happened_at=at or act.now,
            written_by=act.by.id,
            written_by_name=act.by.name,
            written_at=act.now,
        )
    )


async def happened(reception_id: UUID, kind: str) -> list[str]:
    """The names under which this was written down, in order."""
    names: list[str] = await fetch_value(
        "select coalesce(array_agg(name order by written_at, id), '{}') from reception_event"
        " where reception_id = $1 and kind = $2",
        reception_id,
        kind,
    )
    return names


async def tell(
    row: asyncpg.Record,
    kind: str,
    *,
    now: datetime,
    roles: tuple[str, ...] = (),
    staff_ids: tuple[UUID | None, ...] = (),
    key: str = "",
    leadership: bool = False,
    **details: str,
) -> None:
    """A line in the inbox of roles and people; `leadership` looks for the roles at the head office."""
    head = await org_units.head_office() if leadership else None
    notice = Notice(
        kind=kind,
        subject=SUBJECT,
        subject_id=row["id"],
        customer_id=row["customer_id"],
        org_unit_id=head.id if head else row["venue_id"],
        roles=roles,
        staff_ids=tuple(one for one in staff_ids if one is not None),
        details={"number": row["number"], **details},
    )
    await notify(notice, key=f"{kind}/{row['id']}/{key}", now=now)


async def audit(action: str, row: asyncpg.Record, act: Act, *, fields: tuple[str, ...] = ()) -> None:
    """The entry of something done to a reception."""
    note = AuditNote(
        action=f"reception.{action}",
        subject=SUBJECT,
        subject_id=row["id"],
        customer_id=row["customer_id"],
        fields=fields,
    )
    await record(note, act)
