"""Drawing the sample of an inspection: the same seed and population draw the same again (S08-6)."""

import hashlib
import secrets
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import groupby
from uuid import UUID

import asyncpg

from guibin.cards.tables import Card
from guibin.cases import Case
from guibin.complaints.tables import Complaint
from guibin.context import Act
from guibin.notices.actions import Notice, notify
from guibin.periods.spans import Window, window_of
from guibin.policy.inspections import InspectionPolicy
from guibin.profiles.tables import Customer
from guibin.service_requests.queries import SKIPPED
from guibin.service_requests.tables import ServiceRequest
from guibin.sla import actions as sla
from guibin.sla.actions import NewTimer
from guibin.visits.tables import Visit
from guibin_tenants.rows import add_all, name_of
from guibin_tenants.scope import fetch
from guibin_tenants.tables import new_id

from .tables import Inspection, InspectionItem

SUBJECT, INSPECTED = "inspection", "inspected"
# SQL: requests of which a defined step was skipped, ever or in the span before.
_SKIPPED = f"exists (select from {SKIPPED} and k.tenant_id = x.tenant_id and k.request_id = x.id"
_SKIPPED_THEN = f"{_SKIPPED} and k.recorded_at >= $1 and k.recorded_at < $2)"
# Of each kind: its id, whose work it is, and when it came about; of a customer whose archive is open. A request also comes about
# as one to inspect when a step of it is skipped, however long ago it was asked (S01-10).
_OF = {
    "archive": ("c.id", "c.account_manager_id", "", "true"),
    "service_request": (
        "x.id",
        "coalesce(x.handler_id, x.owner_id)",
        f"join {name_of(ServiceRequest)} x on x.tenant_id = c.tenant_id and x.customer_id = c.id",
        f"(x.received_at >= $1 and x.received_at < $2 or {_SKIPPED_THEN})",
    ),
    "complaint": (
        "x.id",
        "coalesce(x.handler_id, x.owner_id)",
        f"join {name_of(Complaint)} x on x.tenant_id = c.tenant_id and x.customer_id = c.id",
        "x.received_at >= $1 and x.received_at < $2",
    ),
    "visit": (
        "x.id",
        "x.staff_id",
        f"join {name_of(Visit)} x on x.tenant_id = c.tenant_id and x.customer_id = c.id",
        "x.state <> 'planned' and x.planned_at >= $1 and x.planned_at < $2",
    ),
    "card": (
        "x.id",
        "c.account_manager_id",
        f"join {name_of(Card)} x on x.tenant_id = c.tenant_id and x.customer_id = c.id",
        "x.issued_at >= $1 and x.issued_at < $2",
    ),
}


# What is drawn before anything else: requests of which a defined step was skipped (S01-10).
_FIRST = {"service_request": f"{_SKIPPED})"}


async def draw_due(act: Act) -> int:
    """Draw every inspection of the policy whose span has begun and that was not drawn for it; how many were."""
    drawn = 0
    for policy in act.policy.inspections:
        window = window_of(policy.every, act.today, act.company.time_zone)
        drawn += await draw(policy, window, act)
    return drawn


async def draw(policy: InspectionPolicy, window: Window, act: Act) -> bool:
    """The sample of this span, once; whoever inspects is told, with the time for it. False where it was drawn before or there
    is nothing to draw from."""
    population = await _population(policy, window, act)
    if not population:
        return False
    seed = secrets.token_hex(16)
    inspection_id = new_id()
    row = {
        "id": inspection_id,
        "name": policy.name,
        "span": window.name,
        "subject": policy.subject,
        "inspector": policy.by,
        "clause": policy.clause,
        "seed": seed,
        "population": len(population),
        "digest": digest_of(one["id"] for one in population),
        "drawn_on": act.today,
        "drawn_at": act.now,
        "policy_version": act.policy.version,
    }
    if not await add_all(Inspection, None, [row], unless=("name", "span")):
        return False
    items = [
        {
            "inspection_id": inspection_id,
            "subject": policy.subject,
            "subject_id": one["id"],
            "customer_id": one["customer_id"],
            "org_unit_id": one["org_unit_id"],
            "responsible_id": one["responsible_id"],
        }
        for one in chosen(population, seed, policy.sample)
    ]
    await add_all(InspectionItem, None, items)
    terms = policy.terms(policy.inspect_within, clause=policy.clause)
    await sla.start(NewTimer(Case(SUBJECT, inspection_id), INSPECTED, terms, act.now))
    notice = Notice(
        "inspection_drawn",
        Case(SUBJECT, inspection_id),
        roles=(policy.by,),
        details={"inspection": policy.name, "count": str(len(items))},
    )
    await notify(notice, key=f"inspection-drawn/{inspection_id}", now=act.now)
    return True


def chosen(population: Iterable[asyncpg.Record], seed: str, sample: int) -> Iterator[asyncpg.Record]:
    """So many of each org unit, what is looked at first, then those whose hash with the seed comes
    first. Pure."""
    by_unit = sorted(population, key=lambda one: (str(one["org_unit_id"]), not one["first"], _place(seed, one["id"])))
    for _, ones in groupby(by_unit, key=lambda one: one["org_unit_id"]):
        yield from list(ones)[:sample]


def digest_of(ids: Iterable[UUID]) -> str:
    """What the ids of a population in order come to: another population has another."""
    return hashlib.sha256("\n".join(sorted(map(str, ids))).encode()).hexdigest()


def _place(seed: str, row_id: UUID) -> str:
    return hashlib.sha256(f"{seed}/{row_id}".encode()).hexdigest()


async def _population(policy: InspectionPolicy, window: Window, act: Act) -> list[asyncpg.Record]:
    """What the span before this one brought; of archives all that are open."""
    row_id, responsible, joined, holds = _OF[policy.subject]
    before = window_of(policy.every, window.first_on - timedelta(days=1), act.company.time_zone)
    return await fetch(
        f"select {row_id} as id, c.id as customer_id, c.org_unit_id, s.id as responsible_id,"
        f" {_FIRST.get(policy.subject, 'false')} as first from {name_of(Customer)} c {joined}"
        f" left join staff s on s.tenant_id = c.tenant_id and s.id = {responsible} and s.left_at is null"
        " join org_unit u on u.tenant_id = c.tenant_id and u.id = c.org_unit_id"
        f" where c.closed_at is null and c.erased_at is null and {holds} and $1::timestamptz < $2::timestamptz"
        " and (cardinality($3::text[]) = 0 or u.code = any ($3::text[])) order by 1",
        before.starts_at,
        before.ends_at,
        list(policy.units),
    )
