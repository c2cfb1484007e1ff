"""Closing the archive of a customer who is served no more, and reopening it when they return (S07-35).

What stands in it stays. What others prepared ends in the same transaction (`ArchiveCloses`); what somebody still waits for is
seen through or ended first (`OPEN_CASES`). From then on `closed_at` says to everybody that nothing is prepared.
"""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from guibin import events
from guibin.audit.actions import noted
from guibin.context import Act
from guibin.events import ArchiveCloses, ArchiveEnded, ArchiveReopens, ArchiveResumed, tell_at_once
from guibin_tenants.above import NamedFromAbove
from guibin_tenants.refusals import FieldError, Invalid
from guibin_tenants.rows import add, change, locked, many
from guibin_tenants.scope import fetch, fetch_value

from .merged import refuse_merged_away
from .queries import standing
from .refusals import ArchiveClosed, ArchiveErased, CasesOpen, NotClosed
from .requests import NewClosing, NewReopening
from .tables import ArchiveClosing, ArchiveReopening, Customer

# Why an archive is closed that became one with another.
MERGED = "merged"
# What keeps an archive open, by what it is called: what follows `from`, of the customer $1.
OPEN_CASES: NamedFromAbove[str] = NamedFromAbove()


class ClosingView(Struct, frozen=True, kw_only=True):
    """The archive was closed, and opened again if it was."""

    id: UUID
    reason: str
    note: str
    closed_by_name: str
    closed_at: datetime
    reopened_because: str | None
    restored: bool | None
    reopened_by_name: str | None
    reopened_at: datetime | None


_CLOSINGS = """from (select x.*, r.reason as reopened_because, r.restored, r.reopened_by_name, r.reopened_at
    from archive_closing x left join archive_reopening r on r.tenant_id = x.tenant_id and r.closing_id = x.id
    where x.customer_id = $1) c order by closed_at desc, id desc"""


async def closings(customer_id: UUID, act: Act) -> list[ClosingView]:
    """How often the archive was closed and opened again, the latest first. Raises NotFound."""
    await standing(customer_id)
    await noted("closing.read", act, customer_id=customer_id)
    return await many(ClosingView, _CLOSINGS, customer_id)


async def close(customer_id: UUID, new: NewClosing, act: Act) -> ClosingView:
    """Nothing is prepared for the customer from now on; what stands in the archive stays.

    Raises NotFound, Invalid for a reason that the policy does not have, ArchiveClosed, ArchiveErased, and CasesOpen while
    something of the customer's waits to be dealt with.
    """
    archive = await locked(Customer, customer_id)
    if archive["erased_at"] is not None:
        raise ArchiveErased("A customer who was erased has no archive to close")
    refuse_unknown(new.reason, act)
    if archive["closed_at"] is not None:
        raise ArchiveClosed(f"It was closed on {archive['closed_at']:%Y-%m-%d}")
    waiting = await open_cases(customer_id)
    if waiting:
        said = ", ".join(f"{count} {what}" for what, count in waiting.items())
        raise CasesOpen(f"{said}: see to them or end them first")
    await tell_at_once(ArchiveCloses(customer_id), act)
    await add(ArchiveClosing, act, customer_id=customer_id, reason=new.reason, note=new.note)
    await change(Customer, customer_id, closed_at=act.now, changed_at=act.now)
    await noted("closing.close", act, customer_id=customer_id, fields=("reason",))
    await events.happen(ArchiveEnded(customer_id, new.reason), act)
    return (await many(ClosingView, _CLOSINGS, customer_id))[0]


async def reopen(customer_id: UUID, new: NewReopening, act: Act) -> ClosingView:
    """The customer is back, with everything that was there; what had ended with the closing holds again within the policy's
    time. Raises NotFound, NotClosed, ArchiveErased."""
    archive = await locked(Customer, customer_id)
    if archive["erased_at"] is not None:
        raise ArchiveErased("What was erased does not come back")
    closed_at: datetime | None = archive["closed_at"]
    if closed_at is None:
        raise NotClosed()
    await refuse_merged_away(customer_id)
    restores = act.now - closed_at <= timedelta(days=act.policy.closing.restored_days)
    await change(Customer, customer_id, closed_at=None, changed_at=act.now)
    closing_id = await fetch_value(
        "select id from archive_closing where customer_id = $1 order by closed_at desc, id desc limit 1", customer_id
    )
    if closing_id is None:
        # It was closed before closings were written down.
        closing_id = await add(ArchiveClosing, act, customer_id=customer_id, reason="", note="")
    await add(ArchiveReopening, act, closing_id=closing_id, reason=new.reason, restored=restores)
    await tell_at_once(ArchiveReopens(customer_id, closed_at, restores), act)
    await noted("closing.reopen", act, customer_id=customer_id, fields=("reason",))
    await events.happen(ArchiveResumed(customer_id), act)
    return (await many(ClosingView, _CLOSINGS, customer_id))[0]


def refuse_unknown(reason: str, act: Act) -> None:
    """Raises Invalid where an archive is not closed for this reason by the company's policy (S07-35), naming the reasons that it has."""
    known = act.policy.closing.reasons
    if reason not in known:
        raise Invalid(fields=(FieldError("reason", "a reason of the policy", f"one of: {', '.join(known)}", reason),))


async def open_cases(customer_id: UUID) -> dict[str, int]:
    """What of this customer waits to be dealt with: how much of each kind; kinds without any are left out."""
    if not OPEN_CASES:
        return {}
    counted = " union all ".join(
        f"select '{what}' as what, count(*)::int as count from {rows}" for what, rows in OPEN_CASES.items()
    )
    return {row["what"]: row["count"] for row in await fetch(counted, customer_id) if row["count"]}
