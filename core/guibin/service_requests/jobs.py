"""Background work of service requests: regular on-site service, and deadlines told to those who must hear of them."""

from datetime import datetime
from uuid import UUID

from guibin.events import DeadlineBreached, DeadlineEscalated, DeadlineWarned
from guibin.jobs.kinds import Job, Run, handles
from guibin.notices.deadlines import of_case, tells
from guibin.periods.days import local_day
from guibin.periods.spans import window_of
from guibin.policy.service_items import ServiceRhythm
from guibin.profiles.queries import OPEN, served
from guibin_tenants.scope import fetch

from .intake import receive
from .queries import SUBJECT
from .requests import NewServiceRequest
from .tables import ServiceRequest

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


tells(
    SUBJECT,
    of_case(ServiceRequest),
    jobs={
        DeadlineWarned: "service_requests.tell_service_due",
        DeadlineBreached: "service_requests.tell_service_late",
        DeadlineEscalated: "service_requests.tell_service_escalated",
    },
)


async def _not_yet_served(rhythm: ServiceRhythm, window: str, since: datetime) -> list[tuple[UUID, UUID]]:
    rows = await fetch(
        f"select c.id, c.account_manager_id from {OPEN} and {served('c')} and c.kind = any ($1::text[])"
        " and not exists (select from service_request r where r.tenant_id = c.tenant_id and r.customer_id = c.id"
        " and r.item = $2 and (r.span = $3 or r.received_at >= $4)) order by c.id limit $5",
        list(rhythm.customer_kinds),
        rhythm.item,
        window,
        since,
        BATCH,
    )
    return [(row["id"], row["account_manager_id"]) for row in rows]
