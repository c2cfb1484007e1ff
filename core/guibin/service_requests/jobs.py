"""Background work of service requests: regular on-site service, and deadlines told to those who must hear of them."""

from datetime import datetime
from uuid import UUID

import msgspec

from guibin.events import (
    DeadlineBreached,
    DeadlineEscalated,
    DeadlineWarned,
    MembershipEnded,
    MembershipStarted,
    reacts_to,
)
from guibin.jobs.kinds import Job, Run, handles
from guibin.notices.actions import Notice, notify
from guibin.notices.escalations import escalate
from guibin.periods.days import local_day
from guibin.periods.spans import window_of
from guibin.policy.service_items import ServiceRhythm
from guibin_tenants.scope import fetch, fetch_one

from .intake import SUBJECT, receive
from .requests import NewServiceRequest
from .retiering import retier

# Opened per run and rhythm; the next run opens the rest.
BATCH = 500


class OpenRegularService(Job, frozen=True):
    """Requests for the regular on-site service of the span that has begun (S07-13)."""


@handles(OpenRegularService)
async def open_regular_service(job: OpenRegularService, run: Run) -> None:
    """One for each customer, rhythm and span, for the customer's account manager to carry out."""
    day = local_day(run.due_at or run.now, run.company.time_zone)
    for rhythm in run.policy.service_rhythms:
        window = window_of(rhythm.span, day, run.company.time_zone)
        for customer_id, manager_id in await _not_yet_served(rhythm, window.name, window.starts_at):
            new = NewServiceRequest(
                customer_id=customer_id,
                item=rhythm.item,
                channel="visit",
                text=run.policy.title(f"service_item.{rhythm.item}.content", run.company.language),
                owner_id=manager_id,
            )
            await receive(new, run, span=window.name)


@reacts_to(MembershipStarted)
async def retier_after_start(event: MembershipStarted, run: Run) -> None:
    """Another tier, another limit: running requests of the customer get it, their time spent stays spent."""
    await retier(event.customer_id, run)


@reacts_to(MembershipEnded)
async def retier_after_end(event: MembershipEnded, run: Run) -> None:
    """And loses it."""
    await retier(event.customer_id, run)


@reacts_to(DeadlineWarned, about=SUBJECT)
async def tell_service_due(event: DeadlineWarned, run: Run) -> None:
    """Whoever is responsible for a request hears before it is late."""
    await _tell("deadline_warned", event, run)


@reacts_to(DeadlineBreached, about=SUBJECT)
async def tell_service_late(event: DeadlineBreached, run: Run) -> None:
    """And that it is late."""
    await _tell("deadline_breached", event, run)


@reacts_to(DeadlineEscalated, about=SUBJECT)
async def tell_service_escalated(event: DeadlineEscalated, run: Run) -> None:
    """The next role along the chain hears of it."""
    await _tell("deadline_escalated", event, run)


async def _not_yet_served(rhythm: ServiceRhythm, window: str, since: datetime) -> list[tuple[UUID, UUID]]:
    rows = await fetch(
        "select c.id, c.account_manager_id from customer c join staff m on m.tenant_id = c.tenant_id"
        " and m.id = c.account_manager_id and m.left_at is null where c.closed_at is null and c.kind = any ($1::text[])"
        " and not exists (select from service_request r where r.tenant_id = c.tenant_id and r.customer_id = c.id"
        " and r.item = $2 and (r.span = $3 or r.received_at >= $4)) order by c.id limit $5",
        list(rhythm.customer_kinds),
        rhythm.item,
        window,
        since,
        BATCH,
    )
    return [(row["id"], row["account_manager_id"]) for row in rows]


async def _tell(kind: str, event: DeadlineWarned, run: Run) -> None:
    row = await fetch_one(
        "select number, customer_id, owner_id, handler_id, handler_unit_id from service_request where id = $1",
        event.subject_id,
    )
    if row is None:
        return
    notice = Notice(
        kind=kind,
        subject=SUBJECT,
        subject_id=event.subject_id,
        customer_id=row["customer_id"],
        org_unit_id=row["handler_unit_id"],
        roles=event.roles,
        details={"number": row["number"]},
    )
    working = tuple({row["owner_id"], row["handler_id"] or row["owner_id"]})
    if isinstance(event, DeadlineEscalated):
        await escalate(notice, event, concerned=working, now=run.now)
        return
    notice = msgspec.structs.replace(notice, staff_ids=working)
    await notify(notice, key=f"{event.timer_id}/{event.generation}/{event.step}", now=run.now)
